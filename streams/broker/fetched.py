"""What one fetch of the Kafka client brought, with what it says of the offsets between messages."""

from collections.abc import Iterator
from typing import Any, ClassVar

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.consumer.fetcher import PartitionRecords

_Empty = tuple[int, int]  # from, to: no message that a consumer is given


class FetchedRecords(PartitionRecords):
    """The records of a partition in one answer of the broker.

    Each record gets an attribute `empty_from`: from there up to its own offset the broker had no
    message when it was asked. Where an answer ends with offsets that are no messages, the next
    answer, if it goes on right there, knows of them.
    """

    _ends: ClassVar[dict[TopicPartition, _Empty]] = {}
    """Which empty offsets the last answer about each partition ended with, whoever had asked."""

    def _unpack_records(self) -> Iterator[ConsumerRecord]:
        self._empty_from = self.next_fetch_offset
        before, until = self._ends.get(self._tp, (0, -1))
        if until == self._empty_from:
            self._empty_from = before
        yield from super()._unpack_records()
        self._ends[self._tp] = (self._empty_from, self.next_fetch_offset)

    def _consumer_record(self, tp: TopicPartition, record: Any) -> ConsumerRecord:
        made = super()._consumer_record(tp, record)
        made.empty_from = self._empty_from
        self._empty_from = record.offset + 1
        return made


def install() -> None:
    """Have every consumer of this process give such records: the client has no place to say so."""
    fetcher.PartitionRecords = FetchedRecords
