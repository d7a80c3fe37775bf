"""The Faust application: one consumer group, at least once, no tables, no web server."""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Sequence
from dataclasses import replace

import faust
from aiokafka import ConsumerRecord
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from faust.tables import TableManager
from faust.types import TP

from streams.broker import prompt
from streams.broker.admin import wrong_partitions
from streams.broker.faust_consumer import ClearwayTransport, seconds
from streams.broker.topic_reader import open_reader
from streams.broker.topics_now import TopicsNow
from streams.settings import Settings
from streams.topics import MAX_MESSAGE_BYTES, group_name, topic_name

ANSWER_S = 30.0
"""A broker that takes longer for an answer, such as to a fetch, does not give it. Unit: s. Source:
the request time-out of Kafka's own client."""
METADATA_AGE_MS = 15_000
"""So old may be what a worker knows of topics, so that it soon reads what was added or made again.
Unit: ms. Source: chosen."""


class PartitionAssignor(RangePartitionAssignor):
    """Range assignment with the two questions that Faust asks an assignor about its tables."""

    @classmethod
    def assigned_actives(cls) -> set[TP]:
        """Give the changelog partitions held: none, there are no tables."""
        return set()

    @classmethod
    def assigned_standbys(cls) -> set[TP]:
        """Give the changelog partitions held ready: none, there are no tables."""
        return set()


class NoTables(TableManager):
    """Faust's manager of tables where there are none, and none is waited for before joining."""

    async def on_start(self) -> None:
        """Go on at once: Faust's own sleeps for a second, so that tables are made meanwhile."""
        await self._update_channels()
        await self.recovery.start()


class ClearwayApp(faust.App):
    """A Faust application that gives partition n of every topic to the same worker.

    Faust without tables assigns partitions round-robin, which parts a region's inputs. Range
    assignment keeps them together, as all many-partition topics have the same partition count.
    """

    @property
    def assignor(self) -> type[PartitionAssignor]:
        """The assignor that Faust hands to its consumer."""
        return PartitionAssignor

    @assignor.setter
    def assignor(self, _: object) -> None:
        """Do nothing: Faust's own assignor is for tables."""

    def _new_transport(self) -> ClearwayTransport:
        return ClearwayTransport(self.conf.broker_consumer, self)


def build_app(settings: Settings) -> ClearwayApp:
    """Give the application, not yet started and without agents."""
    prompt.install()
    session = settings.broker.session_timeout_s
    return ClearwayApp(
        group_name(settings.topics),
        broker=[f"kafka://{address}" for address in settings.broker.address.split(",")],
        store="memory://",
        datadir=tempfile.gettempdir(),
        web_enabled=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        TableManager=NoTables,
        table_standby_replicas=1,  # makes Faust ask the application for its assignor
        broker_request_timeout=max(ANSWER_S, session),
        broker_session_timeout=session,
        broker_heartbeat_interval=session / 4,
        broker_commit_interval=settings.broker.commit_interval_s,
        broker_max_poll_records=200,
        consumer_auto_offset_reset="earliest",
        consumer_metadata_max_age_ms=METADATA_AGE_MS,
        consumer_max_fetch_size=MAX_MESSAGE_BYTES,
        producer_max_request_size=MAX_MESSAGE_BYTES,
        producer_linger=0.005,
        stream_wait_empty=False,
        stream_buffer_maxsize=256,
    )


class FaustLink:
    """The broker through a Faust application, for hosted stages."""

    def __init__(self, app: ClearwayApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._topics_now = TopicsNow(settings)

    async def send(
        self,
        topic: str,
        partition: int,
        key: bytes | None,
        value: bytes,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> Awaitable[object]:
        """Hand a message to Faust's producer."""
        producer = await self._app.maybe_start_producer()
        name = topic_name(self._settings.topics, topic)
        return await producer.send(name, key, value, partition, None, list(headers))

    async def oldest(self, topic: str, partition: int) -> int:
        """Ask the broker, outside the consumer group."""
        name = topic_name(self._settings.topics, topic)
        async with open_reader(self._settings.broker, name, partition) as reader:
            return await reader.oldest()

    async def read(
        self, topic: str, partition: int, start: int, end: int
    ) -> AsyncIterator[ConsumerRecord]:
        """Read from the broker what was committed, outside the consumer group.

        Messages say in seconds when they were sent, as Faust's do.
        """
        name = topic_name(self._settings.topics, topic)
        async with open_reader(
            self._settings.broker, name, partition, committed_only=True
        ) as reader:
            async for record in reader.read(start, end):
                yield replace(record, timestamp=seconds(record))

    async def topic_id(self, topic: str) -> str | None:
        """Ask the broker."""
        return await self._topics_now.id_of(topic)

    async def wrong_partitions(self) -> str | None:
        """Give what is wrong with the numbers of partitions, None where nothing is."""
        return wrong_partitions(self._settings.topics, await self._topics_now.partition_counts())

    def is_assigned(self, topic: str, partition: int) -> bool:
        """Ask Faust's consumer."""
        name = topic_name(self._settings.topics, topic)
        return TP(name, partition) in self._app.consumer.assignment()


def raw_topic(app: ClearwayApp, settings: Settings, name: str) -> faust.TopicT:
    """Give a topic whose keys and values are bytes."""
    return app.topic(
        topic_name(settings.topics, name),
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
    )
