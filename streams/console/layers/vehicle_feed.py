"""From the broker to the board of vehicles, only while somebody looks at them."""

import asyncio
import logging

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from ingest.frames import FrameError
from streams.broker import fetched, prompt
from streams.console.consumer import RETRY_S, partitions_of, stop_consumer
from streams.console.layers.vehicle_board import VehicleBoard
from streams.topics import PROGRESS

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5
"""How often it is looked whether anybody asks. Unit: s. Source: chosen, soon for a person."""
FRAMES_A_TURN = 20
"""After so many frames the server has its turn. Unit: count. Source: chosen, some milliseconds."""


async def follow_vehicles(board: VehicleBoard, bootstrap: str, prefix: str = "") -> None:
    """Feed the board from the end of the topic while it is asked for, until cancelled.

    Where the broker is away it is tried again; the feed of all else says so.
    """
    while True:
        while not board.is_asked:
            await asyncio.sleep(LOOK_EVERY_S)
        try:
            await _follow_once(board, bootstrap, prefix)
        except (KafkaError, OSError, TimeoutError) as error:
            log.info("vehicles are not read (%s), trying again", type(error).__name__)
            await asyncio.sleep(RETRY_S)


async def _follow_once(board: VehicleBoard, bootstrap: str, prefix: str) -> None:
    fetched.install()
    prompt.install()
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap.split(","), enable_auto_commit=False,
        max_partition_fetch_bytes=16 * 1024 * 1024, fetch_max_wait_ms=fetched.WAIT_MS,
    )  # fmt: skip
    try:
        await consumer.start()
        partitions = await partitions_of(consumer, [prefix + PROGRESS])
        consumer.assign(partitions)
        await consumer.seek_to_end(*partitions)
        while board.is_asked:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                await take_all(board, [record.value for record in records])
    finally:
        await stop_consumer(consumer)


async def take_all(board: VehicleBoard, values: list[bytes | None]) -> None:
    """Hand frames to the board; a bad one is passed over: the stage that reads it tells of it."""
    for number, value in enumerate(values):
        try:
            if value is not None:
                board.take(value)
        except (FrameError, ValueError) as error:
            log.debug("a frame of progress was not read: %s", error)
        if number % FRAMES_A_TURN == FRAMES_A_TURN - 1:
            await asyncio.sleep(0)
