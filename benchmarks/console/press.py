"""How long is it from a press to its effect on the page, with a thousand cases and 500 patrols?

Every case has news each minute, and every patrol says where it is. A press comes just as a minute
does, which is the worst for it, and others when nothing else is under way. Desk, console and a
page that reads its stream are one process here, and the broker between them, some milliseconds, is
left out. Times are of the process's CPU, so that a busy machine does not matter: what the clock
says where nothing else runs.
"""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from aiohttp import ClientSession, ClientTimeout, web
from msgspec.structs import replace

from benchmarks.recordings import ROOT
from benchmarks.result import write_result
from congestion.records import STATES
from incidents.records import Alert, Evidence, iso
from ingest.recorded.assets import Assets
from mapmatch.building.build import artefact_for
from mapmatch.network import Network, load_network
from mapmatch.projection import LocalPlane
from streams import topics
from streams.city import open_city
from streams.cli.options import cache_folder
from streams.console.board import Board
from streams.console.consumer import deliver_all
from streams.console.hub import Hub
from streams.console.server import HUB, build_app
from streams.stages.case_desk import CaseDesk
from streams.stages.city_minute import CityMinute
from streams.stages.messages import Incoming

CASES, PATROLS = 1000, 500
MINUTES, QUIET_PRESSES = 10, 12
START = 1_789_513_200.0


class Centre:
    """A desk of a thousand cases beside the console that shows them."""

    def __init__(self, folder: Path) -> None:
        network = load_network(folder)
        self.rng = np.random.default_rng(1)
        self.network, self.plane = network, LocalPlane(network)
        city = open_city(network, folder, Assets())
        self.desk, self.board = CaseDesk(city), Board(network)
        self.desk.warm_up()
        segments = self.rng.choice(network.segment_count, CASES, replace=False)
        self.detected = [_alert(network, n, int(s)) for n, s in enumerate(segments)]
        self.states = _states(network)
        self.step_cpu_s: list[float] = []
        self.command_cpu_s: list[float] = []
        self.minute = 0
        self.now = START

    async def send(self, command_id: str, body: bytes) -> None:
        """Let the desk do a command, and the console take what comes of it."""
        began = time.process_time()
        out = self.desk.take(Incoming(topics.ALERT_COMMANDS, 0, 0, body, self.now))
        self.command_cpu_s.append(time.process_time() - began)
        for one in out:
            await deliver_all(self.board, one.topic, [one.encode()])

    async def pass_minute(self) -> None:
        """Let a minute pass in which every case has news."""
        self.minute += 1
        self.now = START + 60.0 * self.minute
        version, state = self.minute, "open" if self.minute == 1 else "updated"
        news = [
            replace(one, version=version, state=state, event_time=iso(self.now))
            for one in self.detected
        ]
        began = time.process_time()
        minute = CityMinute(self.now - 60.0, self.now, [self.states], [])
        made = self.desk.step(minute, self.now, news)
        self.step_cpu_s.append(time.process_time() - began)
        await deliver_all(self.board, topics.ALERTS, [msgspec.json.encode(one) for one in made])

    async def speak(self) -> None:
        """Let every patrol say where it is."""
        nodes = self.rng.integers(0, len(self.network.node_x), PATROLS)
        degrees = self.plane.to_degrees(self.network.node_x[nodes], self.network.node_y[nodes])
        said = [
            {"patrol_id": f"p{n}", "event_time": iso(self.now), "status": "free",
             "longitude": float(longitude), "latitude": float(latitude)}
            for n, (longitude, latitude) in enumerate(zip(*degrees, strict=True))
        ]  # fmt: skip
        data = msgspec.json.encode(said)
        self.desk.take(Incoming(topics.PATROLS, 0, 0, data))
        await deliver_all(self.board, topics.PATROLS, [data])


def _alert(network: Network, number: int, segment: int) -> Alert:
    """Give a new alert at a segment."""
    seen = [Evidence("probe", "Taxi standing for 142 s", iso(START), 0.6)]
    return Alert(
        f"d{number}", 1, "open", "incident", iso(START), iso(START), network.segment_ids[segment],
        10.0, 121.47, 31.22, 121.4745, 31.2179, network.names[segment], "incident", 0.8, seen, [],
        240.0, 3.2, number % 4 + 1,
    )  # fmt: skip


def _states(network: Network) -> pa.RecordBatch:
    """Give a minute in which every segment was seen."""
    row = {"interval_start": int(START * 1000), "interval_s": 60, "speed_kmh": 30.0,
           "free_flow_kmh": 40.0, "level": 1, "probe_count": 3, "detector_count": 0,
           "quality": "observed", "queue_length_m": 0.0}  # fmt: skip
    rows = [{**row, "segment_id": name} for name in network.segment_ids]
    return pa.RecordBatch.from_pylist(rows, schema=STATES)


class Page:
    """A page that reads its stream, and the presses that it waits for, timed by a clock."""

    def __init__(self, session: ClientSession, clock: Callable[[], float]) -> None:
        self._session, self._clock = session, clock
        self._waiting: dict[str, asyncio.Event] = {}
        self._count = 0
        self.has_stream = asyncio.Event()

    async def read(self) -> None:
        """Read the stream, and connect again a second after it ends, as the page does."""
        while True:
            async with self._session.get("/api/events") as response:
                async for line in response.content:
                    self.has_stream.set()
                    if line.startswith(b'data: {"alert_id"'):
                        done = json.loads(line[6:])["last_command_id"]
                        if done in self._waiting:
                            self._waiting[done].set()
            await asyncio.sleep(1.0)

    async def press(self, **asked: Any) -> float:
        """Send a command; give the time until the page shows what it did. Unit: s."""
        self._count += 1
        command_id = f"c{self._count}"
        shown = self._waiting[command_id] = asyncio.Event()
        body = {"command_id": command_id, "actor": "li", **asked}
        began = self._clock()
        async with self._session.post("/api/commands", json=body) as response:
            assert response.status == 200, await response.text()
        await shown.wait()
        return self._clock() - began


async def measure(centre: Centre) -> tuple[list[float], list[float], Hub]:
    """Press for some minutes; give the times as minutes came and between them, and the hub."""
    await centre.speak()
    await centre.pass_minute()
    app = build_app(centre.board, centre)
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    lines = {"read_bufsize": 1 << 22, "timeout": ClientTimeout(total=None)}
    async with ClientSession(address, **lines) as session:  # type: ignore[arg-type]
        page = Page(session, time.process_time)
        cases = (f"d{number}" for number in range(CASES))
        reading = asyncio.create_task(page.read())
        await page.has_stream.wait()
        busy, quiet = [], []
        for _ in range(MINUTES):
            minute = asyncio.create_task(centre.pass_minute())
            busy.append(await page.press(action="acknowledge", alert_id=next(cases)))
            await minute
            await centre.speak()
            for _ in range(QUIET_PRESSES):
                quiet.append(await page.press(action="acknowledge", alert_id=next(cases)))
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    await runner.cleanup()
    return busy, quiet, app[HUB]


def ms(seconds: float | np.floating) -> float:
    return round(1000.0 * float(seconds), 1)


def main() -> None:
    """Measure on the network that ships."""
    source = ROOT / "data" / "networks" / "shanghai-core"
    centre = Centre(artefact_for(source, cache_folder()))
    busy, quiet, hub = asyncio.run(measure(centre))
    began = time.process_time()
    centre.desk.snapshot()
    row = {
        "cases": CASES, "patrols": PATROLS, "presses": len(busy) + len(quiet),
        "pages_dropped": hub.dropped_count,
        "between_minutes_ms_p50": ms(np.median(quiet)),
        "between_minutes_ms_p99": ms(np.percentile(quiet, 99)),
        "as_a_minute_comes_ms_p50": ms(np.median(busy)),
        "as_a_minute_comes_ms_most": ms(max(busy)),
        "command_ms": ms(np.median(centre.command_cpu_s)),
        "minute_ms": ms(np.median(centre.step_cpu_s)),
        "state_saved_ms": ms(time.process_time() - began),
    }  # fmt: skip
    question = "How long is it from a press to its effect on the page, in CPU time?"
    print(row)
    write_result("press", question, [row], [source])


if __name__ == "__main__":
    main()
