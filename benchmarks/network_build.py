"""How long does a network of a million segments take to build and to load, and in what memory?

A square grid of two-way streets with bent polylines, written as GMNS and built like any source.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv

from benchmarks.result import write_result
from mapmatch.projection import METRES_PER_DEGREE

BLOCK_M = 150.0

# What a child process runs, so that its peak memory is its own.
BUILD = """
import json, sys, time
from pathlib import Path
from mapmatch.building.build import build_network
began = time.perf_counter()
network, report = build_network(Path(sys.argv[1]), Path(sys.argv[2]))
print(json.dumps({"build_s": time.perf_counter() - began, "lines": report.lines()}))
"""
LOAD = """
import json, sys, time
from pathlib import Path
from mapmatch.network import load_network
from mapmatch.paths import load_path_table
began = time.perf_counter()
network = load_network(Path(sys.argv[1]))
arrays_s = time.perf_counter() - began
load_path_table(Path(sys.argv[1]))
print(json.dumps({"load_s": arrays_s, "with_paths_s": time.perf_counter() - began}))
"""


def write_grid(folder: Path, side: int) -> int:
    """Write a grid of side x side nodes as GMNS; gives the number of links."""
    row, column = (a.ravel() for a in np.mgrid[0:side, 0:side])
    longitude = 117.0 + column * BLOCK_M / (METRES_PER_DEGREE * np.cos(np.radians(31.0)))
    latitude = 31.0 + row * BLOCK_M / METRES_PER_DEGREE
    index = np.arange(side * side).reshape(side, side)
    pairs = np.concatenate(
        [
            np.column_stack((index[:, :-1].ravel(), index[:, 1:].ravel())),
            np.column_stack((index[:-1].ravel(), index[1:].ravel())),
        ]
    )
    pairs = np.concatenate([pairs, pairs[:, ::-1]])
    bend = (longitude[pairs].mean(1) + 1e-5, latitude[pairs].mean(1) + 1e-5)
    geometry = [
        f"LINESTRING ({a:.7f} {b:.7f}, {c:.7f} {d:.7f}, {e:.7f} {f:.7f})"
        for a, b, c, d, e, f in zip(
            longitude[pairs[:, 0]], latitude[pairs[:, 0]], *bend,
            longitude[pairs[:, 1]], latitude[pairs[:, 1]], strict=True,
        )
    ]  # fmt: skip
    count = len(pairs)
    config = "dataset_name,short_length,long_length,speed,crs\ngrid,m,m,kmh,EPSG:4326\n"
    (folder / "config.csv").write_text(config)
    nodes = {"node_id": index.ravel(), "x_coord": longitude, "y_coord": latitude}
    csv.write_csv(pa.table(nodes), folder / "node.csv")
    links = {
        "link_id": np.arange(count),
        "name": np.char.add("Street ", (pairs[:, 0] % 5000).astype(str)),
        "from_node_id": pairs[:, 0],
        "to_node_id": pairs[:, 1],
        "geometry": geometry,
        "length": np.full(count, ""),
        "facility_type": np.full(count, "secondary"),
        "free_speed": np.full(count, 50),
        "lanes": np.full(count, 2),
    }
    csv.write_csv(pa.table(links), folder / "link.csv")
    return count


def measure(script: str, *arguments: Path) -> dict[str, Any]:
    """Give what a script prints as JSON."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--segments", type=int, default=1_000_000)
    side = round((parser.parse_args().segments / 4) ** 0.5) + 1
    with tempfile.TemporaryDirectory() as temporary:
        source, network = Path(temporary) / "grid", Path(temporary) / "network"
        source.mkdir()
        count = write_grid(source, side)
        built = measure(BUILD, source, network)
        memory_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        size = sum(path.stat().st_size for path in network.iterdir())
        loads = [measure(LOAD, network) for _ in range(3)]
    row = {
        "segments": count,
        "build_s": round(built["build_s"], 1),
        "build_memory_mb": round(memory_mb),
        "artefact_mb": round(size / 1e6),
        "load_s": round(min(load["load_s"] for load in loads), 3),
        "load_with_paths_s": round(min(load["with_paths_s"] for load in loads), 3),
    }
    print(json.dumps(row))
    assert __doc__
    write_result("network_build", __doc__.splitlines()[0], [row], report=built["lines"])


if __name__ == "__main__":
    main()
