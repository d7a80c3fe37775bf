"""How long is it from a press to its effect on the page, with everything running at ten times?

`clearway up` plays the feed that ships at ten times its pace: broker, worker and console are
processes of their own, the feed's states and alerts come six times a minute, and 500 patrols say
where they are each six seconds. A thousand cases are made as an operator makes them, and stay open
beside those that are detected. Then one case after another is acknowledged; a press lasts until
the page's stream brings its effect, by the clock on the wall, so that what else runs on the machine
is in it.
"""

import asyncio
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np
from aiohttp import ClientSession, ClientTimeout

from benchmarks.console.press import CASES, PATROLS, Page, ms
from benchmarks.recordings import ROOT
from benchmarks.result import write_result
from incidents.records import iso
from ingest.recorded.feed import open_feed
from mapmatch.building.build import artefact_for
from mapmatch.network import Network, load_network
from mapmatch.projection import LocalPlane
from streams.cli.options import cache_folder

FEED = ROOT / "data" / "feeds" / "shanghai-core-small"
NETWORK = ROOT / "data" / "networks" / "shanghai-core"
QUESTION = "How long is it from a press to its effect on the page, with all parts running?"
PRESSES, BETWEEN_S = 200, 0.2
SPEED = 10.0
SPOKEN_EACH_S = 60.0
MAKING_AT_ONCE = 20
"""Cases made side by side, before anything is timed."""


def feed_with_patrols(network: Network, folder: Path) -> Path:
    """Copy the feed into a folder, with patrols that all say each minute where they are."""
    feed = shutil.copytree(FEED, folder / "feed", ignore=shutil.ignore_patterns("truth"))
    manifest = open_feed(FEED).manifest
    rng, plane = np.random.default_rng(1), LocalPlane(network)
    with (feed / "patrols.ndjson").open("wb") as file:
        for now in np.arange(manifest.start, manifest.end, SPOKEN_EACH_S):
            nodes = rng.integers(0, len(network.node_x), PATROLS)
            degrees = plane.to_degrees(network.node_x[nodes], network.node_y[nodes])
            for number, (longitude, latitude) in enumerate(zip(*degrees, strict=True)):
                said = {"patrol_id": f"p{number}", "event_time": iso(now), "status": "free",
                        "longitude": float(longitude), "latitude": float(latitude)}  # fmt: skip
                file.write(msgspec.json.encode(said) + b"\n")
    return feed


@contextmanager
def running(feed: Path) -> Iterator[str]:
    """Give the console's address of a system that plays the feed, from its first row on."""
    command = [sys.executable, "-m", "streams.cli.main", "up", "--feed", str(feed)]
    command += ["--network", str(NETWORK), "--speed", str(SPEED)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = ""
        for line in process.stdout:
            if line.startswith("console http"):
                address = line.split()[1]
            if line.startswith(FEED.name):
                break
        try:
            yield address
        finally:
            process.send_signal(signal.SIGINT)


async def measure(network: Network, address: str) -> tuple[list[float], int]:
    """Make the cases, acknowledge one after another; give the times, and how many were open."""
    names = np.random.default_rng(2).choice(network.segment_ids, CASES).tolist()
    lines = {"read_bufsize": 1 << 22, "timeout": ClientTimeout(total=None)}
    async with ClientSession(address, **lines) as session:  # type: ignore[arg-type]
        page = Page(session, time.perf_counter)
        reading = asyncio.create_task(page.read())
        await page.has_stream.wait()
        for first in range(0, CASES, MAKING_AT_ONCE):
            made = names[first : first + MAKING_AT_ONCE]
            await asyncio.gather(*(page.press(action="create", segment_id=one) for one in made))
        async with session.get("/api/alerts") as response:
            alerts = [one for one in await response.json() if one["state"] == "open"]
        times = []
        for one in alerts[:PRESSES]:
            times.append(await page.press(action="acknowledge", alert_id=one["alert_id"]))
            await asyncio.sleep(BETWEEN_S)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    return times, len(alerts)


def main() -> None:
    """Measure on the network and the feed that ship."""
    network = load_network(artefact_for(NETWORK, cache_folder()))
    with tempfile.TemporaryDirectory() as folder:
        feed = feed_with_patrols(network, Path(folder))
        with running(feed) as address:
            times, open_count = asyncio.run(measure(network, address))
    row = {
        "open_cases": open_count, "patrols": PATROLS, "speed": SPEED, "presses": len(times),
        "ms_p50": ms(np.median(times)), "ms_p99": ms(np.percentile(times, 99)),
        "ms_most": ms(max(times)),
    }  # fmt: skip
    print(row)
    write_result("press_live", QUESTION, [row], [NETWORK, FEED])


if __name__ == "__main__":
    main()
