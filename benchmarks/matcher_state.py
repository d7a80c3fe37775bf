"""What does a million vehicles' state take, and how long do snapshot and restore of 100,000 take?

Vehicles of the small recording drive under many names, each name begun at another moment of it,
so that at any time all of them are under way. Memory is read from the kernel: `state` is what came
with the vehicles, `process` has the network and the libraries as well. Seconds are processor time
of one core.
"""

import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.recordings import ROOT, SMALL
from benchmarks.result import write_result
from ingest.recorded.feed import open_feed
from mapmatch.building.build import artefact_for
from mapmatch.matcher import OnlineMatcher
from mapmatch.network import load_network
from mapmatch.paths import load_path_table
from mapmatch.recorded import cleaned
from streams.cli.options import cache_folder

NETWORK = ROOT / "data" / "networks" / "shanghai-core"
FLEETS = (100_000, 1_000_000)
DRIVEN_S, STEP_S = 200.0, 10.0
FRAME_ROWS = 5_000
START = 1_700_000_000.0
SPAN_S = 1e6  # longer than any recording
MB = 1e6


class Motion:
    """The recorded fixes by time, which a fleet of any size drives again."""

    def __init__(self, fixes: pa.Table) -> None:
        times = fixes["event_time"].cast(pa.int64()).to_numpy() / 1000.0
        names, vehicle = np.unique(fixes["vehicle_id"].to_numpy(), return_inverse=True)
        order = np.lexsort((times, vehicle))
        self._fixes = fixes.take(pa.array(order))
        first = np.searchsorted(vehicle[order], np.arange(len(names) + 1))
        begin, end = times[order][first[:-1]], times[order][first[1:] - 1]
        self._long = np.flatnonzero(end - begin > 2 * DRIVEN_S)
        self._begin = begin
        self._place = SPAN_S * vehicle[order] + (times - times.min())[order]
        self._zero = times.min()

    def frames(self, count: int, driven_s: float, now: float) -> Iterator[pa.RecordBatch]:
        """Give a fix of each of `count` vehicles, driven_s after they began, with that stamp."""
        for first in range(0, count, FRAME_ROWS):
            names = np.arange(first, min(first + FRAME_ROWS, count))
            kind = self._long[names % len(self._long)]
            begun = self._begin[kind] - self._zero + (names * 0.618034 % 1.0) * DRIVEN_S
            rows = np.searchsorted(self._place, SPAN_S * kind + begun + driven_s)
            some = self._fixes.take(pa.array(rows)).combine_chunks().to_batches()[0]
            ids = pa.array([f"v{name}" for name in names.tolist()], pa.string())
            stamps = pa.array(np.full(len(names), round(1000 * now)), pa.int64())
            kind_of = some.schema.field("event_time").type
            columns = {name: some.column(name) for name in some.schema.names}
            columns |= {
                "vehicle_id": ids,
                "event_time": stamps.cast(pa.timestamp("ms")).cast(kind_of),
            }
            yield pa.RecordBatch.from_pydict(columns, schema=some.schema)


def resident_mb() -> float:
    """Give the memory the process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / MB


def measure(motion: Motion, count: int, network: Any, paths: Any) -> dict[str, Any]:
    """Drive a fleet until its state no longer grows, then save and load it."""
    before_mb = resident_mb()
    matcher = OnlineMatcher(network, paths)
    matcher.warm_up()
    for step in range(int(DRIVEN_S / STEP_S)):
        now = START + step * STEP_S
        for frame in motion.frames(count, step * STEP_S, now):
            matcher.match(frame, now - STEP_S)
    now_mb = resident_mb()
    row: dict[str, Any] = {
        "vehicles": matcher.vehicle_count,
        "state_mb": round(now_mb - before_mb),
        "process_mb": round(now_mb),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MB),
    }
    began = time.process_time()
    data = matcher.snapshot()
    saved = time.process_time()
    other = OnlineMatcher(network, paths)
    ready = time.process_time()
    other.restore(data)
    row |= {
        "snapshot_mb": round(len(data) / MB),
        "snapshot_s": round(saved - began, 3),
        "restore_s": round(time.process_time() - ready, 3),
    }
    assert other.vehicle_count == matcher.vehicle_count
    matcher.match(next(motion.frames(1, 0.0, now)).slice(0, 0), now + 3600.0)
    row["vehicles_an_hour_later"] = matcher.vehicle_count
    return row


def main() -> None:
    """Print the table and write benchmarks/results/matcher_state.json."""
    pa.set_cpu_count(1)
    folder = artefact_for(NETWORK, cache_folder())
    network, paths = load_network(folder), load_path_table(folder)
    fixes = open_feed(SMALL).fixes
    assert fixes is not None
    motion = Motion(pa.Table.from_batches(cleaned(fixes, network).frames))
    rows = []
    for count in FLEETS:
        rows.append(measure(motion, count, network, paths))
        print(rows[-1], flush=True)
    write_result("matcher_state", (__doc__ or "").splitlines()[0], rows, data=[SMALL])


if __name__ == "__main__":
    main()
