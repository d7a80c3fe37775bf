"""The slow twin of mapmatch.kernels.candidates: every segment, every piece, by the book."""

from collections.abc import Callable, Container
from math import atan2, degrees, hypot, log
from statistics import NormalDist

from mapmatch.matcher_settings import MatcherSettings
from mapmatch.network import Network


def nothing(segment: int, offset: float) -> float:
    """Give what a fix without speed and heading says against a place: nothing."""
    return 0.0


def junction_cost(settings: MatcherSettings, offset: float) -> float:
    """Give what standing at an offset costs: all of it up to junction_m, none from twice that."""
    beyond = (offset - settings.junction_m) / settings.junction_m
    return settings.standing_cost * (1.0 - min(max(beyond, 0.0), 1.0))


def course_cost(
    network: Network, settings: MatcherSettings, speed_kmh: float, heading_deg: float
) -> Callable[[int, float], float]:
    """Give what a fix's speed and heading say against a place on a segment of one piece.

    A vehicle that stands rarely does so where a segment begins. Of one that moves the heading is
    off by a normal angle: heading_sigma_deg, and the angle that a velocity of heading_speed_kmh
    across the course makes, their squares added. More than an outlier costs no heading does.
    """

    def cost(segment: int, offset: float) -> float:
        if speed_kmh < settings.standing_speed_kmh:
            return junction_cost(settings, offset)
        first = network.vertex_offsets[segment]
        dx = network.vertex_x[first + 1] - network.vertex_x[first]
        dy = network.vertex_y[first + 1] - network.vertex_y[first]
        bearing = degrees(atan2(dx, dy))
        angle = abs((bearing - heading_deg + 180.0) % 360.0 - 180.0)
        slow = degrees(settings.heading_speed_kmh / speed_kmh)
        variance = settings.heading_sigma_deg**2 + slow**2
        return float(min(angle**2 / (2.0 * variance), settings.skip_cost))

    return cost


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


def cost_of(
    network: Network, segment: int, x: float, y: float, sigma: float, wait_m: float = 0.0
) -> float:
    """Give minus the log likelihood of a fix seen from anywhere on a segment, as if it went on
    straight from its nearest piece, but for a constant.

    Normal across the piece; along it the mass of the normal error between the segment's ends. An
    end at a signal lies `wait_m` further on, for vehicles wait before it.
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
    begin = wait_m * network.node_has_signal[network.from_node[segment]]
    end = length + wait_m * network.node_has_signal[network.to_node[segment]]
    mass = error.cdf(end - at) - error.cdf(begin - at)
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
    course: Callable[[int, float], float] = nothing,
    wait_m: float = 0.0,
) -> list[tuple[float, int]]:
    """Give the likeliest segments within a radius: cost, segment; likeliest first.

    For a bus those `off_line`, which no bus line drives, cost more; `course` gives what speed and
    heading say against a segment and an offset.
    """
    found = []
    for s in range(network.segment_count):
        distance, offset = nearest_place(network, s, x, y)
        if distance <= radius_m:
            cost = cost_of(network, s, x, y, sigma, wait_m) + course(s, offset)
            found.append((cost + off_line_cost * (s in off_line), s))
    return sorted(found)[:count]
