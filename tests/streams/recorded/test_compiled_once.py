"""A first run compiles what Python calls, each for one signature, and nothing by itself beside."""

import os
import subprocess
import sys
from pathlib import Path

import numba
import pytest

from streams.cli.options import SMALL_FEED

KERNELS = [
    "cleaning.clean_fixes",
    "grid.fill_grid",
    "neighbours.over_neighbours",
    "online.step",
    "open_fixes.read_open",
    "ordering.order_by_vehicle",
    "probes.follow_stands",
    "probes.sum_probes",
    "queues.cut_rings",
    "queues.join_slow",
    "queues.link_standing",
    "queues.trace_origins",
    "queues.trace_roots",
    "reach.reach_from",
    "search.count_within",
    "search.fill_rows",
    "travel.times_to",
    "trees.sum_trees",
]


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="numba compiles nothing here")
def test_a_first_run_compiles_each_kernel_once_and_no_part_by_itself(tmp_path: Path) -> None:
    where = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    command = [sys.executable, "-m", "streams.cli.main", "run", str(SMALL_FEED), "--json"]
    subprocess.run(
        [*command, "--out", str(tmp_path / "run")], check=True, capture_output=True,
        env=where | {"CLEARWAY_CACHE": str(tmp_path / "cache")},
    )  # fmt: skip
    compiled = sorted(path.name.split("-")[0] for path in tmp_path.rglob("*.nbc"))
    assert compiled == KERNELS
