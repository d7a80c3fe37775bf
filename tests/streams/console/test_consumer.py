"""The console against a broker: everything from the beginning, and on after the broker was away."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from kafka import KafkaProducer

from streams.broker.admin import create_topics
from streams.broker.embedded import EmbeddedBroker
from streams.console.board import Board
from streams.console.consumer import follow
from streams.settings import BrokerSettings, Settings
from streams.topics import ALERTS, COUNTS, STATES
from tests.drawing import draw
from tests.streams.console.messages import MINUTE, alert, counts, states_frame

pytestmark = pytest.mark.broker

NETWORK = draw("A---B---C").network


def publish(address: str, messages: list[tuple[str, bytes]]) -> None:
    producer = KafkaProducer(bootstrap_servers=[address])
    for topic, value in messages:
        producer.send(topic, value, partition=0).get(20)
    producer.close()


def make_topics(address: str) -> None:
    create_topics(Settings(broker=BrokerSettings(address=address)))


async def until(is_true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not is_true():
            await asyncio.sleep(0.05)


@asynccontextmanager
async def following(board: Board, address: str) -> AsyncIterator[None]:
    task = asyncio.create_task(follow(board, address))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def test_what_was_published_before_and_after_the_start_reaches_the_board():
    async def run(address: str) -> None:
        await asyncio.to_thread(make_topics, address)
        before = [
            (STATES, states_frame(MINUTE, {"AB": {"level": 5}})),
            (ALERTS, alert("early", "AB")),
            (COUNTS, counts("fixes", MINUTE, 10)),
        ]
        await asyncio.to_thread(publish, address, before)
        board = Board(NETWORK)
        async with following(board, address):
            await until(lambda: bool(board.alerts()) and bool(board.states().states.level))
            assert board.states().states.level == [5]
            await asyncio.to_thread(publish, address, [(ALERTS, alert("late", "BC"))])
            await until(lambda: len(board.alerts()) == 2)
        assert board.bad_message_count == 0

    with EmbeddedBroker() as broker:
        asyncio.run(run(broker.address))


def test_a_broker_that_goes_away_is_named_and_followed_again_when_it_is_back():
    async def run() -> None:
        board = Board(NETWORK)
        with EmbeddedBroker() as first:
            await asyncio.to_thread(make_topics, first.address)
            await asyncio.to_thread(publish, first.address, [(ALERTS, alert("one", "AB"))])
            task = asyncio.create_task(follow(board, first.address))
            await until(lambda: len(board.alerts()) == 1)
        await until(lambda: not board.is_connected)
        assert first.address in board.health().detail
        with EmbeddedBroker(first.port) as second:
            assert second.port == first.port
            await asyncio.to_thread(make_topics, second.address)
            await asyncio.to_thread(publish, second.address, [(ALERTS, alert("two", "AB"))])
            await until(lambda: len(board.alerts()) == 2)
            assert board.is_connected
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    asyncio.run(run())


def test_a_console_started_before_its_broker_and_topics_waits_for_them():
    async def run() -> None:
        board = Board(NETWORK)
        with EmbeddedBroker() as lent:
            port = lent.port
        async with following(board, f"127.0.0.1:{port}"):
            await until(lambda: not board.is_connected)
            with EmbeddedBroker(port) as broker:
                await asyncio.to_thread(make_topics, broker.address)
                await asyncio.to_thread(publish, broker.address, [(ALERTS, alert("one", "AB"))])
                await until(lambda: len(board.alerts()) == 1)

    asyncio.run(run())
