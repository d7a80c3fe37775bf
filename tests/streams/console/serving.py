"""The console served as in production, and a client at its door, for tests."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession, ClientTimeout, web

from mapmatch.network import Network
from streams.console.board import Board
from streams.console.serve import _listen
from streams.console.server import build_app
from tests.drawing import draw

NETWORK = draw("A---B---C", names={"AB": "中山东路"}).network


class Console:
    """A served board and a client at its door."""

    def __init__(self, board: Board, app: web.Application, session: ClientSession) -> None:
        self.board = board
        self.app = app
        self.session = session


@asynccontextmanager
async def served(network: Network = NETWORK) -> AsyncIterator[Console]:
    board = Board(network, "Asia/Shanghai")
    app = build_app(board)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    port = await _listen(runner, "127.0.0.1", 0)
    try:
        address = f"http://127.0.0.1:{port}"
        async with ClientSession(address, timeout=ClientTimeout(total=20)) as session:
            yield Console(board, app, session)
    finally:
        await runner.cleanup()


def serving(test: Callable[[Console], Awaitable[None]], network: Network = NETWORK) -> None:
    async def run() -> None:
        async with served(network) as console:
            await test(console)

    asyncio.run(run())


async def next_event(lines: Any) -> tuple[str, Any]:
    """Give the next event of a stream: its name and its data."""
    name, data = "", ""
    async for raw in lines:
        line = raw.decode().strip()
        if line.startswith("event:"):
            name = line[6:].strip()
        elif line.startswith("data:"):
            data = line[5:].strip()
        elif not line and name:
            return name, json.loads(data)
    raise AssertionError("the stream ended")


async def next_id(lines: Any) -> str:
    """Give the next id of a stream."""
    async for raw in lines:
        if raw.startswith(b"id:"):
            return raw[3:].decode().strip()
    raise AssertionError("the stream ended")


async def until_event(lines: Any, wanted: str) -> Any:
    while True:
        name, data = await next_event(lines)
        if name == wanted:
            return data
