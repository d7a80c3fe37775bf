"""The slow twin of the path table: Dijkstra (1959) over dictionaries, segment by segment."""

from dataclasses import dataclass, replace

from mapmatch.network import Network

TURN_M = 300.0
"""Metres that turning round counts for when routes are compared, as the table's rule says."""


@dataclass(frozen=True)
class Route:
    """A route from the end of one segment to the start of another: the segments between."""

    segments: tuple[int, ...]
    metres: float
    counted: float  # the metres, those of fast roads counted less
    turn_count: int  # how often it turns round, at its two ends too


def successors(network: Network) -> dict[int, list[int]]:
    """Give the segments that may be entered from the end of each."""
    offsets = network.successor_offsets
    return {
        s: network.successors[offsets[s] : offsets[s + 1]].tolist()
        for s in range(network.segment_count)
    }


def routes_from(network: Network, start: int) -> dict[int, Route]:
    """Give the route from the end of a segment to every one that it leads to, itself included.

    Where turns are listed, a route may turn round where that is listed but counts TURN_M longer
    each time when routes are compared. Where every turn is permitted, routes are compared by
    counted metres alone.
    """
    turn_m = TURN_M if network.has_movements else 0.0
    following = successors(network)
    best: dict[int, Route] = {}
    waiting = {s: _entered(network, start, s, Route((), 0.0, 0.0, 0)) for s in following[start]}
    while waiting:
        segment = min(waiting, key=lambda s: _compared(waiting[s], turn_m))
        route = best[segment] = waiting.pop(segment)
        further = Route(
            (*route.segments, segment),
            route.metres + float(network.length_m[segment]),
            route.counted + float(network.length_m[segment]) * share_of(network, segment),
            route.turn_count,
        )
        for after in following[segment]:
            offer = _entered(network, segment, after, further)
            known = best.get(after) or waiting.get(after)
            if known is None or _compared(offer, turn_m) < _compared(known, turn_m):
                waiting[after] = offer
    return best


def share_of(network: Network, segment: int) -> float:
    """Give what a metre of a segment counts: the square root of 100 km/h by its free speed."""
    return min(max((100.0 / 3.6 / float(network.free_speed_mps[segment])) ** 0.5, 1.0), 2.0)


def _compared(route: Route, turn_m: float) -> float:
    return route.counted + turn_m * route.turn_count


def _entered(network: Network, before: int, after: int, so_far: Route) -> Route:
    is_back = int(network.reverse_segment[before]) == after
    return replace(so_far, turn_count=so_far.turn_count + is_back)


def metres_between(network: Network, start: int) -> dict[int, float]:
    """Give the metres from the end of a segment to the start of every one that it leads to."""
    return {segment: route.metres for segment, route in routes_from(network, start).items()}


def counted_between(network: Network, start: int) -> dict[int, float]:
    """Give the same in counted metres, with TURN_M for each time that turns are listed."""
    turn_m = TURN_M if network.has_movements else 0.0
    return {s: _compared(route, turn_m) for s, route in routes_from(network, start).items()}
