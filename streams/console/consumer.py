"""From the broker to the board: five topics from their beginning, without a consumer group."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from ingest.frames import FrameError
from streams.broker import fetched, prompt
from streams.broker.client_logs import calm_kafka_logs
from streams.console.board import Board
from streams.no_json import NO_JSON
from streams.topics import ALERTS, COMMAND_RESULTS, COUNTS, PATROLS, STATES

log = logging.getLogger(__name__)

TOPICS = (STATES, ALERTS, COMMAND_RESULTS, COUNTS, PATROLS)
RETRY_S = 2.0
"""A broker that is away is tried again after this time. Unit: s. Source: chosen, soon enough for a
person who waits."""
RECORDS_A_TURN = 50
"""After so many records the server has its turn: pages are sent what waits for them, and commands
are heard. Unit: count. Source: chosen, a fifth of what a page may be behind (`hub.QUEUE_LENGTH`),
and some milliseconds."""
PROBE_EVERY_S = 3.0
"""How often a broker that sends nothing is asked whether it is there. Unit: s. Source: chosen, soon
enough for a person who watches."""
PROBE_TIMEOUT_S = 5.0
"""A broker that takes longer to answer is away. Unit: s. Source: chosen, a busy one takes less."""


def deliver(board: Board, topic: str, value: bytes | None) -> None:
    """Hand one message to the board; a bad one is counted and never stops the console."""
    if value is None:
        return  # a tombstone of the compacted topic
    take: dict[str, Callable[[bytes], None]] = {
        STATES: board.take_states,
        ALERTS: board.take_alert,
        COMMAND_RESULTS: board.take_answer,
        COUNTS: board.take_counts,
        PATROLS: board.take_patrols,
    }
    try:
        take[topic](value)
    except (FrameError, *NO_JSON, ValueError) as error:
        board.bad_message_count += 1
        log.warning("a message on %s was not read: %s", topic, error)


async def deliver_all(board: Board, topic: str, values: Sequence[bytes | None]) -> None:
    """Hand messages to the board in their order; however many they are, no page falls behind."""
    for start in range(0, len(values), RECORDS_A_TURN):
        for value in values[start : start + RECORDS_A_TURN]:
            deliver(board, topic, value)
        await asyncio.sleep(0)


async def follow(board: Board, bootstrap: str, prefix: str = "") -> None:
    """Feed the board until cancelled; while the broker is away the board says so.

    When the broker is back, the topics are read from their beginning. Offsets alone do not show
    whether it came back empty or with its data, and the board takes nothing twice.
    """
    calm_kafka_logs()
    while True:
        try:
            await _follow_once(board, bootstrap, prefix)
        except (KafkaError, OSError, TimeoutError) as error:
            why = (
                f"The broker at {bootstrap} does not answer ({type(error).__name__}). Trying again."
            )
            if board.is_connected:
                log.warning("%s", why)
            board.lose_connection(why)
        await asyncio.sleep(RETRY_S)


async def _follow_once(board: Board, bootstrap: str, prefix: str) -> None:
    fetched.install()
    prompt.install()
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap.split(","),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=16 * 1024 * 1024,
        fetch_max_wait_ms=fetched.WAIT_MS,
    )
    try:
        await consumer.start()
        names = {prefix + name: name for name in TOPICS}
        partitions = await partitions_of(consumer, list(names))
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        board.regain_connection()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_probe(consumer, partitions))
            while True:
                batches = await consumer.getmany(timeout_ms=500)
                for partition, records in batches.items():
                    values = [record.value for record in records]
                    await deliver_all(board, names[partition.topic], values)
    except ExceptionGroup as group:
        raise group.exceptions[0] from group
    finally:
        await stop_consumer(consumer)


async def partitions_of(consumer: AIOKafkaConsumer, names: list[str]) -> list[TopicPartition]:
    """Give every partition of the topics; waits until all of them exist."""
    while True:
        # Only the client can ask without naming topics, which could create them.
        cluster = await consumer._client.fetch_all_metadata()
        found = {name: cluster.partitions_for_topic(name) for name in names}
        if all(found.values()):
            return [TopicPartition(name, n) for name in names for n in sorted(found[name])]
        await asyncio.sleep(RETRY_S)


async def stop_consumer(consumer: AIOKafkaConsumer) -> None:
    """Stop the consumer, even while it waits for a broker that has gone.

    aiokafka 0.14 awaits the fetches it cancels, so the cancellation comes out of `stop` and its
    client stays open.
    """
    stopping = asyncio.ensure_future(consumer.stop())
    await asyncio.wait([stopping])
    if stopping.cancelled() or stopping.exception() is not None:
        await consumer._client.close()


async def _probe(consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> None:
    """Raise when the broker has gone: a fetch that finds no broker waits in silence for ever."""
    while True:
        await asyncio.sleep(PROBE_EVERY_S)
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            await consumer.end_offsets(partitions)
