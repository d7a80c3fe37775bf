"""The slow twin of mapmatch.kernels.candidates: every segment, every piece, by the book."""

from collections.abc import Container
from math import hypot, log
from statistics import NormalDist

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


def cost_of(network: Network, segment: int, x: float, y: float, sigma: float) -> float:
    """Give minus the log likelihood of a fix seen from anywhere on a segment, as if it went on
    straight from its nearest piece, but for a constant.

    Normal across the piece; along it the mass of the normal error between the segment's ends.
    """
    distance, offset = nearest_place(network, segment, x, y)
    length = float(network.vertex_distance_m[network.vertex_offsets[segment + 1] - 1])
    beyond = 0.0
    if offset in (0.0, length):
        first, last = network.vertex_offsets[segment], network.vertex_offsets[segment + 1] - 1
        end, before = (first, first + 1) if offset == 0.0 else (last, last - 1)
        ux = network.vertex_x[end] - network.vertex_x[before]
        uy = network.vertex_y[end] - network.vertex_y[before]
        along = (x - network.vertex_x[end]) * ux + (y - network.vertex_y[end]) * uy
        beyond = max(along / hypot(ux, uy), 0.0)
    error = NormalDist(0.0, sigma)
    at = length + beyond if offset == length else offset - beyond
    mass = error.cdf(length - at) - error.cdf(-at)
    return (distance**2 - beyond**2) / (2 * sigma**2) - log(mass)


def likeliest_segments(
    network: Network,
    x: float,
    y: float,
    count: int,
    radius_m: float,
    sigma: float,
    off_line: Container[int] = (),
    off_line_cost: float = 0.0,
) -> list[tuple[float, int]]:
    """Give the likeliest segments within a radius: cost, segment; likeliest first.

    For a bus those `off_line`, which no bus line drives, cost more.
    """
    near = [
        s for s in range(network.segment_count) if nearest_place(network, s, x, y)[0] <= radius_m
    ]
    return sorted(
        (cost_of(network, s, x, y, sigma) + off_line_cost * (s in off_line), s) for s in near
    )[:count]
