"""What does the page cost on cities of three sizes: bytes to start and a minute, time, memory?

The console serves a city in this process, and a headless Chromium draws it (software rendering,
where no GPU is). Bytes are those on the wire, packed as the browser takes them.
"""

import asyncio
import math
import re
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
import pandas as pd
from aiohttp import web

from benchmarks.console.cities import frames, laid_out, of_each_size
from benchmarks.recordings import SMALL, network_of
from benchmarks.result import write_result
from streams.console.board import Board
from streams.console.server import build_app
from streams.console.static_files import static_files
from tests.streams.console.browser import Browser, Page, find_chromium

GZIP = {"Accept-Encoding": "gzip"}
START = ("/", "/api/session", "/api/roads", "/api/states?ids=no", "/api/alerts", "/api/jams",
         "/api/patrols", "/health")  # fmt: skip
LOADED_S = 240.0

PAN = """new Promise((done) => {
    const map = clearway.map, times = [];
    const first = performance.now();
    let last = first, step = 0;
    const frame = (now) => {
        times.push(now - last); last = now;
        if (++step > 20 || now - first > 25_000) { done(times.slice(1)); return; }
        map.panBy([step % 20 < 10 ? 12 : -12, 6 * (step % 2 ? 1 : -1)], {duration: 0});
        requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
})"""
HOVER = """new Promise((done) => {
    const map = clearway.map, canvas = map.getCanvas(), plain = map.queryRenderedFeatures;
    const first = performance.now();
    let queries = 0, frames = 0, moves = 0, spent = 0;
    map.queryRenderedFeatures = function (...all) {
        queries += 1; const at = performance.now(); const found = plain.apply(this, all);
        spent += performance.now() - at; return found;
    };
    const frame = () => {
        for (let k = 0; k < 5; k += 1, moves += 1) {
            const point = {x: 200 + (moves * 7) % 500, y: 150 + (moves * 5) % 300};
            map.fire('mousemove', {point, lngLat: map.unproject([point.x, point.y]),
                originalEvent: {target: canvas}});
        }
        if (++frames >= 10 || performance.now() - first > 25_000) {
            requestAnimationFrame(() => {
                map.queryRenderedFeatures = plain; done({queries, frames, moves, spent});
            });
        } else requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
})"""


async def size_of(session: aiohttp.ClientSession, path: str) -> int:
    """Give how many bytes an answer has on the wire, headers left out."""
    async with session.get(path, headers=GZIP) as response:
        response.raise_for_status()
        return len(await response.read())


class Wire:
    """Counts what comes on the stream of events."""

    def __init__(self) -> None:
        self.byte_count = 0

    async def follow(self, session: aiohttp.ClientSession) -> None:
        """Read until cancelled."""
        async with session.get("/api/events", headers=GZIP) as response:
            async for chunk in response.content.iter_any():
                self.byte_count += len(chunk)


async def drawn(page: Page, address: str) -> dict[str, Any]:
    """Give what the browser says of drawing the city."""
    begin = time.monotonic()
    await page.command("Page.navigate", url=address)
    ready = "window.clearway && clearway.store.states.size > 0 && clearway.map.loaded()"
    for _ in range(int(LOADED_S / 20)):
        try:
            await page.until(ready, 20.0)
            break
        except (AssertionError, TimeoutError):
            continue
    loaded_s = time.monotonic() - begin
    heap = await page.value("performance.memory.usedJSHeapSize")
    hover = await page.value(HOVER)
    row: dict[str, Any] = {
        "page drawn after (s)": round(loaded_s, 1),
        "page's memory (MB)": round(heap / 1e6),
        "queries a frame under a mouse of 5 moves a frame": round(
            hover["queries"] / hover["frames"], 2
        ),
        "a query (ms)": round(hover["spent"] / max(1, hover["queries"]), 1),
    }
    try:
        times = sorted(await page.value(PAN))
    except TimeoutError:  # software rendering of a large city takes longer for a frame or two
        times = [math.nan]
    row["frame while the map moves, median (ms)"] = round(times[len(times) // 2], 1)
    return row


async def measured(segments: int, states: pd.DataFrame) -> dict[str, Any]:
    """Give the row of one size."""
    city = network_of(SMALL)
    whole = laid_out(city, segments)
    board = Board(whole, "Asia/Shanghai")
    runner = web.AppRunner(build_app(board), shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    minutes = list(frames(city, whole, states))
    board.take_states(minutes[0][1])
    wire, took_ms, sizes = Wire(), list[float](), list[int]()
    async with aiohttp.ClientSession(address, auto_decompress=False) as session:
        start = sum([await size_of(session, path) for path in (*START, *page_files())])
        geometry = await size_of(session, "/api/roads")
        following = asyncio.create_task(wire.follow(session))
        await asyncio.sleep(1.0)
        for _, frame in minutes[1:]:
            before, begin = wire.byte_count, time.perf_counter()
            board.take_states(frame)
            took_ms.append(1000 * (time.perf_counter() - begin))
            await asyncio.sleep(2.0)
            sizes.append(wire.byte_count - before)
        following.cancel()
    row: dict[str, Any] = {
        "segments": whole.segment_count,
        "start, packed (kB)": round(start / 1000),
        "of it geometry (kB)": round(geometry / 1000),
        "a minute's states, packed (kB)": round(sum(sizes) / len(sizes) / 1000),
        "a minute taken and told (ms)": round(sum(took_ms) / len(took_ms)),
        "console's memory (MB)": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000),
    }
    chromium = find_chromium()
    if chromium is not None:
        with tempfile.TemporaryDirectory() as profile:
            browser = Browser(chromium, Path(profile))
            try:
                async with browser.page(1280, 800) as page:
                    row |= await drawn(page, address)
            except (AssertionError, TimeoutError) as error:
                print(f"not drawn: {error}")
            finally:
                browser.close()
    await runner.cleanup()
    return row


def page_files() -> list[str]:
    """Give the files that the page asks for to start: those it names, and the map's worker."""
    files = static_files()
    named = re.findall(r'(?:src|href)="(/static/[^"]+)"', files["index.html"].plain.decode())
    return [*named, *(f"/static/{name}" for name in files if "-worker-" in name)]


def measure(segments: int, states: pd.DataFrame) -> dict[str, Any]:
    """Give the row of one size, in a process of its own."""
    return asyncio.run(measured(segments, states))


def main() -> None:
    """Measure each size."""
    question = "What does the page cost on cities of three sizes: bytes, time and memory?"
    write_result("console_cost", question, of_each_size(measure), [SMALL])


if __name__ == "__main__":
    main()
