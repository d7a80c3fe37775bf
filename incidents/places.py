"""Places on the network: how far two of them are apart, and where they lie."""

import heapq
import math

import numpy as np

from mapmatch.network import Network

Place = tuple[int, float]
"""A segment index and an offset in metres along it."""


def along_network_m(network: Network, one: Place, other: Place, limit_m: float) -> float:
    """Give the shorter of the two drives between places, infinite where both exceed `limit_m`.

    On one segment it is the difference of the offsets. Otherwise the length driven from `one` to
    `other` or from `other` to `one`, whichever is shorter, by permitted movements: two places on
    opposite carriageways or on two arms of a junction are as far apart as it takes to drive.
    """
    if one[0] == other[0]:
        return abs(one[1] - other[1])
    return min(_drive_m(network, one, other, limit_m), _drive_m(network, other, one, limit_m))


def _drive_m(network: Network, start: Place, end: Place, limit_m: float) -> float:
    first = max(0.0, float(network.length_m[start[0]]) - start[1])
    frontier = [(first, start[0])]
    reached: set[int] = set()
    while frontier:
        distance, segment = heapq.heappop(frontier)
        if segment in reached or distance > limit_m:
            continue
        reached.add(segment)
        low, high = network.successor_offsets[segment], network.successor_offsets[segment + 1]
        for successor in network.successors[low:high]:
            if successor == end[0]:
                total = distance + end[1]
                return total if total <= limit_m else math.inf
            heapq.heappush(
                frontier, (distance + float(network.length_m[successor]), int(successor))
            )
    return math.inf


def coordinates(network: Network, place: Place) -> tuple[float, float]:
    """Give x and y (local metres) of a place on its segment's polyline."""
    segment, offset_m = place
    low, high = network.vertex_offsets[segment], network.vertex_offsets[segment + 1]
    distances = network.vertex_distance_m[low:high]
    return (
        float(np.interp(offset_m, distances, network.vertex_x[low:high])),
        float(np.interp(offset_m, distances, network.vertex_y[low:high])),
    )
