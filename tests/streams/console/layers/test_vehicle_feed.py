"""Positions from the broker to the board: read only while somebody asks for them."""

import asyncio
from contextlib import suppress

import pytest

from streams.broker.embedded import EmbeddedBroker
from streams.console.layers.vehicle_board import ASKED_FOR_S, VehicleBoard
from streams.console.layers.vehicle_feed import follow_vehicles
from streams.topics import PROGRESS
from tests.streams.console.layers.test_vehicle_board import ALL, CITY, Clock, progress
from tests.streams.console.test_consumer import make_topics, publish, until

pytestmark = pytest.mark.broker


def test_vehicles_are_read_from_the_broker_while_somebody_asks() -> None:
    async def run(address: str) -> None:
        await asyncio.to_thread(make_topics, address)
        clock = Clock()
        board = VehicleBoard(CITY.network, clock)
        task = asyncio.create_task(follow_vehicles(board, address))

        async def heard(name: str) -> None:
            """Publish again and again, for only what comes after the beginning is read."""
            while board.report(name) is None:
                messages = [(PROGRESS, b"rubbish"), (PROGRESS, progress({"vehicle_id": name}))]
                await asyncio.to_thread(publish, address, messages)

        try:
            await asyncio.to_thread(publish, address, [(PROGRESS, progress({}))])
            board.ask()
            async with asyncio.timeout(60):
                await heard("first")
            assert board.report("b1") is None  # it was said before anybody asked
            clock.now += ASKED_FOR_S + 1
            await until(lambda: board.seen(ALL).known_count == 0)
            board.ask()
            async with asyncio.timeout(60):
                await heard("again")
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    with EmbeddedBroker() as broker:
        asyncio.run(run(broker.address))
