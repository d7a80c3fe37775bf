"""Reading a topic partition from an offset to its present end, outside any consumer group."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from streams.broker import fetched, prompt
from streams.broker.admin import BrokerError
from streams.settings import BrokerSettings

_FETCH_MS = 1000
"""How long a read waits for messages. Unit: ms. Source: chosen."""
_IDLE_COUNT = 10
"""After so many reads that brought nothing the broker is asked whether there is more. Unit: count.
Source: chosen."""


class TopicReader:
    """One topic partition, open for reading."""

    def __init__(self, consumer: AIOKafkaConsumer, topic: str, partition: int) -> None:
        self._consumer = consumer
        self._tp = TopicPartition(topic, partition)

    async def oldest(self) -> int:
        """Give the oldest offset there is."""
        return int((await self._consumer.beginning_offsets([self._tp]))[self._tp])

    async def at_time(self, time: float) -> int | None:
        """Give the offset of the first message sent at a time (s since 1970 UTC) or after it."""
        found = await self._consumer.offsets_for_times({self._tp: round(time * 1000)})
        place = found[self._tp]
        return None if place is None else int(place.offset)

    async def bounds(self) -> tuple[int, int]:
        """Give the oldest offset there is and the next one to be written."""
        begin = await self.oldest()
        end = (await self._consumer.end_offsets([self._tp]))[self._tp]
        if begin < end:
            # The embedded broker gives the place after the last batch's first message; the true end
            # comes with what is fetched.
            self._consumer.seek(self._tp, end - 1)
            await self._consumer.getmany(self._tp, timeout_ms=_FETCH_MS)
            end = max(end, self._consumer.highwater(self._tp) or end)
        return begin, end

    async def read(self, start: int, end: int) -> AsyncIterator[ConsumerRecord]:
        """Give the messages from start to before end; compaction may have removed some.

        Ends early where the topic ends before `end` and nothing comes.
        """
        if start >= end:
            return
        self._consumer.seek(self._tp, start)
        at, idle_count = start, 0
        while (position := await self._consumer.position(self._tp)) < end:
            at, idle_count = (position, 0) if position != at else (at, idle_count + 1)
            if idle_count > _IDLE_COUNT:
                if (await self._consumer.end_offsets([self._tp]))[self._tp] < end:
                    return
                idle_count = 0
            batches = await self._consumer.getmany(self._tp, timeout_ms=_FETCH_MS)
            for record in batches.get(self._tp, []):
                if record.offset < end:
                    yield record

    async def wait(self, start: int) -> AsyncIterator[ConsumerRecord]:
        """Give the messages from start on that come within a second."""
        self._consumer.seek(self._tp, start)
        batches = await self._consumer.getmany(self._tp, timeout_ms=_FETCH_MS)
        for record in batches.get(self._tp, []):
            yield record


@asynccontextmanager
async def open_reader(
    broker: BrokerSettings, topic: str, partition: int = 0, *, committed_only: bool = False
) -> AsyncIterator[TopicReader]:
    """Open a reader of one topic partition and close it after.

    `committed_only` leaves out what a transaction wrote and did not commit.
    Raises BrokerError where the broker has no such partition.
    """
    fetched.install()
    prompt.install()
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker.address.split(","),
        enable_auto_commit=False,
        isolation_level="read_committed" if committed_only else "read_uncommitted",
        max_partition_fetch_bytes=8 * 1024 * 1024,
        fetch_max_wait_ms=fetched.WAIT_MS,
    )
    try:
        await consumer.start()
        # Only the client can ask without naming topics, which could create them.
        cluster = await consumer._client.fetch_all_metadata()
        if partition not in (cluster.partitions_for_topic(topic) or ()):
            raise BrokerError(
                f"broker {broker.address} has no partition {partition} of topic {topic}: "
                f"create the topics with `clearway topics create`"
            )
        consumer.assign([TopicPartition(topic, partition)])
        yield TopicReader(consumer, topic, partition)
    finally:
        await consumer.stop()
