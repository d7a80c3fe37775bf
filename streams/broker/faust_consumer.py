"""Faust's consumer as this application needs it: of transactions only what was committed."""

import asyncio
from typing import Any

import aiokafka
from aiokafka import ConsumerRecord
from faust.transport.consumer import RecordMap
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport
from faust.types import TP, ConsumerMessage

from streams.broker import fetched
from streams.broker.admin import BrokerError
from streams.broker.group_watch import CHECK_EVERY_S, GroupWatch
from streams.broker.outage import give_up


def seconds(record: ConsumerRecord) -> float | None:
    """Give when a record was sent, s since 1970 UTC, None where it does not say."""
    return record.timestamp / 1000.0 if (record.timestamp or -1) >= 0 else None


class FetchedMessage(ConsumerMessage):
    """A message that knows from which offset on the broker had none before it."""

    empty_from: int


class CommittedConsumerThread(AIOKafkaConsumerThread):
    """Reads what was committed, which Faust does only where it writes in transactions itself.

    Watches its group, and ends the process where the client has left it for good.
    """

    _watching: asyncio.Task[None] | None = None

    async def on_start(self) -> None:
        """Start the client, and the watch in its loop."""
        await super().on_start()
        self._watching = asyncio.create_task(self._watch_group())

    async def on_thread_stop(self) -> None:
        """End the watch, then the client."""
        if self._watching is not None:
            self._watching.cancel()
        await super().on_thread_stop()

    async def _watch_group(self) -> None:
        watch = GroupWatch()
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            try:
                watch.check(self._ensure_consumer()._coordinator)
            except BrokerError as error:
                give_up(error)

    def _create_worker_consumer(self, transport: Transport) -> aiokafka.AIOKafkaConsumer:
        fetched.install()
        made = super()._create_worker_consumer(transport)
        made._isolation_level = "read_committed"
        made._fetch_max_wait_ms = fetched.WAIT_MS
        return made


class ClearwayConsumer(Consumer):
    """Hands on every message that the client gives, with what is known of the offsets before it.

    What a state covers already is for the offset guard to say. Faust would drop what lies before
    the newest message that it saw, and with it everything that is read again after going back.
    """

    def _new_consumer_thread(self) -> CommittedConsumerThread:
        return CommittedConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> RecordMap:
        records: RecordMap = await super()._getmany(active_partitions, timeout)
        for tp, found in records.items():
            if found and found[0].offset < (self._read_offset[tp] or 0):
                self._go_back(tp, found[0].offset)
        return records

    def _go_back(self, tp: TP, offset: int) -> None:
        self._read_offset[tp] = None
        if offset < (self._committed_offset[tp] or 0):  # the topic is not what it was
            for remembered in (self._committed_offset, self._acked, self._acked_index, self._gap):
                remembered.pop(tp, None)

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:
        message = FetchedMessage(
            record.topic,
            record.partition,
            record.offset,
            seconds(record),
            record.timestamp_type,
            record.headers,
            record.key,
            record.value,
            record.checksum,
            record.serialized_key_size,
            record.serialized_value_size,
            tp,
            generation_id=self.app.consumer_generation_id,
        )
        message.empty_from = record.empty_from
        return message


class ClearwayTransport(Transport):
    """Faust's transport with that consumer."""

    Consumer = ClearwayConsumer
