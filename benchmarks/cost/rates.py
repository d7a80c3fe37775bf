"""What do a broker and one worker carry, and what does each record cost them?

A recording of the size of a city is played to the embedded broker, as frames or as the raw JSON of
a gateway, at a multiple of real time; one worker takes all partitions. Processor time is each
process's own, so that a busy machine makes it only a little dearer. A delay is from the moment when
what ends a minute was published (its end, the settling time and the lateness) until its states
were. The embedded broker keeps every message until it ends, so that its memory grows.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from kafka import KafkaConsumer, TopicPartition

from benchmarks.cost.city_size import make_city
from benchmarks.recordings import SMALL
from benchmarks.result import write_result
from congestion.records import STATES
from ingest.frames import decode_frame
from ingest.recorded.feed import Feed, open_feed
from mapmatch.building.build import artefact_for
from mapmatch.network import load_network
from streams import topics
from streams.broker.admin import create_topics
from streams.broker.embedded import EmbeddedBroker
from streams.children import spawn, stop
from streams.city import open_city
from streams.cli.options import cache_folder
from streams.recorded.replay import Played, replay
from streams.settings import Settings, load_settings

CLEARWAY = Path(sys.executable).with_name("clearway")
READY, READY_S, LAST_S = b"joining the other workers", 300.0, 300.0
QUIET_S = 15.0
"""A worker has done all once its states have not grown for so long. Unit: s. Source: chosen."""
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_s(pid: int) -> float:
    """Give the processor time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


def memory_mb(pid: int) -> float:
    """Give the memory that a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_MB


@contextmanager
def worker_of(feed: Feed, path: Path, settings: Settings, folder: Path) -> Iterator[int]:
    """Start a worker, wait until it joins its group, and give its process."""
    log = folder / "worker.log"
    command = [str(CLEARWAY), "worker", "--broker", settings.broker.address]
    command += ["--network", str(feed.manifest.network), "--assets", str(path)]
    with log.open("wb") as file:
        process = spawn(command, stdout=file, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + READY_S
        while READY not in log.read_bytes():
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the worker did not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.5)
        yield process.pid
    finally:
        stop(process)


class StateReader:
    """Reads when each region's minute was published; remembers those read so far."""

    def __init__(self, settings: Settings) -> None:
        self._consumer = KafkaConsumer(bootstrap_servers=settings.broker.address)
        self._consumer.assign([TopicPartition(settings.topics.prefix + topics.STATES, 0)])
        self._consumer.seek_to_beginning()
        self.published: list[tuple[float, float]] = []  # the minute's end, and when

    def read(self) -> bool:
        """Read what is new, and tell whether anything was."""
        batches = self._consumer.poll(timeout_ms=1000)
        for records in batches.values():
            for record in records:
                header = decode_frame(record.value, STATES).header
                if header.channel.startswith("estimate/"):
                    self.published.append((header.watermark or 0.0, record.timestamp / 1000.0))
        return bool(batches)

    def read_all(self) -> None:
        """Read until nothing has come for a while."""
        deadline, quiet_since = time.monotonic() + LAST_S, time.monotonic()
        while time.monotonic() < deadline and time.monotonic() - quiet_since < QUIET_S:
            if self.read():
                quiet_since = time.monotonic()


def delays_of(
    published: list[tuple[float, float]], sent: list[tuple[float, float]], wait_s: float
) -> np.ndarray:
    """Give the delay of each region's minute that ended in the replay, in its order. Unit: s."""
    ends, at = np.array(published).T
    reached, when = np.array(sent).T
    place = np.searchsorted(reached, ends + wait_s)
    whole = place < len(when) - 1  # what the closing slice ends came at once
    return np.asarray(at[whole] - when[place[whole]])


def measure(path: Path, speed: float | None, *, is_raw: bool) -> dict[str, Any]:
    """Play the recording, and give the row of it."""
    feed = open_feed(path)
    assert feed.manifest.network is not None and feed.fixes is not None
    folder = artefact_for(feed.manifest.network, cache_folder())
    city = open_city(load_network(folder), folder, feed.assets)
    with EmbeddedBroker() as broker, tempfile.TemporaryDirectory() as scratch:
        settings = load_settings(None, overrides={"broker": {"address": broker.address}})
        create_topics(settings)
        with worker_of(feed, path, settings, Path(scratch)) as worker:
            broker_pid = broker.pid
            assert broker_pid is not None
            states = StateReader(settings)
            before = {pid: cpu_s(pid) for pid in (worker, broker_pid, os.getpid())}
            sent: list[tuple[float, float]] = []
            memory: list[float] = []

            def on_slice(played: Played) -> None:
                sent.append((played.arrival_end, time.time()))
                memory.append(memory_mb(worker))

            began = time.monotonic()
            played = replay(feed, city, settings, speed=speed, is_raw=is_raw, on_slice=on_slice)
            seconds = time.monotonic() - began
            load_s = cpu_s(os.getpid()) - before[os.getpid()]
            states.read_all()
            memory.append(memory_mb(worker))
            spent = {pid: cpu_s(pid) - before[pid] for pid in (worker, broker_pid)}
            clocks = settings.clocks
            delays = delays_of(states.published, sent, clocks.settle_s + clocks.lateness_s)
    third = len(delays) // 3
    return {
        "recording": feed.manifest.name, "sent_as": "raw JSON" if is_raw else "frames",
        "records": played.row_count, "seconds": round(seconds),
        "records_a_second": round(played.row_count / seconds),
        "worker_cpu_s": round(spent[worker], 1), "broker_cpu_s": round(spent[broker_pid], 1),
        "load_cpu_s": round(load_s, 1),
        "fixes_a_worker_cpu_s": round(feed.fixes.num_rows / spent[worker]),
        "records_a_worker_cpu_s": round(played.row_count / spent[worker]),
        "delay_s_p50": round(float(np.median(delays)), 2),
        "delay_s_p99": round(float(np.percentile(delays, 99)), 2),
        "delay_s_first_third": round(float(np.median(delays[:third])), 2),
        "delay_s_last_third": round(float(np.median(delays[-third:])), 2),
        "worker_mb_half_way": round(memory[len(memory) // 2]), "worker_mb_end": round(memory[-1]),
        "states": len(states.published),
    }  # fmt: skip


def main() -> None:
    """Measure frames and raw JSON, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="of the city")
    parser.add_argument("--frames", type=float, default=2.5, help="times real time")
    parser.add_argument("--raw", type=float, default=2.5, help="times real time")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = make_city(Path(folder), given.minutes)
        rows = []
        for speed, is_raw in ((given.frames, False), (given.raw, True)):
            rows.append(measure(path, speed, is_raw=is_raw))
            print(msgspec.json.encode(rows[-1]).decode(), flush=True)
    write_result("broker_rates", "What do a broker and one worker carry?", rows, data=[SMALL])


if __name__ == "__main__":
    main()
