"""Points on the network's roads: how far apart two of them are, and where they lie."""

import heapq
import math

import numpy as np

from ingest.kernels.arrays import Int32s
from mapmatch.network import Network

RoadPoint = tuple[int, float]
"""A segment index and an offset in metres along it."""
BEARING_SPAN_M = 50.0
"""Which way traffic drives at a point is taken from so many metres around it. Unit: m. Source:
chosen; lines of recorded networks double back by up to 15 m at their ends."""


def driving_distance_m(network: Network, one: RoadPoint, other: RoadPoint, limit_m: float) -> float:
    """Give the shorter of the two drives between points, infinite where both exceed `limit_m`.

    On one segment it is the difference of the offsets. Otherwise the length driven from `one` to
    `other` or from `other` to `one`, whichever is shorter, by permitted movements: two points on
    opposite carriageways or on two arms of a junction are as far apart as it takes to drive.
    """
    return DrivingDistances(network, one, limit_m).distance_m(other)


class DrivingDistances:
    """The segments that can be driven to from a point, or from which it can be driven to.

    `downstream_m` gives the metres from the point to each segment's start, `upstream_m` those
    from each segment's end to the point; neither holds more than `limit_m`.
    """

    def __init__(self, network: Network, point: RoadPoint, limit_m: float) -> None:
        self._network, self._point, self._limit_m = network, point, limit_m
        ahead = max(0.0, float(network.length_m[point[0]]) - point[1])
        self.downstream_m = _spread(
            network, network.successor_offsets, network.successors, point[0], ahead, limit_m
        )
        self.upstream_m = _spread(
            network, network.predecessor_offsets, network.predecessors, point[0], point[1], limit_m
        )

    def distance_m(self, other: RoadPoint) -> float:
        """Give the shorter of the two drives to another point, infinite beyond the limit."""
        segment, offset_m = other
        if segment == self._point[0]:
            return abs(offset_m - self._point[1])
        left_m = float(self._network.length_m[segment]) - offset_m
        distance = min(
            self.downstream_m.get(segment, math.inf) + offset_m,
            self.upstream_m.get(segment, math.inf) + left_m,
        )
        return distance if distance <= self._limit_m else math.inf


def _spread(
    network: Network,
    offsets: Int32s,
    neighbours: Int32s,
    start: int,
    first_m: float,
    limit_m: float,
) -> dict[int, float]:
    """Give for each segment within the limit the shortest metres up to its near end."""
    frontier = [(first_m, int(s)) for s in neighbours[offsets[start] : offsets[start + 1]]]
    heapq.heapify(frontier)
    found: dict[int, float] = {}
    while frontier:
        distance, segment = heapq.heappop(frontier)
        if distance > limit_m:
            break
        if segment in found:
            continue
        found[segment] = distance
        through = distance + float(network.length_m[segment])
        if through <= limit_m:
            for near in neighbours[offsets[segment] : offsets[segment + 1]]:
                heapq.heappush(frontier, (through, int(near)))
    return found


def coordinates(network: Network, point: RoadPoint) -> tuple[float, float]:
    """Give x and y (local metres) of a point on its segment's polyline."""
    segment, offset_m = point
    low, high = network.vertex_offsets[segment], network.vertex_offsets[segment + 1]
    distances = network.vertex_distance_m[low:high]
    return (
        float(np.interp(offset_m, distances, network.vertex_x[low:high])),
        float(np.interp(offset_m, distances, network.vertex_y[low:high])),
    )


def bearing_deg(network: Network, segment: int, offset_m: float) -> float:
    """Give which way traffic drives at a point of a segment, degrees clockwise from north."""
    length_m = float(network.length_m[segment])
    start_m = max(0.0, min(offset_m - BEARING_SPAN_M / 2, length_m - BEARING_SPAN_M))
    x0, y0 = coordinates(network, (segment, start_m))
    x1, y1 = coordinates(network, (segment, min(start_m + BEARING_SPAN_M, length_m)))
    return math.degrees(math.atan2(x1 - x0, y1 - y0)) % 360.0
