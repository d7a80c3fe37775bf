"""How long do reports take on large lakes, and do they find what was put into one?

The network is a recorded city's, laid side by side; its days are made (`benchmarks.lakes.made`) and
summed up by `clearway lake compact`. Each command runs in a process of its own, as a user starts
it; memory is that process's peak. A lake that is already in the folder is measured as it lies and
stays, else it is removed afterwards.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq

from benchmarks.lakes.made import ZONE, LakePlan, make_lake, true_queues
from benchmarks.result import write_result
from benchmarks.state_scale import tiled
from mapmatch.building.build import artefact_for
from mapmatch.network import Network, load_network, save_network
from streams.cli.options import DATA, cache_folder

MONDAY = date(2026, 8, 31)
WEEK = 7
TRUE_QUEUES = 5
REGIONS = 8
KINDS: tuple[tuple[str, list[str]], ...] = (
    ("daily", ["--from", "2026-09-02"]), ("bottlenecks", ["--to", "2026-08-31"]),
    ("bottlenecks", []),
)  # fmt: skip
CHANGES = (-0.1, 0.1, 0.0)


class Cost(NamedTuple):
    """What a process took: of the clock, which on a busy machine is more, of all cores, at most."""

    seconds: float
    cpu_s: float
    peak_mb: float


def main() -> None:
    """Measure both sizes, then what reports find, and write the result."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--folder", type=Path, default=Path("build/lake"))
    asked.add_argument("--segments", type=int, default=100_000)
    asked.add_argument("--days", type=int, default=WEEK, help="three or more")
    asked.add_argument("--result", default="lake", help="name of the result's file")
    given = asked.parse_args()
    city = load_network(artefact_for(DATA / "networks" / "shanghai-core", cache_folder()))
    rows = []
    for segments in (given.segments // 10, given.segments):
        network = in_regions(tiled(city, segments), REGIONS)
        rows += timed(network, given.folder / str(segments), given.days)
        print(*rows[-len(KINDS) - 1 :], sep="\n", flush=True)
    found = changes(city, given.folder / "changes")
    print(*found, sep="\n", flush=True)
    write_result(given.result, __doc__.split("\n")[0], rows, changes=found)


def timed(network: Network, folder: Path, days: int) -> list[dict[str, Any]]:
    """Give what putting a lake together and the reports on it take on a network of a size."""
    truth = true_queues(network, TRUE_QUEUES, 1)
    is_there = (folder / "lake").is_dir()
    if not is_there:
        plan = LakePlan(MONDAY, days, queues=truth, chance_queues=20)
        make_lake(network, folder / "lake", plan)
        _save(network, folder)
    files = list((folder / "lake" / "segment_states").rglob("*.parquet"))
    of = {
        "segments": network.segment_count, "days": days,
        "rows_stored": sum(pq.read_metadata(file).num_rows for file in files),
        "stored_gb": round(sum(file.stat().st_size for file in files) / 1e9, 2),
    }  # fmt: skip
    cost = run_of(["lake", "compact", str(folder / "lake"), *_network(folder)])
    rows = [_row("lake compact", of, of["rows_stored"], cost, "")]
    heads = {network.segment_ids[queue.head] for queue in truth}
    for kind, options in KINDS:
        cost, told = report(folder, kind, options)
        first = [b["segment_id"] for b in told["bottlenecks"][:TRUE_QUEUES]]
        found = f"{len(heads & set(first))} of {TRUE_QUEUES}"
        rows.append(_row(kind, of, told["coverage"]["expected"], cost, found))
    if not is_there:
        shutil.rmtree(folder)
    return rows


def _row(
    command: str, of: dict[str, Any], rows_read: int, cost: Cost, found: str
) -> dict[str, Any]:
    return {
        "command": command, **of, "rows_of_period": rows_read,
        "seconds": round(cost.seconds, 1), "cpu_s": round(cost.cpu_s, 1),
        "peak_mb": round(cost.peak_mb), "true_bottlenecks_first": found,
    }  # fmt: skip


def in_regions(network: Network, count: int) -> Network:
    """Give a network cut into so many regions."""
    cut = np.arange(network.segment_count) * count // network.segment_count
    return replace(network, region=cut.astype(np.int16))


def changes(network: Network, folder: Path) -> list[dict[str, Any]]:
    """Give what a before-and-after report says of changes that were made, six weeks of mornings."""
    found = []
    for number, change in enumerate(CHANGES):
        shutil.rmtree(folder, ignore_errors=True)
        plan = LakePlan(MONDAY, 6 * WEEK, hours=(7, 9), change_on=date(2026, 9, 21),
                        change=change, seed=number)  # fmt: skip
        make_lake(network, folder / "lake", plan)
        _save(network, folder)
        _, told = report(folder, "before-after", ["--change", "2026-09-21"])
        values = {n["name"]: n["value"] for n in told["numbers"]}
        names = ("tti_change", "tti_change_low", "tti_change_high", "tti_change_is_claimed")
        found.append({"true_change": change} | {name: values[name] for name in names})
    shutil.rmtree(folder)
    return found


def _save(network: Network, folder: Path) -> None:
    (folder / "network").mkdir(parents=True)
    save_network(network, folder / "network")


def _network(folder: Path) -> list[str]:
    return ["--network", str(folder / "network"), "--timezone", ZONE.key]


def report(folder: Path, kind: str, options: Sequence[str]) -> tuple[Cost, dict[str, Any]]:
    """Run a report as a user does; give what it cost, and its JSON."""
    out = ["--out", str(folder / kind), "--force", *options]
    cost = run_of(["report", kind, str(folder / "lake"), *_network(folder), *out])
    return cost, json.loads((folder / kind / "report.json").read_text())


def run_of(arguments: Sequence[str]) -> Cost:
    """Run a command of Clearway; give what it cost. Raises RuntimeError where it fails."""
    command = [sys.executable, "-m", "streams.cli.main", *arguments]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    took_s = time.perf_counter() - began
    if status:
        raise RuntimeError(f"{' '.join(command)} ended with status {status}")
    return Cost(took_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


if __name__ == "__main__":
    main()
