"""Segments without length between two nodes at one place: the road goes on where they were."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ingest.kernels.arrays import Floats, Int32s
from mapmatch.projection import METRES_PER_DEGREE
from mapmatch.sources.islands import connected_parts
from mapmatch.sources.roads import Roads, keep_segments, without_unused_nodes

ONE_PLACE_M = 1.0
"""Nodes so near to each other are at one place. Unit: m. Source: chosen, less than a lane."""
Flags = npt.NDArray[np.bool_]


def without_points(roads: Roads, is_point: Flags) -> Roads:
    """Give the roads without the segments that are points, the nodes at both ends made one.

    What could be driven over them can be driven without. Nodes that lie apart stay two: there only
    the line is wrong.
    """
    ends = roads.from_node[is_point], roads.to_node[is_point]
    is_seam = is_point.copy()
    is_seam[is_point] = _apart_m(roads, *ends) <= ONE_PLACE_M
    roads = keep_segments(roads, ~is_point | is_seam)
    is_point = is_seam[~is_point | is_seam]
    kept_node = connected_parts(
        roads.from_node[is_point], roads.to_node[is_point], len(roads.node_ids)
    )
    has_signal = np.zeros(len(roads.node_ids), bool)
    has_signal[kept_node[roads.node_has_signal]] = True
    movements = roads.movements
    if movements is not None:
        movements = _past_points(*movements, is_point)
    roads = replace(
        roads,
        from_node=kept_node[roads.from_node].astype(np.int32),
        to_node=kept_node[roads.to_node].astype(np.int32),
        node_has_signal=has_signal,
        movements=movements,
    )
    return without_unused_nodes(keep_segments(roads, ~is_point))


def _apart_m(roads: Roads, one: Int32s, other: Int32s) -> Floats:
    longitude, latitude = roads.node_longitude, roads.node_latitude
    east = (longitude[one] - longitude[other]) * np.cos(np.radians(latitude[one]))
    return np.asarray(np.hypot(east, latitude[one] - latitude[other]) * METRES_PER_DEGREE)


def _past_points(before: Int32s, after: Int32s, is_point: Flags) -> tuple[Int32s, Int32s]:
    """Give the turns with a turn from each segment before a point to each behind it."""
    is_touching = is_point[before] | is_point[after]
    into: dict[int, set[int]] = defaultdict(set)
    out_of: dict[int, set[int]] = defaultdict(set)
    for source, target in zip(
        before[is_touching].tolist(), after[is_touching].tolist(), strict=True
    ):
        out_of[source].add(target)
        into[target].add(source)
    for point in np.flatnonzero(is_point).tolist():
        sources, targets = into.pop(point, set()) - {point}, out_of.pop(point, set()) - {point}
        for source in sources:
            out_of[source] |= targets
            out_of[source].discard(point)
        for target in targets:
            into[target] |= sources
            into[target].discard(point)
    pairs = [(source, target) for source, targets in out_of.items() for target in targets]
    added = np.array(pairs, np.int32).reshape(-1, 2)
    rest = ~is_touching
    return np.concatenate((before[rest], added[:, 0])), np.concatenate((after[rest], added[:, 1]))
