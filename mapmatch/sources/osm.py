"""OpenStreetMap ways to directed segments between junctions."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ingest.kernels.arrays import Flags
from ingest.units import KMH
from mapmatch.network import NetworkError
from mapmatch.projection import METRES_PER_DEGREE
from mapmatch.sources.osm_file import OsmFile, read_osm_file
from mapmatch.sources.osm_tags import Access
from mapmatch.sources.osm_turns import permitted_turns
from mapmatch.sources.roads import Drop, Roads, keep_segments, offsets_of, row_ranges

Rows = npt.NDArray[np.int64]

SIGNAL_REACH_M = 60.0
"""A signal drawn at the stop line stands no further from its junction's node. Unit: m. Source:
chosen, half of a large junction."""
ISLAND_SHARE = 0.01
"""An unconnected part that is shorter than this share of the largest is left out. Unit: share.
Source: chosen."""


@dataclass(frozen=True)
class _Points:
    """The points of all ways that have a position, one after the other."""

    node: Rows  # p, index of the node
    way: Rows  # p, index of the way
    run: Rows  # p, rises where a way ends or misses a point


@dataclass(frozen=True)
class _Pieces:
    """Ways cut at junctions: k pieces, each the points first..last."""

    way: Rows  # k, index of the way
    first: Rows  # k, into the points
    last: Rows  # k, inclusive


def read_osm(path: Path) -> Roads:
    """Give the roads of an OpenStreetMap file.

    A segment's id is `way:from-to` with the ids of its way and end nodes, so that it is the same
    in every build. Raises NetworkError where the file cannot be read or holds no road.
    """
    found = read_osm_file(path)
    if not found.ways:
        reasons = "; ".join(f"{drop.count} ways: {drop.reason}" for drop in found.drops)
        raise NetworkError(f"{path}: no way for cars or buses, expected some ({reasons})")
    points = _points(found)
    pieces = _cut(points, len(found.node_ids))
    if not len(pieces.way):
        raise NetworkError(f"{path}: no way has two nodes with positions, expected some")
    roads, piece = _directed(found, points, pieces)
    turns = permitted_turns(
        found.restrictions, np.array(found.way_ids, np.int64)[pieces.way[piece]], piece, roads
    )
    roads = replace(roads, movements=turns.movements, drops=roads.drops + turns.drops)
    return _without_unused_nodes(_without_islands(roads))


def _points(found: OsmFile) -> _Points:
    """Give the ways' points that have a position; a way breaks where one has not."""
    refs = np.concatenate(found.refs)
    way = np.repeat(np.arange(len(found.refs)), [len(r) for r in found.refs])
    at = np.minimum(np.searchsorted(found.node_ids, refs), len(found.node_ids) - 1)
    is_known = found.node_ids[at] == refs
    if not is_known.all():
        example = f"node {refs[~is_known][0]} of way {found.way_ids[way[~is_known][0]]}"
        drop = Drop("points", "the node is not in the file", int((~is_known).sum()), example)
        found.drops.append(drop)
    is_start = np.r_[True, (way[1:] != way[:-1]) | (is_known[1:] != is_known[:-1])]
    run = np.cumsum(is_start)
    is_new = is_known.copy()
    is_new[1:] &= is_start[1:] | (refs[1:] != refs[:-1])
    return _Points(at[is_new], way[is_new], run[is_new])


def _cut(points: _Points, node_count: int) -> _Pieces:
    """Cut ways where they meet, and what then ends where it began once more in its middle."""
    uses = np.bincount(points.node, minlength=node_count)
    is_new_run = np.diff(points.run, prepend=-1) > 0
    is_cut = is_new_run | np.r_[is_new_run[1:], True] | (uses[points.node] > 1)
    pieces = _between(points, np.flatnonzero(is_cut))
    is_loop = points.node[pieces.first] == points.node[pieces.last]
    is_cut[(pieces.first[is_loop] + pieces.last[is_loop]) // 2] = True
    return _between(points, np.flatnonzero(is_cut))


def _between(points: _Points, cuts: Rows) -> _Pieces:
    first, last = cuts[:-1], cuts[1:]
    is_road = points.run[first] == points.run[last]
    return _Pieces(points.way[first][is_road], first[is_road], last[is_road])


def _directed(found: OsmFile, points: _Points, pieces: _Pieces) -> tuple[Roads, Rows]:
    """Give the segments of the pieces, without turns, and the piece of each."""
    access = np.array([way.access for way in found.ways], np.int8)[pieces.way]
    # Row-major: a piece's segment as drawn, then the one against it.
    piece, side = np.nonzero(access != Access.NOBODY)
    is_back = side == 1
    way = pieces.way[piece]
    first, last = pieces.first[piece], pieces.last[piece]
    counts = last - first + 1
    starts = np.where(is_back, last, first)
    step = np.repeat(np.where(is_back, -1, 1), counts)
    within = row_ranges(np.zeros(len(counts), np.int64), counts)
    vertex = points.node[np.repeat(starts, counts) + step * within]
    from_node = points.node[starts]
    to_node = points.node[np.where(is_back, first, last)]
    lanes = np.array([w.lanes for w in found.ways], np.int16)
    speed = np.array([w.speed_kmh for w in found.ways], np.float64)
    names = [w.name.replace("\0", "") for w in found.ways]
    way_ids = np.array(found.way_ids, np.int64)[way]
    roads = Roads(
        name=found.path.name.split(".")[0],
        segment_ids=_segment_ids(way_ids, found.node_ids[from_node], found.node_ids[to_node]),
        names=[names[i] for i in way.tolist()],
        from_node=from_node.astype(np.int32),
        to_node=to_node.astype(np.int32),
        length_m=np.full(len(piece), np.nan),
        free_speed_mps=speed[way, side] / KMH,
        lanes=lanes[way, side],
        road_class=np.array([w.road_class for w in found.ways], np.int8)[way],
        is_bus_only=access[piece, side] == Access.BUSES,
        layer=np.array([w.layer for w in found.ways], np.int8)[way],
        vertex_offsets=offsets_of(counts),
        vertex_longitude=found.longitude[vertex],
        vertex_latitude=found.latitude[vertex],
        node_ids=[str(i) for i in found.node_ids.tolist()],
        node_longitude=found.longitude,
        node_latitude=found.latitude,
        node_has_signal=_signals(found, points, pieces, access),
        movements=None,
        drops=found.drops,
    )
    return roads, piece


def _segment_ids(way: Rows, from_node: Rows, to_node: Rows) -> list[str]:
    rows = zip(way.tolist(), from_node.tolist(), to_node.tolist(), strict=True)
    ids = [f"{w}:{a}-{b}" for w, a, b in rows]
    if len(set(ids)) == len(ids):
        return ids
    seen: dict[str, int] = {}
    for i, name in enumerate(ids):
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            ids[i] = f"{name}:{seen[name]}"
    return ids


def _signals(
    found: OsmFile, points: _Points, pieces: _Pieces, access: npt.NDArray[np.int8]
) -> Flags:
    """Give the nodes with a signal, one drawn on the way to a junction moved to the junction.

    A one-way road's signal belongs to the junction ahead, any other to the nearer one.
    """
    x = found.longitude[points.node] * np.cos(np.radians(found.latitude[points.node]))
    step = np.hypot(np.diff(x, prepend=x[0]), np.diff(found.latitude[points.node], prepend=0.0))
    along = np.cumsum(np.r_[0.0, step[1:]]) * METRES_PER_DEGREE
    at = np.flatnonzero(found.has_signal[points.node])
    piece = np.searchsorted(pieces.first, at, side="right") - 1
    is_inside = (piece >= 0) & (at > pieces.first[piece]) & (at < pieces.last[piece])
    at, piece = at[is_inside], piece[is_inside]
    to_first = along[at] - along[pieces.first[piece]]
    to_last = along[pieces.last[piece]] - along[at]
    is_forward_only = access[piece, 1] == Access.NOBODY
    is_back_only = access[piece, 0] == Access.NOBODY
    is_last = np.where(
        is_forward_only, to_last <= SIGNAL_REACH_M, ~is_back_only & (to_last <= to_first)
    )
    is_near = np.where(is_last, to_last, to_first) <= SIGNAL_REACH_M
    end = points.node[np.where(is_last, pieces.last[piece], pieces.first[piece])]
    has_signal = found.has_signal.copy()
    has_signal[end[is_near]] = True
    return has_signal


def _without_islands(roads: Roads) -> Roads:
    """Drop the small parts of the network that nothing connects to the rest."""
    part = connected_parts(roads.from_node, roads.to_node, len(roads.node_ids))[roads.from_node]
    x = roads.vertex_longitude * np.cos(np.radians(roads.vertex_latitude))
    step = np.hypot(np.diff(x, prepend=x[0]), np.diff(roads.vertex_latitude, prepend=0.0))
    step[roads.vertex_offsets[:-1]] = 0.0
    length = np.add.reduceat(step, roads.vertex_offsets[:-1])
    sizes = np.bincount(part, length)
    is_kept = sizes[part] >= ISLAND_SHARE * sizes.max()
    if is_kept.all():
        return roads
    count = int((~is_kept).sum())
    example = roads.segment_ids[int(np.argmin(is_kept))]
    drop = Drop("segments", "on an island that no road joins to the rest", count, example)
    return replace(keep_segments(roads, is_kept), drops=[*roads.drops, drop])


def connected_parts(
    from_node: npt.NDArray[np.int32], to_node: npt.NDArray[np.int32], node_count: int
) -> Rows:
    """Give each node the least node that roads, whatever their direction, join it to."""
    least = np.arange(node_count)
    while True:
        a, b = least[from_node], least[to_node]
        if np.array_equal(a, b):
            return least
        np.minimum.at(least, np.maximum(a, b), np.minimum(a, b))
        while not np.array_equal(least, above := least[least]):
            least = above


def _without_unused_nodes(roads: Roads) -> Roads:
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
