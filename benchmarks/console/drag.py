"""What does dragging the time machine's slider cost on cities of three sizes?

An hour of states is stored, a headless Chromium looks back at it, and its slider is dragged over
the hour and back, a minute further each tenth of a second. Frames are drawn in software where no
GPU is; work of the page is the CPU of its main thread.
"""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from aiohttp import web

from benchmarks.console.cities import frames, laid_out, of_each_size
from benchmarks.console.cost import LOADED_S
from benchmarks.console.past import hour
from benchmarks.recordings import SMALL, network_of
from benchmarks.result import write_result
from streams import topics
from streams.console.board import Board
from streams.console.past.past import Past
from streams.console.server import build_app
from streams.lake.moments import LakeMoments
from streams.lake.writing import LakeWriter
from tests.streams.console.browser import Browser, Page, PageError, find_chromium

MOVES, EVERY_MS = 100, 100
DRAG = f"""void (() => {{
    const slider = document.querySelector('.past-controls input[type=range]');
    const [first, last] = [Number(slider.min), Number(slider.max)];
    const shown = new Set(), gaps = [];
    let moves = 0, before = performance.now(), released = 0;
    const note = () => shown.add(clearway.store.past?.minute);
    clearway.store.on('moment', note);
    const timer = setInterval(() => {{
        moves += 1;
        slider.value = last - Math.round((last - first) / 60) * Math.abs(moves % 100 - 50);
        slider.dispatchEvent(new Event('input'));
        if (moves < {MOVES}) return;
        released = performance.now();
        clearInterval(timer);
    }}, {EVERY_MS});
    const frame = (now) => {{
        gaps.push(now - before); before = now;
        if (released && clearway.store.past?.minute === Number(slider.value)) {{
            window.dragged = {{gaps, shown: shown.size, moves, settled: now - released}};
        }} else requestAnimationFrame(frame);
    }};
    requestAnimationFrame(frame);
}})()"""


class Answers:
    """Counts what is answered about the past: how often, and the bytes on the wire."""

    def __init__(self) -> None:
        self.count = self.byte_count = 0

    async def note(self, request: web.Request, response: web.StreamResponse) -> None:
        """Note an answer before it is sent."""
        if request.path == "/api/past" and isinstance(response, web.Response):
            self.count += 1
            self.byte_count += len(response.body) if isinstance(response.body, bytes) else 0


def stored(folder: Path, city: Any, whole: Any, states: pd.DataFrame) -> None:
    """Write an hour of states into a lake."""
    writer = LakeWriter(folder, whole, "Asia/Shanghai")
    for offset, (_, frame) in enumerate(hour(city, whole, states)):
        writer.add(topics.STATES, 0, offset, frame, None)
    writer.write_unfinished()


async def until(page: Page, condition: str) -> None:
    """Wait long for a page that is slow."""
    for _ in range(int(LOADED_S / 20)):
        try:
            await page.until(condition, 20.0)
            return
        except (PageError, TimeoutError):
            continue
    raise PageError(f"never became true: {condition}")


async def cpu_s(page: Page) -> float:
    """Give the CPU that the page's main thread has used. Unit: s."""
    told = await page.command("Performance.getMetrics")
    return float(next(m["value"] for m in told["metrics"] if m["name"] == "TaskDuration"))


async def dragged(page: Page, address: str, answers: Answers) -> dict[str, Any]:
    """Give what the browser says of a drag."""
    await page.command("Performance.setTimeDomain", timeDomain="threadTicks")
    await page.command("Performance.enable")
    await page.command("Page.navigate", url=address)
    await until(page, "window.clearway && clearway.store.states.size && clearway.map.loaded()")
    await until(page, "!document.querySelector('#past-open').hidden")
    await page.value("document.querySelector('#past-open').click()")
    await until(page, "clearway.store.past && clearway.map.loaded()")
    await page.command("HeapProfiler.collectGarbage")
    heap = await page.value("performance.memory.usedJSHeapSize")
    before_s, count, byte_count = await cpu_s(page), answers.count, answers.byte_count
    await page.value(DRAG)
    await until(page, "window.dragged")
    told = await page.value("window.dragged")
    work_s = await cpu_s(page) - before_s
    await page.command("HeapProfiler.collectGarbage")
    more = await page.value("performance.memory.usedJSHeapSize") - heap
    asked = max(1, answers.count - count)
    return {
        "moves": told["moves"],
        "minutes asked": answers.count - count,
        "minutes shown": told["shown"],
        "a minute, packed (kB)": round((answers.byte_count - byte_count) / asked / 1000),
        "work a minute shown (ms)": round(1000 * work_s / told["shown"]),
        "frame, median (ms)": round(float(np.median(told["gaps"])), 1),
        "frame, 95th percentile (ms)": round(float(np.percentile(told["gaps"], 95)), 1),
        "shown after release (s)": round(told["settled"] / 1000, 2),
        "page's memory before (MB)": round(heap / 1e6),
        "more of it after (MB)": round(more / 1e6),
    }


async def measured(segments: int, states: pd.DataFrame, folder: Path) -> dict[str, Any]:
    """Give the row of one size."""
    city = network_of(SMALL)
    whole = laid_out(city, segments)
    stored(folder / "lake", city, whole, states)
    board, answers = Board(whole, "Asia/Shanghai"), Answers()
    board.take_states(next(frames(city, whole, states))[1])
    app = build_app(board, past=Past(LakeMoments(folder / "lake", whole.name), whole))
    app.on_response_prepare.append(answers.note)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    chromium = find_chromium()
    assert chromium is not None, "this needs Chromium"
    browser = Browser(chromium, folder / "profile")
    try:
        async with browser.page(1280, 800) as page:
            address = f"http://127.0.0.1:{runner.addresses[0][1]}"
            return {"segments": whole.segment_count, **await dragged(page, address, answers)}
    finally:
        browser.close()
        await runner.cleanup()


def measure(segments: int, states: pd.DataFrame) -> dict[str, Any]:
    """Give the row of one size, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(measured(segments, states, Path(folder)))


def main() -> None:
    """Measure each size."""
    question = "What does dragging the time machine's slider cost on cities of three sizes?"
    write_result("console_drag", question, of_each_size(measure), [SMALL])


if __name__ == "__main__":
    main()
