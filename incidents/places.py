"""Places on the network: how far two of them are apart, and where they lie."""

import heapq
import math

import numpy as np

from ingest.kernels.arrays import Int32s
from mapmatch.network import Network

Place = tuple[int, float]
"""A segment index and an offset in metres along it."""


def along_network_m(network: Network, one: Place, other: Place, limit_m: float) -> float:
    """Give the shorter of the two drives between places, infinite where both exceed `limit_m`.

    On one segment it is the difference of the offsets. Otherwise the length driven from `one` to
    `other` or from `other` to `one`, whichever is shorter, by permitted movements: two places on
    opposite carriageways or on two arms of a junction are as far apart as it takes to drive.
    """
    return Surroundings(network, one, limit_m).distance_m(other)


class Surroundings:
    """The segments that can be driven to from a place, or from which it can be driven to.

    `downstream_m` gives the metres from the place to each segment's start, `upstream_m` those
    from each segment's end to the place; neither holds more than `limit_m`.
    """

    def __init__(self, network: Network, place: Place, limit_m: float) -> None:
        self._network, self._place, self._limit_m = network, place, limit_m
        ahead = max(0.0, float(network.length_m[place[0]]) - place[1])
        self.downstream_m = _spread(
            network, network.successor_offsets, network.successors, place[0], ahead, limit_m
        )
        self.upstream_m = _spread(
            network, network.predecessor_offsets, network.predecessors, place[0], place[1], limit_m
        )

    def distance_m(self, other: Place) -> float:
        """Give the shorter of the two drives to another place, infinite beyond the limit."""
        segment, offset_m = other
        if segment == self._place[0]:
            return abs(offset_m - self._place[1])
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


def coordinates(network: Network, place: Place) -> tuple[float, float]:
    """Give x and y (local metres) of a place on its segment's polyline."""
    segment, offset_m = place
    low, high = network.vertex_offsets[segment], network.vertex_offsets[segment + 1]
    distances = network.vertex_distance_m[low:high]
    return (
        float(np.interp(offset_m, distances, network.vertex_x[low:high])),
        float(np.interp(offset_m, distances, network.vertex_y[low:high])),
    )
