"""The slow twin of mapmatch.kernels.candidates: every segment, every piece, by the book."""

from math import hypot

from mapmatch.network import Network


def nearest_place(network: Network, segment: int, x: float, y: float) -> tuple[float, float]:
    """Give a segment's distance from a point, and how far along it its nearest point lies."""
    found = []
    for v in range(network.vertex_offsets[segment], network.vertex_offsets[segment + 1] - 1):
        ax, ay = network.vertex_x[v], network.vertex_y[v]
        bx, by = network.vertex_x[v + 1], network.vertex_y[v + 1]
        share = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / hypot(bx - ax, by - ay) ** 2
        share = min(max(share, 0.0), 1.0)
        distance = hypot(x - ax - share * (bx - ax), y - ay - share * (by - ay))
        start, stop = network.vertex_distance_m[v], network.vertex_distance_m[v + 1]
        found.append((distance, start + share * (stop - start)))
    return min(found)


def nearest_segments(
    network: Network, x: float, y: float, count: int, radius_m: float
) -> list[tuple[float, float, int]]:
    """Give the nearest segments within a radius: distance, offset, segment; nearest first."""
    found = [(*nearest_place(network, s, x, y), s) for s in range(network.segment_count)]
    return sorted(place for place in found if place[0] <= radius_m)[:count]
