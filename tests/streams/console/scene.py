"""A served board with one alert, somebody who answers commands, and pages that look at it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from aiohttp import web

from congestion.corridors import Corridor
from incidents.case_records import Command
from incidents.cases.book import CaseBook
from incidents.cases.places import RoadPlaces
from incidents.records import Alert
from ingest.recorded.assets import Assets
from mapmatch.network import Network
from mapmatch.projection import LocalPlane
from streams.console.access.guard import Guard
from streams.console.board import Board
from streams.console.past.past import Past
from streams.console.places import Places
from streams.console.server import build_app
from tests.streams.console.browser import Browser, Page
from tests.streams.console.messages import MINUTE, alert, counts, states_frame

World = tuple[Network, Browser]


class Office:
    """Does what is commanded, as the worker does, and tells the board; it can be made deaf."""

    def __init__(self, board: Board) -> None:
        self.board, self.now = board, MINUTE + 120.0
        self.book = CaseBook(RoadPlaces(board.network))
        self.sent: list[Command] = []
        self.deaf_count = 0

    async def send(self, command_id: str, body: bytes) -> None:
        self.sent.append(msgspec.json.decode(body, type=Command))
        if self.deaf_count > 0:
            self.deaf_count -= 1
        else:
            self.do(self.sent[-1])

    def do(self, command: Command) -> None:
        """Do a command and tell what became of it."""
        self.now += 10.0
        known = self.book.cases
        result = self.book.take(command, self.now)
        case = self.book.case(result.alert_id or "")
        if case is not None and case not in known:
            self.board.take_alert(msgspec.json.encode(case))
        self.board.take_answer(msgspec.json.encode(result))

    def detect(self, data: bytes) -> Alert:
        """Take what the detector says and tell the case that it makes."""
        (case,) = self.book.detect([msgspec.json.decode(data, type=Alert)])
        self.board.take_alert(msgspec.json.encode(case))
        return case


class Scene:
    """A board with a city at level 0 and one alert, served, and a page that looks at it."""

    def __init__(self, network: Network, page: Page, office: Office, address: str) -> None:
        self.network = network
        self.page = page
        self.board = office.board
        self.office = office
        self.address = address

    async def open(self, page: Page | None = None, path: str = "") -> None:
        """Open the map and wait until it has its data."""
        page = page or self.page
        await page.command("Page.navigate", url=self.address + path)
        await page.until("clearway.store.states.size > 0", 90)

    async def log_in(
        self, name: str, password: str, page: Page | None = None, path: str = ""
    ) -> None:
        """Log in by the keyboard, as a person who was sent to the login."""
        page = page or self.page
        await page.command("Page.navigate", url=self.address + path)
        await page.until("document.activeElement.name === 'name'")
        await page.command("Input.insertText", text=name)
        await press(page, "Tab", 9)
        await page.command("Input.insertText", text=password)
        await press(page, "Enter", 13, "\r")

    def case_bytes(self, alert_id: str = "the-one") -> bytes:
        """Give the newest version of a case as it lies on the topic."""
        return msgspec.json.encode(self.office.book.case(alert_id))

    async def choose(self, page: Page | None = None, alert_id: str = "the-one") -> None:
        """Open the card of an alert and wait for its commands."""
        page = page or self.page
        await page.value(f"document.querySelector('[data-alert={alert_id}] .card-main').click()")
        await page.until("document.querySelector('.case-actions').childElementCount")

    def take_minute(self, minute: float, level: int) -> None:
        for region in range(self.network.region_count):
            rows = {
                segment_id: {"level": level, "speed_kmh": 40.0 - 7 * level}
                for segment_id, of in zip(
                    self.network.segment_ids, self.network.region.tolist(), strict=True
                )
                if of == region
            }
            self.board.take_states(states_frame(minute, rows, region))

    def middle_of(self, segment: int) -> tuple[float, float]:
        start, end = self.network.vertex_offsets[segment : segment + 2]
        middle = slice(start, end)
        longitude, latitude = LocalPlane(self.network).to_degrees(
            self.network.vertex_x[middle].mean(), self.network.vertex_y[middle].mean()
        )
        return float(longitude), float(latitude)


@asynccontextmanager
async def scene(
    network: Network,
    browser: Browser,
    width: int = 1366,
    height: int = 768,
    guard: Guard | None = None,
    clock: Callable[[], float] = time.time,
    past: Past | None = None,
    corridors: Sequence[Corridor] = (),
    assets: Assets | None = None,
    jurisdictions: str | None = None,
    partition_count: int = 1,
) -> AsyncIterator[Scene]:
    assets = assets or Assets()
    board = Board(
        network, "Asia/Shanghai", clock, partition_count=partition_count, detectors=assets.detectors
    )
    office = Office(board)
    places = Places(network, jurisdictions, assets, corridors=corridors)
    app = build_app(board, office, guard, places, past)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        async with browser.page(width, height) as page:
            one = Scene(network, page, office, address)
            one.take_minute(MINUTE, 0)
            longest = int(np.argmax(network.length_m))
            longitude, latitude = one.middle_of(longest)
            office.detect(
                alert(
                    "the-one",
                    network.segment_ids[longest],
                    longitude=longitude,
                    latitude=latitude,
                    queue_segment_ids=[network.segment_ids[longest]],
                )
            )
            board.take_counts(counts("fixes", MINUTE + 80, 1200, refused={"jump": 12}))
            if guard is None or guard.users is None:
                await one.open()
            yield one
    finally:
        await runner.cleanup()


def seen(world: World, folder: Path, look: Callable[[Scene], Awaitable[None]], **size: Any) -> None:
    async def run() -> None:
        async with scene(*world, **size) as one:
            await look(one)
            await one.page.screenshot(folder / "page.png")
            assert not one.page.complaints, list(one.page.complaints)
            strangers = [
                url
                for url in one.page.requests
                if not url.startswith((one.address, "data:", f"blob:{one.address}"))
            ]
            assert not strangers, strangers

    asyncio.run(run())


async def text_of(page: Page, selector: str) -> str:
    return str(await page.value(f"document.querySelector({selector!r}).textContent"))


async def press(page: Page, key: str, code: int, text: str = "") -> None:
    more: dict[str, Any] = {"text": text} if text else {}
    for kind in ("keyDown", "keyUp"):
        await page.command(
            "Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **more
        )
