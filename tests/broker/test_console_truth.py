"""What the page says on a real broker while a worker hangs, and once the broker is gone."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import web

from mapmatch.network import load_network
from streams.console.board import Board
from streams.console.consumer import follow
from streams.console.server import build_app
from tests.broker.stage_set import StageSet
from tests.streams.console.browser import Browser, Page, find_chromium
from tests.streams.console.scene import text_of

pytestmark = [pytest.mark.broker, pytest.mark.browser]

BANNER = "document.querySelector('#banner')"
IS_RED = f"!{BANNER}.hidden && {BANNER}.dataset.tone === 'lost'"
TILES = (
    "[...document.querySelectorAll('.tile')].map((one) => "
    "[one.dataset.status, one.dataset.source, one.getAttribute('aria-label')])"
)
STEP_S = 20.0
SPEED = 20.0
LATE_AFTER_S = 3600.0  # at that speed three minutes are over before anybody looks


class Clock:
    """The wall clock, which a test sets forward while it waits for nobody to speak."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead_s


async def looked_at(page: Page, stage_set: StageSet, clock: Clock, board: Board) -> None:
    worker, broker_pid = stage_set.workers[0], stage_set.broker.pid
    assert broker_pid is not None
    await page.until("window.clearway && clearway.store.states.size > 0", 120)
    await page.until(f"{BANNER}.hidden || {BANNER}.dataset.tone === 'calm'", 60)
    worker.send_signal(signal.SIGSTOP)
    for _ in range(60):  # what it sent before it hung still comes
        clock.ahead_s += STEP_S
        if board.health().status == "silent":
            break
        await asyncio.sleep(1.0)
    await page.until(IS_RED)
    assert "No word from the workers" in await text_of(page, "#banner")
    tiles = "[...document.querySelectorAll('.tile')].map((tile) => tile.dataset.status)"
    assert "live" not in await page.value(tiles)
    assert "unknown" in await page.value(tiles)
    worker.send_signal(signal.SIGCONT)
    await page.until(f"!({IS_RED})", 120)
    os.kill(broker_pid, signal.SIGKILL)
    await page.until(f"{IS_RED} && {BANNER}.textContent.includes('does not answer')", 60)


async def partly_looked_at(page: Page, stage_set: StageSet, clock: Clock, board: Board) -> None:
    worker = stage_set.workers[1]
    await page.until("window.clearway && clearway.store.states.size > 0", 120)
    await page.until(f"{BANNER}.hidden", 60)
    worker.send_signal(signal.SIGSTOP)
    clock.ahead_s += 2 * STEP_S
    for _ in range(60):  # the other one tells of itself every two seconds
        if board.health().status == "partial":
            break
        await asyncio.sleep(0.5)
    health = board.health()
    old, regions = set(health.old_regions), set(range(board.network.region_count))
    assert old and old < regions, (health.status, health.detail)
    await page.until(IS_RED)
    said = await text_of(page, "#banner")
    assert all(f"District {region + 1}" in said for region in sorted(old)[:3])
    assert "No new alert" in said
    assert not await page.value("document.body.classList.contains('is-stale')")
    stale = "clearway.map.getFeatureState({source: 'segments', id}).stale ?? false"
    by_region = f"[...clearway.store.roads.values()].map(({{region}}, id) => [region, {stale}])"
    drawn = {(region, is_stale) for region, is_stale in await page.value(by_region)}
    assert drawn == {(region, region in old) for region in regions}
    await tiles_looked_at(page, board, old)
    await page.screenshot(stage_set.logs / "partial.png")
    worker.send_signal(signal.SIGCONT)
    await page.until(f"{BANNER}.hidden", 120)
    assert board.health().old_regions == []
    await page.until(f"!{TILES}.some((one) => ['partial', 'unknown'].includes(one[0]))", 60)


async def tiles_looked_at(page: Page, board: Board, old: set[int]) -> None:
    """Look at what the tiles say of districts and of vehicles whose worker hangs."""
    count = board.network.region_count
    shown = [source for source in board.health().sources if source.rows]
    assert {source.name for source in shown} == {"bus", "taxi", "magnetometer", "camera"}
    said = {name: (status, label) for status, name, label in await page.value(TILES)}
    for name in ("magnetometer", "camera"):
        status, label = said[name]
        assert status == "partial", said
        assert f"Live in {count - len(old)} of {count} districts" in label
        assert all(f"District {region + 1}" in label for region in sorted(old)[:3])
    for name in ("bus", "taxi"):
        status, label = said[name]
        assert status == "partial" and " shares of the vehicles" in label, said


def see(
    stage_set: StageSet, profile: Path,
    look: Callable[[Page, StageSet, Clock, Board], Awaitable[None]],
) -> None:  # fmt: skip
    """Let a page look at what a board shows of the stage set, then end workers and browser."""
    chromium = find_chromium()
    if chromium is None:
        pytest.skip("no chromium on this machine (Debian: apt install chromium)")
    clock, browser = Clock(), Browser(chromium, profile)

    async def run() -> None:
        board = Board(
            load_network(stage_set.network), "Asia/Shanghai", clock, late_after_s=LATE_AFTER_S,
            partition_count=stage_set.settings.topics.partitions,
        )  # fmt: skip
        runner = web.AppRunner(build_app(board), shutdown_timeout=1.0)
        await runner.setup()
        following = asyncio.create_task(follow(board, stage_set.broker.address))
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            async with browser.page() as page:
                address = f"http://127.0.0.1:{runner.addresses[0][1]}/"
                await page.command("Page.navigate", url=address)
                await look(page, stage_set, clock, board)
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
            await runner.cleanup()

    try:
        asyncio.run(run())
    finally:
        for worker in stage_set.workers:
            worker.kill()
        browser.close()


def test_a_hanging_worker_and_a_dead_broker_make_the_banner_red(
    stage_set: StageSet, tmp_path: Path
) -> None:
    stage_set.start_worker()
    stage_set.wait_ready()
    with stage_set.playing_on(SPEED):
        see(stage_set, tmp_path / "profile", looked_at)


def test_where_one_of_two_workers_hangs_its_part_of_the_city_is_named_and_grey(
    stage_set: StageSet, tmp_path: Path
) -> None:
    patient = "[broker]\nsession_timeout_s = 90"  # nobody takes over what the worker has
    for _ in range(2):
        stage_set.start_worker(settings=patient)
    stage_set.wait(lambda: worker_count(stage_set) == 2, "two workers")
    with stage_set.playing_on(SPEED):
        see(stage_set, tmp_path / "profile", partly_looked_at)


def worker_count(stage_set: StageSet) -> int:
    return sum(stage == "worker" for stage, _, _ in stage_set.counts())
