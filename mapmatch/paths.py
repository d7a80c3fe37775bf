"""The path table: shortest routes from each segment's end to all that starts near, within a limit."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mapmatch.kernels.layout import Graph, Search, Table
from mapmatch.kernels.search import count_within, fill_rows
from mapmatch.network import Network, NetworkError, read_array

ENTRY_BYTES = 8
"""Target 4, distance 2, two arc positions 1 each."""

RADIUS_M = 2500.0
"""Routes this long are tabled where memory permits: 100 km/h for 60 s, with half as much detour."""
MIN_RADIUS_M = 600.0
"""A shorter table would miss what a bus drives between two fixes; rows on line are better then."""
CACHE_WIDTH = 1024
_SAMPLE = 256


@dataclass(frozen=True)
class PathTable:
    """Routes by the end they start from, as arrays that kernels read; see layout.Table.

    A table that would not fit its limit at MIN_RADIUS_M holds no routes: rows are then searched when
    first asked for and kept in a cache within the same limit.
    """

    table: Table
    limit_bytes: int
    build_s: float

    @property
    def is_cache(self) -> bool:
        """Tell whether rows are computed when asked for."""
        return self.table.cache_rows > 0

    @property
    def size_bytes(self) -> int:
        """Memory of all its arrays."""
        return sum(a.nbytes for a in self.table if isinstance(a, np.ndarray))

    def line(self) -> str:
        """Give its size and build time as a line for a person."""
        size = f"{self.size_bytes / 1e6:,.1f} MB of {self.limit_bytes / 1e6:,.0f} MB allowed"
        if self.is_cache:
            return f"paths: searched on line within {self.table.limit_m:,.0f} m, cache {size}"
        return (
            f"paths: {len(self.table.target):,} routes within {self.table.limit_m:,.0f} m, {size}, "
            f"built in {self.build_s:.1f} s"
        )


def path_graph(network: Network) -> Graph:
    """Give the graph that routes are searched on: of segments where turns are restricted."""
    segments = np.arange(network.segment_count, dtype=np.int32)
    if network.has_movements:
        counts = np.diff(network.successor_offsets)
        driven = np.repeat(segments, counts)
        start, to = driven, network.successors
        states = network.segment_count
        is_u_turn = network.reverse_segment[driven] == to
        source_of = target_of = segments
    else:
        driven = np.argsort(network.from_node, kind="stable").astype(np.int32)
        start, to = network.from_node[driven], network.to_node[driven]
        states = len(network.node_ids)
        is_u_turn = np.zeros(len(driven), bool)
        source_of, target_of = network.to_node, network.from_node
    into = np.argsort(to, kind="stable")
    into_offsets = _offsets(to, states)
    position = np.empty(len(to), np.int64)
    position[into] = np.arange(len(to)) - into_offsets[to[into]]
    if len(position) and position.max() > 253:
        raise NetworkError(f"{position.max() + 1} ways into one node, expected at most 254")
    return Graph(
        is_edge_based=bool(network.has_movements),
        arc_offsets=_offsets(start, states),
        arc_to=np.ascontiguousarray(to, np.int32),
        arc_length_m=network.length_m[driven].astype(np.float32),
        arc_is_u_turn=is_u_turn.astype(np.uint8),
        out_segments=np.ascontiguousarray(driven, np.int32),
        arc_via=position.astype(np.uint8),
        into_offsets=into_offsets,
        into_segments=np.ascontiguousarray(driven[into], np.int32),
        source_of=np.ascontiguousarray(source_of, np.int32),
        target_of=np.ascontiguousarray(target_of, np.int32),
    )


def _offsets(states: npt.NDArray[Any], count: int) -> npt.NDArray[np.int32]:
    offsets = np.zeros(count + 1, np.int32)
    np.cumsum(np.bincount(states, minlength=count), out=offsets[1:])
    return offsets


def new_search(graph: Graph) -> Search:
    """Give scratch for searches on a graph."""
    states = len(graph.arc_offsets) - 1
    heap = len(graph.arc_to) + states + 1
    return Search(
        generation=np.zeros(1, np.int32),
        stamp=np.zeros(states, np.int32),
        is_settled=np.zeros(states, np.uint8),
        cost=np.empty(states, np.float64),
        via=np.empty(states, np.uint8),
        mark=np.empty(states, np.uint8),
        order=np.empty(states, np.int32),
        heap_cost=np.empty(heap, np.float64),
        heap_state=np.empty(heap, np.int32),
    )


def build_path_table(
    network: Network,
    *,
    limit_bytes: int = 256_000_000,
    radius_m: float = RADIUS_M,
    clock: Callable[[], float] = time.perf_counter,
) -> PathTable:
    """Build the table of all routes up to radius_m, or as far as limit_bytes permits.

    Raises ValueError for a limit below 1 MB or a radius outside (0, 6500].
    """
    if limit_bytes < 1_000_000:
        raise ValueError(f"limit_bytes {limit_bytes}, expected at least 1,000,000")
    if not 0.0 < radius_m <= 6500.0:
        raise ValueError(f"radius_m {radius_m}, expected above 0 and at most 6500")
    began = clock()
    graph = path_graph(network)
    search = new_search(graph)
    rows = len(graph.arc_offsets) - 1
    budget = limit_bytes - 16 * rows
    while radius_m >= MIN_RADIUS_M:
        expected = _expected_entries(graph, search, rows, radius_m) * ENTRY_BYTES
        if expected <= budget:
            table = _fill(graph, search, rows, radius_m, budget)
            if table is not None:
                return PathTable(table, limit_bytes, clock() - began)
        radius_m *= (
            min(0.95, max(0.5, (0.9 * budget / max(expected, 1)) ** 0.5)) if budget > 0 else 0
        )
    return PathTable(_cache(rows, max(radius_m, MIN_RADIUS_M), limit_bytes), limit_bytes, 0.0)


def _expected_entries(graph: Graph, search: Search, rows: int, radius_m: float) -> float:
    some = np.unique(np.linspace(0, rows - 1, min(rows, _SAMPLE)).astype(np.int32))
    counts = np.zeros(len(some), np.int64)
    count_within(graph, search, some, radius_m, counts)
    return float(counts.mean()) * rows


def _fill(graph: Graph, search: Search, rows: int, radius_m: float, budget: int) -> Table | None:
    """Fill a whole table, None if it turns out larger than the budget."""
    most = budget // ENTRY_BYTES
    chunk = max(1 << 16, 2 * (len(graph.arc_offsets) - 1))
    starts, stops = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
    keys = np.empty(len(graph.arc_offsets), np.int64)
    pieces: list[Table] = []
    total, row = 0, 0
    while row < rows:
        room = max(1 << 20, chunk)
        piece = Table(
            row_start=starts,
            row_stop=stops,
            target=np.empty(room, np.int32),
            distance_dm=np.empty(room, np.uint16),
            via=np.empty(room, np.uint8),
            mark=np.empty(room, np.uint8),
            limit_m=float(radius_m),
            cache_rows=0,
            cache_width=0,
            cache_owner=np.zeros(1, np.int32),
        )
        stopped, used = fill_rows(graph, search, piece, row, rows, 0, keys)
        starts[row:stopped] += total
        stops[row:stopped] += total
        total += used
        if total > most:
            return None
        pieces.append(
            piece._replace(
                target=piece.target[:used].copy(),
                distance_dm=piece.distance_dm[:used].copy(),
                via=piece.via[:used].copy(),
                mark=piece.mark[:used].copy(),
            )
        )
        row = stopped
    return pieces[0]._replace(
        target=np.concatenate([p.target for p in pieces]),
        distance_dm=np.concatenate([p.distance_dm for p in pieces]),
        via=np.concatenate([p.via for p in pieces]),
        mark=np.concatenate([p.mark for p in pieces]),
    )


def _cache(rows: int, radius_m: float, limit_bytes: int) -> Table:
    budget = limit_bytes - 16 * rows
    places = max(1, min(rows, budget // (CACHE_WIDTH * ENTRY_BYTES + 4)))
    entries = places * CACHE_WIDTH
    return Table(
        row_start=np.zeros(rows, np.int64),
        row_stop=np.zeros(rows, np.int64),
        target=np.zeros(entries, np.int32),
        distance_dm=np.zeros(entries, np.uint16),
        via=np.zeros(entries, np.uint8),
        mark=np.zeros(entries, np.uint8),
        limit_m=float(radius_m),
        cache_rows=int(places),
        cache_width=CACHE_WIDTH,
        cache_owner=np.full(places, -1, np.int32),
    )


def save_path_table(paths: PathTable, folder: Path) -> None:
    """Write the table beside a network's arrays; of a cache only its limit and radius."""
    table = paths.table
    about = {
        "format": 1,
        "limit_bytes": paths.limit_bytes,
        "limit_m": table.limit_m,
        "build_s": round(paths.build_s, 3),
        "is_cache": paths.is_cache,
        "rows": len(table.row_start),
    }
    (folder / "paths.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    if not paths.is_cache:
        for name in ("row_start", "row_stop", "target", "distance_dm", "via", "mark"):
            np.save(folder / f"paths_{name}.npy", getattr(table, name), allow_pickle=False)


def load_path_table(folder: Path) -> PathTable:
    """Load a saved table by memory map. Raises NetworkError where there is none or it is damaged."""
    path = folder / "paths.json"
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NetworkError(f"{path}: no path table ({error}); build the network again") from error
    if not isinstance(about, dict) or about.get("format") != 1:
        raise NetworkError(f"{path}: unknown format, expected 1; build the network again")
    if about["is_cache"]:
        table = _cache(about["rows"], about["limit_m"], about["limit_bytes"])
        return PathTable(table, about["limit_bytes"], about["build_s"])
    names = ("row_start", "row_stop", "target", "distance_dm", "via", "mark")
    arrays = {name: read_array(folder / f"paths_{name}.npy") for name in names}
    table = Table(
        **arrays,
        limit_m=float(about["limit_m"]),
        cache_rows=0,
        cache_width=0,
        cache_owner=np.zeros(1, np.int32),
    )
    return PathTable(table, about["limit_bytes"], about["build_s"])
