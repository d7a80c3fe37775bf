"""How long do reports take on large lakes, and do they find what was put into one?

The network is a recorded city's, laid side by side; its weeks are made (`benchmarks.lakes.made`).
Each report runs in a process of its own, as a user starts it; memory is that process's peak. The
lake is removed afterwards.
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
    given = asked.parse_args()
    city = load_network(artefact_for(DATA / "networks" / "shanghai-core", cache_folder()))
    rows = []
    for segments in (given.segments // 10, given.segments):
        rows += timed(in_regions(tiled(city, segments), REGIONS), given.folder)
        print(*rows[-2:], sep="\n", flush=True)
    found = changes(city, given.folder)
    print(*found, sep="\n", flush=True)
    write_result("lake", __doc__.split("\n")[0], rows, changes=found)


def timed(network: Network, folder: Path) -> list[dict[str, Any]]:
    """Give what a daily report and one of a week's bottlenecks take on a network of a size."""
    shutil.rmtree(folder, ignore_errors=True)
    truth = true_queues(network, TRUE_QUEUES, 1)
    plan = LakePlan(MONDAY, WEEK, queues=truth, chance_queues=20)
    began = time.perf_counter()
    count = make_lake(network, folder / "lake", plan)
    made_s = time.perf_counter() - began
    size = sum(file.stat().st_size for file in folder.rglob("*.parquet"))
    _save(network, folder)
    heads = {network.segment_ids[queue.head] for queue in truth}
    rows = []
    for kind, options in (("daily", ["--from", "2026-09-02"]), ("bottlenecks", [])):
        cost, told = report(folder, kind, options)
        first = [b["segment_id"] for b in told["bottlenecks"][:TRUE_QUEUES]]
        rows.append({
            "report": kind, "segments": network.segment_count,
            "rows_read": told["coverage"]["expected"], "rows_stored": count,
            "stored_gb": round(size / 1e9, 2), "made_s": round(made_s),
            "seconds": round(cost.seconds, 1), "cpu_s": round(cost.cpu_s, 1),
            "peak_mb": round(cost.peak_mb),
            "true_bottlenecks_first": f"{len(heads & set(first))} of {TRUE_QUEUES}",
        })  # fmt: skip
    shutil.rmtree(folder)
    return rows


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


def report(
    folder: Path, kind: str, options: Sequence[str]
) -> tuple[Cost, dict[str, Any]]:  # fmt: skip
    """Run a report as a user does; give what it cost, and its JSON."""
    command = [
        sys.executable, "-m", "streams.cli.main", "report", kind, str(folder / "lake"), "--network",
        str(folder / "network"), "--timezone", ZONE.key, "--out", str(folder / kind), *options,
    ]  # fmt: skip
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    took_s = time.perf_counter() - began
    if status:
        raise RuntimeError(f"{' '.join(command)} ended with status {status}")
    cost = Cost(took_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
    return cost, json.loads((folder / kind / "report.json").read_text())


if __name__ == "__main__":
    main()
