"""The path table: shortest routes from each segment's end to all near, within a limit."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mapmatch.kernels.layout import PATH_ENTRY, PATH_ROW, MatchGraph, Records
from mapmatch.kernels.search import count_within, fill_rows
from mapmatch.match_graph import match_graph_of, state_count
from mapmatch.memory import records
from mapmatch.network import Network, NetworkError, read_array

SCHEMA_VERSION = 4
RADIUS_M = 3500.0
"""Routes this long are tabled where memory permits, in counted metres (see match_graph). Unit: m.
Source: chosen, 2,500 m on streets of 50 km/h: 100 km/h for 60 s and half as much for a detour."""
MIN_RADIUS_M = 600.0
"""A table of shorter routes is not built, rows are searched when first asked for. Unit: m. Source:
chosen; it would miss what a bus drives between two fixes."""
MAX_RADIUS_M = 6500.0
"""The longest route that a table can hold. Unit: m. Source: an entry holds decimetres in 16
bits."""
CACHE_WIDTH = 1024
"""Routes of a row that is searched when first asked for. Unit: count. Source: chosen, all within
MIN_RADIUS_M in a dense city."""
LIMIT_BYTES = 256_000_000
"""Memory of a path table. Unit: bytes. Source: chosen, 32 million routes."""
_SAMPLE = 256
"""Rows by which the size of a table is foretold. Unit: count. Source: chosen."""


@dataclass(frozen=True)
class PathTable:
    """Routes by the end they start from, as records that kernels read; see layout.MatchGraph.

    A table that would not fit its limit at MIN_RADIUS_M holds no routes: rows are then searched
    when first asked for and kept in a cache within the same limit.
    """

    limit_m: float
    limit_bytes: int
    rows: Records
    entries: Records
    cache_owner: npt.NDArray[np.int32]
    cache_width: int
    build_s: float

    @property
    def is_cache(self) -> bool:
        """Tell whether rows are computed when asked for."""
        return self.cache_width > 0

    @property
    def size_bytes(self) -> int:
        """Memory of all its arrays."""
        return self.rows.nbytes + self.entries.nbytes + self.cache_owner.nbytes

    def check(self, network: Network) -> None:
        """Raise NetworkError where the table is another network's."""
        if len(self.rows) != state_count(network):
            raise NetworkError(
                f"{network.name}: path table of {len(self.rows):,} rows, expected "
                f"{state_count(network):,}; build the network again"
            )

    def graph(self, network: Network) -> MatchGraph:
        """Give the network and this table as a kernel reads them, with scratch of its own.

        Raises NetworkError where the table is another network's.
        """
        self.check(network)
        return match_graph_of(
            network, self.limit_m, self.rows, self.entries, self.cache_owner, self.cache_width
        )

    def line(self) -> str:
        """Give its size and build time as a line for a person."""
        size = f"{self.size_bytes / 1e6:,.1f} MB of {self.limit_bytes / 1e6:,.0f} MB allowed"
        if self.is_cache:
            return f"paths: searched on line within {self.limit_m:,.0f} m, cache of {size}"
        return (
            f"paths: {len(self.entries):,} routes within {self.limit_m:,.0f} m, {size}, "
            f"built in {self.build_s:.1f} s"
        )


def build_path_table(
    network: Network,
    *,
    limit_bytes: int = LIMIT_BYTES,
    radius_m: float = RADIUS_M,
    clock: Callable[[], float] = time.perf_counter,
) -> PathTable:
    """Build the table of all routes up to radius_m, or as far as limit_bytes permits.

    Raises ValueError for a limit below 1 MB or a radius outside (0, MAX_RADIUS_M].
    """
    if limit_bytes < 1_000_000:
        raise ValueError(f"limit_bytes {limit_bytes}, expected at least 1,000,000")
    if not 0.0 < radius_m <= MAX_RADIUS_M:
        raise ValueError(f"radius_m {radius_m}, expected above 0 and at most {MAX_RADIUS_M:.0f}")
    began = clock()
    rows = state_count(network)
    most = (limit_bytes - PATH_ROW.itemsize * rows) // PATH_ENTRY.itemsize
    least = min(radius_m, MIN_RADIUS_M)
    while most > 0 and radius_m >= least:
        graph = _graph_of(network, radius_m, records(PATH_ROW, rows), records(PATH_ENTRY, 1))
        expected = _expected_entries(graph, radius_m)
        if expected <= most:
            entries = _fill(graph, most)
            if entries is not None:
                owner = np.zeros(1, np.int32)
                return PathTable(
                    radius_m, limit_bytes, graph.path_rows, entries, owner, 0, clock() - began
                )
        # Entries grow about with the square of the radius.
        radius_m *= min(0.9, (0.9 * most / max(expected, 1.0)) ** 0.5)
    return _cache(rows, max(radius_m, least), limit_bytes, clock() - began)


def _graph_of(network: Network, radius_m: float, rows: Records, entries: Records) -> MatchGraph:
    return match_graph_of(network, radius_m, rows, entries, np.zeros(1, np.int32), 0)


def _expected_entries(graph: MatchGraph, radius_m: float) -> float:
    rows = len(graph.path_rows)
    some = np.unique(np.linspace(0, rows - 1, min(rows, _SAMPLE)).astype(np.int32))
    counts = np.zeros(len(some), np.int64)
    count_within(graph, some, radius_m, counts)
    return float(counts.mean()) * rows


def _fill(graph: MatchGraph, most: int) -> Records | None:
    """Fill all rows and give their entries, None if they are more than `most`."""
    rows = len(graph.path_rows)
    room = max(1 << 20, rows)
    pieces: list[Records] = []
    total, row = 0, 0
    while row < rows:
        entries = records(PATH_ENTRY, room)
        stopped, used = fill_rows(graph._replace(path_entries=entries), row, rows, 0)
        graph.path_rows["start"][row:stopped] += total
        graph.path_rows["near_stop"][row:stopped] += total
        graph.path_rows["stop"][row:stopped] += total
        total += used
        if total > most:
            return None
        pieces.append(entries[:used].copy())
        row = stopped
    return np.concatenate(pieces) if len(pieces) > 1 else pieces[0]


def _cache(rows: int, radius_m: float, limit_bytes: int, build_s: float) -> PathTable:
    budget = limit_bytes - PATH_ROW.itemsize * rows
    places = max(1, min(rows, budget // (CACHE_WIDTH * PATH_ENTRY.itemsize + 4)))
    return PathTable(
        radius_m,
        limit_bytes,
        records(PATH_ROW, rows),
        records(PATH_ENTRY, places * CACHE_WIDTH),
        np.full(places, -1, np.int32),
        CACHE_WIDTH,
        build_s,
    )


def paths_of(network: Network) -> PathTable:
    """Give a network's path table: the one saved in its folder, else one built now.

    It is remembered with the network, but for a cache: that one is filled by whoever uses it.
    """
    kept = network.beside.get("paths")
    if kept is not None:
        return kept
    try:
        paths = load_path_table(network.beside["folder"])
        paths.check(network)
    except (KeyError, NetworkError):
        paths = build_path_table(network)
    if not paths.is_cache:
        network.beside["paths"] = paths
    return paths


def save_path_table(paths: PathTable, folder: Path) -> None:
    """Write the table beside a network's arrays; of a cache only its limit and radius."""
    about = {
        "format": SCHEMA_VERSION,
        "limit_bytes": paths.limit_bytes,
        "limit_m": paths.limit_m,
        "build_s": round(paths.build_s, 3),
        "is_cache": paths.is_cache,
        "rows": len(paths.rows),
    }
    (folder / "paths.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    if not paths.is_cache:
        np.save(folder / "path_rows.npy", np.asarray(paths.rows), allow_pickle=False)
        np.save(folder / "path_entries.npy", np.asarray(paths.entries), allow_pickle=False)


def load_path_table(folder: Path) -> PathTable:
    """Load a saved table by memory map. Raises NetworkError where it is absent or damaged."""
    path = folder / "paths.json"
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        if about["format"] != SCHEMA_VERSION:
            raise ValueError(f"format {about['format']!r}, expected {SCHEMA_VERSION}")
        limit_m, limit_bytes = float(about["limit_m"]), int(about["limit_bytes"])
        rows, is_cache, build_s = int(about["rows"]), bool(about["is_cache"]), about["build_s"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NetworkError(f"{path}: no path table ({error}); build the network again") from error
    if is_cache:
        return _cache(rows, limit_m, limit_bytes, build_s)
    return PathTable(
        limit_m,
        limit_bytes,
        _mapped(folder / "path_rows.npy", PATH_ROW, rows),
        _mapped(folder / "path_entries.npy", PATH_ENTRY, None),
        np.zeros(1, np.int32),
        0,
        build_s,
    )


def _mapped(path: Path, dtype: np.dtype, count: int | None) -> Records:
    array = read_array(path)
    if array.dtype != dtype or (count is not None and len(array) != count):
        raise NetworkError(f"{path}: not a path table's array; build the network again")
    return array.view(np.recarray)
