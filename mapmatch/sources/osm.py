"""OpenStreetMap ways to directed segments between junctions."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from ingest.kernels.arrays import Flags
from ingest.units import KMH
from mapmatch.network import NetworkError
from mapmatch.sources.islands import without_islands
from mapmatch.sources.osm_access import Access
from mapmatch.sources.osm_file import OsmFile, read_osm_file
from mapmatch.sources.osm_pieces import (
    Pieces,
    Points,
    barriers_of,
    cut,
    points_of,
    steps_m,
    without_twins,
)  # fmt: skip
from mapmatch.sources.osm_turns import TurnContext, with_turns
from mapmatch.sources.roads import Roads, offsets_of, row_ranges, without_unused_nodes

Rows = npt.NDArray[np.int64]

SIGNAL_REACH_M = 60.0
"""A signal drawn at the stop line stands no further from its junction's node. Unit: m. Source:
chosen, half of a large junction."""


def read_osm(path: Path) -> Roads:
    """Give the roads of an OpenStreetMap file.

    A segment's id is `way:from-to` with the ids of its way and end nodes, so that it is the same
    in every build. Raises NetworkError where the file cannot be read or holds no road.
    """
    found = read_osm_file(path)
    if not found.ways:
        reasons = "; ".join(f"{drop.count} ways: {drop.reason}" for drop in found.drops)
        held = f" ({reasons})" if reasons else ""
        raise NetworkError(f"{path}: no way for cars or buses, expected some{held}")
    points, stands_for = without_twins(found, points_of(found))
    past = barriers_of(found, points)
    pieces = cut(found, points, past)
    if not len(pieces.way):
        raise NetworkError(f"{path}: no way has two nodes with positions, expected some")
    roads, piece = _directed(found, points, pieces)
    context = TurnContext(
        way_id=np.array(found.way_ids, np.int64)[pieces.way[piece]],
        piece=piece,
        stands_for=stands_for,
        is_closed=past == Access.NOBODY,
    )
    roads = with_turns(found.restrictions, context, roads)
    return without_unused_nodes(without_islands(roads))


def _directed(found: OsmFile, points: Points, pieces: Pieces) -> tuple[Roads, Rows]:
    """Give the segments of the pieces, without turns, and the piece of each."""
    access = pieces.access
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
        node_has_signal=_signals(found, points, pieces),
        movements=None,
        drops=found.drops,
        notes=found.notes,
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


def _signals(found: OsmFile, points: Points, pieces: Pieces) -> Flags:
    """Give the nodes with a signal, one drawn on the way to a junction moved to the junction.

    A one-way road's signal belongs to the junction ahead, any other to the nearer one.
    """
    along = np.cumsum(np.r_[0.0, steps_m(found, points)])
    at = np.flatnonzero(found.has_signal[points.node])
    piece = np.searchsorted(pieces.first, at, side="right") - 1
    is_inside = (piece >= 0) & (at > pieces.first[piece]) & (at < pieces.last[piece])
    at, piece = at[is_inside], piece[is_inside]
    to_first = along[at] - along[pieces.first[piece]]
    to_last = along[pieces.last[piece]] - along[at]
    is_forward_only = pieces.access[piece, 1] == Access.NOBODY
    is_back_only = pieces.access[piece, 0] == Access.NOBODY
    is_last = np.where(
        is_forward_only, to_last <= SIGNAL_REACH_M, ~is_back_only & (to_last <= to_first)
    )
    is_near = np.where(is_last, to_last, to_first) <= SIGNAL_REACH_M
    end = points.node[np.where(is_last, pieces.last[piece], pieces.first[piece])]
    has_signal = found.has_signal.copy()
    has_signal[end[is_near]] = True
    return has_signal
