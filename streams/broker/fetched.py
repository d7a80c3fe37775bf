"""What one fetch of the Kafka client brought, with what it says of the offsets between messages."""

from collections.abc import Iterator
from typing import Any, ClassVar

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.consumer.fetcher import PartitionRecords
from aiokafka.errors import CorruptRecordException

from streams.stages.messages import UndecodableError

WAIT_MS = 100
"""How long a broker holds a question for messages that brings none. Unit: ms. Source: measured, the
embedded broker looks again only after half of it, so that each hop of a message took up to 750 ms
with the client's 1,500; see docs/measured.md. Apache Kafka answers as soon as a message comes."""


class Undecodable(bytes):
    """The value in place of messages that could not be decoded: empty, with the error."""

    error: UndecodableError


class _Batches:
    """The batches of an answer; remembers the newest one given."""

    def __init__(self, batches: Any) -> None:
        self._batches = batches
        self.newest: Any = None

    def has_next(self) -> bool:
        return bool(self._batches.has_next())

    def next_batch(self) -> Any:
        self.newest = self._batches.next_batch()
        return self.newest


class FetchedRecords(PartitionRecords):
    """The records of a partition in one answer of the broker.

    Each record gets an attribute `empty_from`: from there up to its own offset the broker had no
    message when it was asked. Where an answer ends with offsets that are no messages, the next
    answer, if it goes on right there, knows of them. What is left of a batch that cannot be decoded
    is one record at the batch's last offset, its value `Undecodable`. A batch that is not what its
    check sum says is fetched once more before that.
    """

    next_fetch_offset: int

    _ends: ClassVar[dict[TopicPartition, tuple[int, int]]] = {}
    """With which empty offsets the last answer about each partition ended, whoever had asked."""
    _corrupt: ClassVar[set[tuple[TopicPartition, int]]] = set()
    """Batches whose check sum was wrong once."""

    def __init__(self, tp: TopicPartition, records: Any, *rest: Any) -> None:
        super().__init__(tp, _Batches(records), *rest)

    def _unpack_records(self) -> Iterator[ConsumerRecord]:
        self._empty_from = self.next_fetch_offset
        before, until = self._ends.get(self._tp, (0, -1))
        if until == self._empty_from:
            self._empty_from = before
        while True:
            try:
                yield from super()._unpack_records()
            except Exception as error:
                batch = self._records.newest
                if batch is None or batch.next_offset <= self.next_fetch_offset:
                    raise
                if isinstance(error, CorruptRecordException) and self._is_new(batch):
                    return
                yield self._in_place_of(batch, error)
            else:
                self._ends[self._tp] = (self._empty_from, self.next_fetch_offset)
                return

    def _is_new(self, batch: Any) -> bool:
        known = (self._tp, batch.base_offset)
        is_new = known not in self._corrupt
        self._corrupt.symmetric_difference_update({known})
        return is_new

    def _in_place_of(self, batch: Any, error: Exception) -> ConsumerRecord:
        first = max(self.next_fetch_offset, batch.base_offset)
        self.next_fetch_offset = batch.next_offset
        last, value = batch.next_offset - 1, Undecodable()
        what = f"offset {first}" if first == last else f"offsets {first} to {last}"
        value.error = UndecodableError(f"{what}: {type(error).__name__}: {error}")
        made = ConsumerRecord(
            self._tp.topic, self._tp.partition, last, 0, 0, None, value, None, -1, 0, ()
        )
        return self._placed(made)

    def _consumer_record(self, tp: TopicPartition, record: Any) -> ConsumerRecord:
        return self._placed(super()._consumer_record(tp, record))

    def _placed(self, record: ConsumerRecord) -> ConsumerRecord:
        record.empty_from = self._empty_from
        self._empty_from = record.offset + 1
        return record


def install() -> None:
    """Have every consumer of this process give such records: the client has no place to say so."""
    fetcher.PartitionRecords = FetchedRecords
