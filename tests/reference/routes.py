"""The slow twin of the path table: Dijkstra (1959) over dictionaries, segment by segment."""

from mapmatch.network import Network


def successors(network: Network) -> dict[int, list[int]]:
    """Give the segments that may be entered from the end of each."""
    offsets = network.successor_offsets
    return {
        s: network.successors[offsets[s] : offsets[s + 1]].tolist()
        for s in range(network.segment_count)
    }


def metres_between(network: Network, start: int) -> dict[int, float]:
    """Give the metres from the end of a segment to the start of every one that it leads to.

    A route may turn round where that is permitted, but counts 300 m longer for choosing among
    routes each time it does, as the table's rule says.
    """
    following = successors(network)
    turn_m = 300.0
    best: dict[int, tuple[float, float]] = {}
    waiting = {s: _entered(network, start, s, (0.0, 0.0), turn_m) for s in following[start]}
    while waiting:
        segment = min(waiting, key=lambda s: waiting[s][0])
        cost, metres = best[segment] = waiting.pop(segment)
        length = float(network.length_m[segment])
        for after in following[segment]:
            if after in best:
                continue
            offer = _entered(network, segment, after, (cost + length, metres + length), turn_m)
            if after not in waiting or offer[0] < waiting[after][0]:
                waiting[after] = offer
    return {segment: metres for segment, (_, metres) in best.items()}


def _entered(
    network: Network, before: int, after: int, so_far: tuple[float, float], turn_m: float
) -> tuple[float, float]:
    is_back = int(network.reverse_segment[before]) == after
    return so_far[0] + (turn_m if is_back else 0.0), so_far[1]
