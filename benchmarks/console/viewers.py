"""How long until 200 viewers of one console have a minute's update, on one core?

The console runs in this process on one core; the viewers are connections of another process, which
read and note when the last byte of each update came. Both read the same clock. On a machine that is
busy otherwise the clock says more than the update costs: its CPU stands beside.
"""

import asyncio
import multiprocessing
import os
import time
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import pandas as pd
from aiohttp import web

from benchmarks.console.cities import SIZES, frames, laid_out, recorded
from benchmarks.recordings import SMALL, network_of
from benchmarks.result import write_result
from streams.console.board import Board
from streams.console.server import build_app

VIEWERS = 200
PAUSE_S = 6.0
"""Between updates, longer than one takes. Unit: s."""


async def watch(port: int, seen: list[list[float]], number: int) -> None:
    """Hold one connection; note when bytes come."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = "GET /api/events HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n"
    writer.write(request.encode())
    while chunk := await reader.read(1 << 20):
        if len(chunk) > 1000:  # no heartbeat, no clock: part of a minute's states
            seen[number].append(time.monotonic())
    writer.close()


def viewers(port: int, answers: Connection) -> None:
    """Be all the viewers until told to stop; then give what each noted."""

    async def all_of_them() -> list[list[float]]:
        seen: list[list[float]] = [[] for _ in range(VIEWERS)]
        tasks = [asyncio.create_task(watch(port, seen, number)) for number in range(VIEWERS)]
        await asyncio.sleep(2.0)
        answers.send("there")
        while not answers.poll():
            await asyncio.sleep(0.05)
        for task in tasks:
            task.cancel()
        return seen

    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    answers.send(asyncio.run(all_of_them()))


async def measured(segments: int, states: pd.DataFrame) -> dict[str, Any]:
    """Give the row of one size."""
    city = network_of(SMALL)
    whole = laid_out(city, segments)
    minutes = list(frames(city, whole, states))
    board = Board(whole, "Asia/Shanghai")
    board.take_states(minutes[0][1])
    runner = web.AppRunner(build_app(board), shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    here, there = multiprocessing.Pipe()
    watching = multiprocessing.get_context("spawn").Process(
        target=viewers, args=(runner.addresses[0][1], there)
    )
    watching.start()
    while not here.poll():
        await asyncio.sleep(0.05)
    here.recv()
    began: list[float] = []
    work: list[float] = []
    for _, frame in minutes[1:]:
        began.append(time.monotonic())
        cpu = time.process_time()
        board.take_states(frame)
        await asyncio.sleep(PAUSE_S)
        work.append(time.process_time() - cpu)
    here.send("stop")
    while not here.poll():
        await asyncio.sleep(0.05)
    seen = here.recv()
    watching.join()
    await runner.cleanup()
    delays = [
        max((t for t in times if start <= t < start + PAUSE_S), default=float("inf")) - start
        for times in seen
        for start in began
    ]
    return {
        "segments": whole.segment_count,
        "viewers": VIEWERS,
        "updates": len(began),
        "median (s)": round(float(np.median(delays)), 3),
        "99th percentile (s)": round(float(np.quantile(delays, 0.99)), 3),
        "slowest (s)": round(max(delays), 3),
        "the console's CPU for an update (s)": round(float(np.median(work)), 3),
    }


def main() -> None:
    """Measure each size on the first core; the viewers take any other."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[:1])
    states, rows = recorded(), []
    for segments in SIZES:
        rows.append(asyncio.run(measured(segments, states)))
        print(rows[-1], flush=True)
    question = "How long until 200 viewers of one console on one core have a minute's update?"
    write_result("console_viewers", question, rows, [SMALL])


if __name__ == "__main__":
    main()
