"""Parts of a network that no road joins to the rest: small ones are left out."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ingest.kernels.arrays import Floats
from mapmatch.projection import METRES_PER_DEGREE
from mapmatch.sources.roads import Drop, Roads, keep_segments

ISLAND_SHARE = 0.01
"""An unconnected part that is at least this share of the largest is kept. Unit: share. Source:
chosen."""
ISLAND_M = 3_000.0
"""So are this many metres of segments: a village over a ferry, not a car park. Unit: m. Source:
chosen."""
FURTHEST_DEG = 15.0
"""A part further from the largest is another city's, or misplaced. Unit: deg. Source: chosen, as
for nodes of GMNS."""


def without_islands(roads: Roads) -> Roads:
    """Drop the small parts of the network that nothing connects to the rest; note those kept."""
    part = connected_parts(roads.from_node, roads.to_node, len(roads.node_ids))[roads.from_node]
    length = _drawn_m(roads)
    sizes = np.bincount(part, length)
    largest = int(np.argmax(sizes))
    if (part == largest).all():
        return roads
    is_far = _is_far(roads, part == largest)
    is_large = sizes[part] >= min(ISLAND_SHARE * sizes[largest], ISLAND_M)
    roads = replace(roads, drops=list(roads.drops), notes=list(roads.notes))
    for is_dropped, reason in (
        (~is_large & ~is_far, "on an island that no road joins to the rest"),
        (is_far, f"over {FURTHEST_DEG:.0f} degrees away from all others"),
    ):
        if is_dropped.any():
            example = roads.segment_ids[int(np.argmax(is_dropped))]
            reason = f"{reason}, {length[is_dropped].sum() / 1000:,.1f} km"
            roads.drops.append(Drop("segments", reason, int(is_dropped.sum()), example))
    is_apart = is_large & ~is_far & (part != largest)
    if is_apart.any():
        parts = len(np.unique(part[is_apart]))
        roads.notes.append(
            f"{parts:,} parts that no road joins to the rest are kept: "
            f"{int(is_apart.sum()):,} segments, {length[is_apart].sum() / 1000:,.1f} km"
        )
    return keep_segments(roads, is_large & ~is_far)


def _drawn_m(roads: Roads) -> Floats:
    longitude, latitude = roads.vertex_longitude, roads.vertex_latitude
    east = np.diff(longitude, prepend=0.0) * np.cos(np.radians(latitude))
    step = np.hypot(east, np.diff(latitude, prepend=0.0))
    step[roads.vertex_offsets[:-1]] = 0.0
    return np.asarray(np.add.reduceat(step, roads.vertex_offsets[:-1]) * METRES_PER_DEGREE)


def _is_far(roads: Roads, is_main: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    is_far = np.zeros(len(is_main), bool)
    for degrees in (roads.node_longitude[roads.from_node], roads.node_latitude[roads.from_node]):
        is_far |= np.abs(degrees - np.median(degrees[is_main])) > FURTHEST_DEG
    return is_far & ~is_main


def connected_parts(
    from_node: npt.NDArray[np.int32], to_node: npt.NDArray[np.int32], node_count: int
) -> npt.NDArray[np.int64]:
    """Give each node the least node that roads, whatever their direction, join it to."""
    least = np.arange(node_count)
    while True:
        a, b = least[from_node], least[to_node]
        if np.array_equal(a, b):
            return least
        np.minimum.at(least, np.maximum(a, b), np.minimum(a, b))
        while not np.array_equal(least, above := least[least]):
            least = above
