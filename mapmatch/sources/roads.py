"""Roads as a source gives them, in degrees: what every reader fills and the build takes."""

from dataclasses import dataclass, field, replace

import msgspec
import numpy as np
import numpy.typing as npt

from ingest.kernels.arrays import Floats, Int32s


class Drop(msgspec.Struct, frozen=True):
    """Rows of the source that the network does not carry, for one reason."""

    what: str
    """Which rows, in the plural: `links`, `ways`, `restrictions`."""
    reason: str
    count: int
    example: str
    """The first such row: file and row number, or OpenStreetMap id."""


@dataclass
class Roads:
    """Directed roads of n segments, m nodes and v vertices, before projection and indexing."""

    name: str
    segment_ids: list[str]
    names: list[str]  # n
    from_node: Int32s  # n
    to_node: Int32s  # n
    length_m: Floats  # n, NaN where the polyline's own length holds
    free_speed_mps: Floats  # n, NaN where the road class decides
    lanes: npt.NDArray[np.int16]  # n, 0 where unknown
    road_class: npt.NDArray[np.int8]  # n
    is_bus_only: npt.NDArray[np.bool_]  # n
    layer: npt.NDArray[np.int8]  # n
    vertex_offsets: Int32s  # n + 1
    vertex_longitude: Floats  # v
    vertex_latitude: Floats  # v
    node_ids: list[str]
    node_longitude: Floats  # m
    node_latitude: Floats  # m
    node_has_signal: npt.NDArray[np.bool_]  # m
    movements: tuple[Int32s, Int32s] | None
    """Permitted turns, from segment and to segment; None where every turn is permitted."""
    drops: list[Drop] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def row_ranges(starts: npt.NDArray, counts: npt.NDArray) -> npt.NDArray[np.int64]:
    """Give the indices starts[0] .. starts[0] + counts[0] - 1, then those of the next row."""
    total = int(counts.sum())
    before = np.repeat(np.cumsum(counts) - counts, counts)
    return np.arange(total, dtype=np.int64) - before + np.repeat(starts, counts)


def offsets_of(counts: npt.NDArray) -> Int32s:
    """Give the CSR offsets (n + 1) of rows of these lengths (n)."""
    return np.concatenate(([0], np.cumsum(counts, dtype=np.int64))).astype(np.int32)


def segments_at(roads: Roads, rows: npt.NDArray[np.int64]) -> Roads:
    """Give the segments of some rows, each as often as it stands there; turns as they were."""
    counts = np.diff(roads.vertex_offsets)[rows]
    vertices = row_ranges(roads.vertex_offsets[:-1][rows], counts)
    return replace(
        roads,
        segment_ids=[roads.segment_ids[i] for i in rows.tolist()],
        names=[roads.names[i] for i in rows.tolist()],
        from_node=roads.from_node[rows],
        to_node=roads.to_node[rows],
        length_m=roads.length_m[rows],
        free_speed_mps=roads.free_speed_mps[rows],
        lanes=roads.lanes[rows],
        road_class=roads.road_class[rows],
        is_bus_only=roads.is_bus_only[rows],
        layer=roads.layer[rows],
        vertex_offsets=offsets_of(counts),
        vertex_longitude=roads.vertex_longitude[vertices],
        vertex_latitude=roads.vertex_latitude[vertices],
    )


def keep_segments(roads: Roads, is_kept: npt.NDArray[np.bool_]) -> Roads:
    """Give the roads without the segments that are not kept, nor the turns from or to them."""
    if is_kept.all():
        return roads
    kept = np.flatnonzero(is_kept)
    movements = roads.movements
    if movements is not None:
        new_index = np.full(len(is_kept), -1, np.int32)
        new_index[kept] = np.arange(len(kept), dtype=np.int32)
        before, after = new_index[movements[0]], new_index[movements[1]]
        stays = (before >= 0) & (after >= 0)
        movements = (before[stays], after[stays])
    return replace(segments_at(roads, kept), movements=movements)


def without_unused_nodes(roads: Roads) -> Roads:
    """Give the roads without nodes at which no segment begins or ends."""
    used, ends = np.unique(np.r_[roads.from_node, roads.to_node], return_inverse=True)
    from_node, to_node = np.split(np.asarray(ends, np.int32).reshape(-1), 2)
    return replace(
        roads,
        from_node=from_node,
        to_node=to_node,
        node_ids=[roads.node_ids[i] for i in used.tolist()],
        node_longitude=roads.node_longitude[used],
        node_latitude=roads.node_latitude[used],
        node_has_signal=roads.node_has_signal[used],
    )


def all_turns(from_node: Int32s, to_node: Int32s, node_count: int) -> tuple[Int32s, Int32s]:
    """Give every pair of segments that meet at a node, U-turns included."""
    out_segments = np.argsort(from_node, kind="stable")
    out_counts = np.bincount(from_node, minlength=node_count)
    out_starts = np.cumsum(out_counts) - out_counts
    counts = out_counts[to_node]
    before = np.repeat(np.arange(len(from_node), dtype=np.int32), counts)
    after = out_segments[row_ranges(out_starts[to_node], counts)].astype(np.int32)
    return before, after
