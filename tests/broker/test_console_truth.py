"""What the page says on a real broker while a worker hangs, and once the broker is gone."""

import asyncio
import os
import signal
import time
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
STEP_S = 20.0


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


def test_a_hanging_worker_and_a_dead_broker_make_the_banner_red(
    stage_set: StageSet, tmp_path: Path
) -> None:
    chromium = find_chromium()
    if chromium is None:
        pytest.skip("no chromium on this machine (Debian: apt install chromium)")
    stage_set.start_worker()
    stage_set.wait_ready()
    stage_set.play()
    clock, browser = Clock(), Browser(chromium, tmp_path / "profile")

    async def run() -> None:
        board = Board(load_network(stage_set.network), "Asia/Shanghai", clock)
        runner = web.AppRunner(build_app(board), shutdown_timeout=1.0)
        await runner.setup()
        following = asyncio.create_task(follow(board, stage_set.broker.address))
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            async with browser.page() as page:
                address = f"http://127.0.0.1:{runner.addresses[0][1]}/"
                await page.command("Page.navigate", url=address)
                await looked_at(page, stage_set, clock, board)
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
            await runner.cleanup()

    try:
        asyncio.run(run())
    finally:
        stage_set.workers[0].kill()
        browser.close()
