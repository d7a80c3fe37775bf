"""Where does the computing of the whole chain go, on a plain recording and at the size of a city?

Each recording is run twice in this process: once plainly, for the processor time of each stage, and
once under a profiler, for how that divides by kind. A profiler makes Python dearer than it is, so
the shares say where to look, and the seconds what it costs. A start is what comes before the
first row: opening and warming up, all kernels compiled before. Methods of Arrow's own objects count
with the Python that calls them, for the profiler does not see them.
"""

import argparse
import cProfile
import pstats
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.cost.city_size import make_city
from benchmarks.recordings import SMALL
from benchmarks.result import write_result
from ingest.recorded.feed import open_feed
from mapmatch.building.build import artefact_for
from streams import topics
from streams.chain import Chain, open_chain
from streams.cli.options import cache_folder
from streams.recorded.run import FeedRun
from streams.settings import load_settings
from streams.stages.stage import Stage

MINUTES = 10.0
STAGES = {"match": topics.FIXES, "estimate": topics.PROGRESS, "detect": topics.STATES}
KINDS = ("kernel", "numpy", "arrow", "encoding", "python")


def kind_of(file: str, name: str) -> str:
    """Give the kind of computing that a function of the profile does."""
    if "/kernels/" in file:
        return "kernel"
    where = f"{file} {name}"
    if "parquet" in where or "msgspec" in where or "/ipc" in where:
        return "encoding"
    return next((kind for kind in ("numpy", "arrow") if kind in where), "python")


class Meter:
    """Counts a stage's processor time, or by kind what a profiler sees of it."""

    def __init__(self, stage: Stage, *, is_profiled: bool) -> None:
        self.seconds = 0.0
        self._take, self._profile = stage.take, cProfile.Profile(time.thread_time)
        stage.take = self._profiled if is_profiled else self._timed  # type: ignore[method-assign]

    def _timed(self, message: Any) -> Any:
        began = time.thread_time()
        out = self._take(message)
        self.seconds += time.thread_time() - began
        return out

    def _profiled(self, message: Any) -> Any:
        return self._profile.runcall(self._take, message)

    def shares(self) -> dict[str, float]:
        """Give the share of each kind."""
        seconds: Counter[str] = Counter()
        for (file, _, name), row in pstats.Stats(self._profile).stats.items():  # type: ignore
            seconds[kind_of(file, name)] += row[2]
        return {kind: round(seconds[kind] / seconds.total(), 3) for kind in KINDS}


def run(
    path: Path, chain: Chain, *, is_profiled: bool
) -> tuple[dict[str, Meter], float, float, int, dict[str, int]]:
    """Run a recording; give the meters, the processor time until it begins and of all else,
    segment-minutes, bytes of states."""
    feed = open_feed(path)
    settings = load_settings(None, overrides={"topics": {"partitions": 1}})
    with tempfile.TemporaryDirectory() as out:
        first = time.process_time()
        one = FeedRun(feed, chain, Path(out))
        stages = {name: one._stages[topic] for name, topic in STAGES.items()}
        meters = {n: Meter(stage, is_profiled=is_profiled) for n, stage in stages.items()}
        began = time.process_time()
        report = one.go(settings, lambda _: None)
        seconds = time.process_time() - began
    states = {name: len(stage.snapshot()) for name, stage in stages.items()}
    return meters, began - first, seconds, report.state_row_count, states


def measure(path: Path, say: Callable[[str], None] = print) -> tuple[list[Any], list[Any]]:
    """Give a recording's rows of computing by stage, and of what its states take."""
    feed = open_feed(path)
    assert feed.manifest.network is not None and feed.fixes is not None
    settings = load_settings(None, overrides={"topics": {"partitions": 1}})
    artefact_for(feed.manifest.network, cache_folder())  # built once, and no part of a start
    began = time.process_time()
    chain = open_chain(feed.manifest.network, cache_folder(), feed.assets, settings)
    chain.warm_up()
    opened = time.process_time() - began
    name, fixes = feed.manifest.name, feed.fixes.num_rows
    meters, made, total, segment_minutes, states = run(path, chain, is_profiled=False)
    profiled = run(path, chain, is_profiled=True)[0]
    spent = {stage: meter.seconds for stage, meter in meters.items()}
    spent["read and write"] = total - sum(spent.values())
    rows: list[dict[str, Any]] = [
        {
            "recording": name, "fixes": fixes, "segment_minutes": segment_minutes, "stage": stage,
            "cpu_s": round(seconds, 2),
            "fixes_a_cpu_s": None if stage == "start" else round(fixes / seconds),
            **(profiled[stage].shares() if stage in profiled else dict.fromkeys(KINDS)),
        }
        for stage, seconds in (("start", opened + made), *spent.items(), ("all after it", total))
    ]  # fmt: skip
    for row in rows:
        say(str(row))
    every_s, budget = settings.snapshots.every_s, settings.snapshots.bytes_per_s
    saved = [
        {
            "recording": name, "stage": stage, "state_bytes": size,
            "saved_each_s": max(every_s, size / budget),
            "bytes_a_second": round(size / max(every_s, size / budget)),
            "bytes_a_second_each_5_s": round(size / every_s),
        }
        for stage, size in states.items()
    ]  # fmt: skip
    return rows, saved


def main() -> None:
    """Measure both recordings and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=MINUTES, help="of the city")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        city = make_city(Path(folder), given.minutes)
        measured = [measure(path) for path in (SMALL, city)]
    rows, states = (
        [row for part in parts for row in part] for parts in zip(*measured, strict=True)
    )
    question = "What does each stage of the chain cost on one core, and of what kind is it?"
    write_result("chain_cost", question, rows, data=[SMALL / "feed.toml"], states=states)


if __name__ == "__main__":
    main()
