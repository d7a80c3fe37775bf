"""The past over HTTP: who may look, what is refused, and that live pages never wait for it."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession, ClientTimeout, web

from streams.console.access.guard import Guard
from streams.console.access.users import User, Users, write_users
from streams.console.board import Board
from streams.console.past.past import Past
from streams.console.past.records import PastMinute
from streams.console.past.routes import AT_ONCE, MOST_WAITING
from streams.console.server import build_app
from streams.lake.moments import LakeMoments
from tests.drawing import draw
from tests.streams.console.messages import MINUTE
from tests.streams.console.past.lakes import Keeper

NETWORK = draw("A---B---C").network

Visit = Callable[[ClientSession], Awaitable[None]]


def visiting(visit: Visit, past: Past, guard: Guard | None = None) -> None:
    async def run() -> None:
        app = build_app(Board(NETWORK), guard=guard, past=past)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            async with ClientSession(address, timeout=ClientTimeout(total=20)) as session:
                await visit(session)
        finally:
            await runner.cleanup()

    asyncio.run(run())


@pytest.fixture
def past(tmp_path: Path) -> Past:
    keeper = Keeper(tmp_path / "lake", NETWORK)
    for number in range(2):
        keeper.minute(MINUTE + 60 * number, {one: {} for one in NETWORK.segment_ids})
    keeper.write()
    return Past(LakeMoments(tmp_path / "lake", NETWORK.name), NETWORK)


async def said(response: ClientResponse) -> tuple[int, Any]:
    return response.status, await response.json()


def test_days_and_a_minute_are_answered_packed_or_plain(past: Past) -> None:
    async def visit(session: ClientSession) -> None:
        status, days = await said(await session.get("/api/past/days"))
        assert status == 200 and days["why_none"] is None
        assert days["days"] == [{"date": "2026-09-16", "first": MINUTE, "last": MINUTE + 60,
                                 "holes": []}]  # fmt: skip
        ask = {"at": "2026-09-15T23:00Z"}
        plain = await session.get("/api/past", params=ask, headers={"Accept-Encoding": "identity"})
        packed = await session.get("/api/past", params=ask)
        assert packed.headers["Content-Encoding"] == "gzip"
        assert "Content-Encoding" not in plain.headers
        minute = await plain.json()
        assert minute == await packed.json() and minute["minute"] == MINUTE
        assert minute["states"]["states"]["speed_kmh"] == [30.0] * NETWORK.segment_count

    visiting(visit, past)


@pytest.mark.parametrize(
    ("at", "status", "why"),
    [("", 400, "at nothing, expected seconds"), ("now", 400, "at now, expected seconds"),
     ("2026-09-16T07:00", 400, "at 2026-09-16T07:00 has no time zone"),
     ("2026-09-16T08:00+08:00", 404, "at 2026-09-16T00:00Z: expected a stored minute from"),
     ("9" * 400, 400, "expected a time from 1970")],
)  # fmt: skip
def test_what_is_refused_names_what_was_asked_and_expected(
    past: Past, at: str, status: int, why: str
) -> None:
    async def visit(session: ClientSession) -> None:
        found, body = await said(await session.get("/api/past", params={"at": at}))
        assert found == status and why in body["error"]

    visiting(visit, past)


def test_without_a_lake_it_says_how_to_have_one() -> None:
    async def visit(session: ClientSession) -> None:
        _, days = await said(await session.get("/api/past/days"))
        assert days == {"days": [], "why_none": "no_lake"}
        status, body = await said(await session.get("/api/past", params={"at": "0"}))
        assert status == 404 and "--lake" in body["error"]

    visiting(visit, Past(None, NETWORK))


def test_who_is_not_logged_in_sees_no_past(past: Past, tmp_path: Path) -> None:
    write_users(tmp_path / "users", {"li": User("li", "viewer", ())})

    async def visit(session: ClientSession) -> None:
        for path in ("/api/past/days", "/api/past?at=0"):
            assert (await session.get(path)).status == 401

    visiting(visit, past, Guard(Users(tmp_path / "users")))


class SlowPast(Past):
    """Reads until it is let go, and counts who reads at the same time."""

    def __init__(self) -> None:
        super().__init__(None, NETWORK)
        self.gate, self.lock = threading.Event(), threading.Lock()
        self.reading = self.most = 0

    def minute(self, time: float) -> PastMinute:
        with self.lock:
            self.reading += 1
            self.most = max(self.most, self.reading)
        self.gate.wait(20)
        with self.lock:
            self.reading -= 1
        return super().minute(time)


def test_a_crowd_waits_in_turn_and_the_live_page_does_not_wait() -> None:
    slow = SlowPast()

    async def visit(session: ClientSession) -> None:
        asked = [asyncio.create_task(session.get("/api/past?at=0")) for _ in range(MOST_WAITING)]
        while slow.reading < AT_ONCE:
            await asyncio.sleep(0.01)
        assert (await session.get("/health")).status == 200
        while (await session.get("/api/past?at=0")).status != 503:
            await asyncio.sleep(0.01)
        slow.gate.set()
        assert {answer.status for answer in await asyncio.gather(*asked)} == {404}
        assert slow.most == AT_ONCE
        assert (await session.get("/api/past?at=0")).status == 404, "there is room again"

    visiting(visit, slow)
