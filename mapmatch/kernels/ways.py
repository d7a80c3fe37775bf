"""The ways from a state of the last layer to the places of a new fix: their metres and turns.

A way is looked for only as far as it may be of use beside those known already.
"""

import numpy as np

from ingest.kernels.compiling import inlined_part, part
from mapmatch.kernels.layout import MatchGraph, Memory
from mapmatch.kernels.route import (
    NO_ROUTE,
    ensure_row,
    find_between,
    is_reached,
    is_whole,
    turns_round,
)
from mapmatch.kernels.search import NEAR_M, NO_GOAL, distance_of, search_from


@inlined_part
def most_of_use(mem: Memory, n: int, j: int) -> float:
    """Give the score that a way from departure n to candidate j must beat to be of use, nats."""
    best = mem.hypotheses[j]
    return max(best.score, best.route_score - mem.departures[n].debt)


@part
def _search(
    graph: MatchGraph, mem: Memory, n: int, cand_count: int, source: int, rest: float
) -> None:
    """Search from a row's source as far as a way from departure n could be of use.

    `rest` metres lie between the departure and the source.
    """
    model = mem.model[0]
    leave = mem.departures[n]
    worst = 0.0
    for j in range(cand_count):
        worst = max(worst, most_of_use(mem, n, j))
    budget = worst - leave.score - leave.across_floor + leave.tunnel_nats
    most_m = longest(mem, n, float(graph.rule[0].fastest_mps), budget)
    limit_m = min(most_m - rest, model.reach_m) * graph.rule[0].most_share
    search_from(graph, source, limit_m, len(graph.order), NO_GOAL)
    leave.is_searched = 1


@inlined_part
def _beyond(
    graph: MatchGraph,
    mem: Memory,
    n: int,
    j: int,
    cand_count: int,
    segment: int,
    rest: float,
    most_m: float,
) -> tuple[float, int]:
    """Give the metres and turns of the way by a segment's end to candidate j; see `way`.

    `rest` metres lie between departure n and that end.
    """
    reach = mem.candidates[j]
    road = graph.segments[segment]
    to_end, rest = rest, rest + reach.offset
    row, target = np.int64(road.source_of), np.int64(reach.target_of)
    near = np.int64(graph.path_rows[row].near_stop)
    entry = find_between(graph, np.int64(graph.path_rows[row].start), near, target)
    if entry < 0:
        if rest + NEAR_M > most_m and graph.rule[0].sure_m > NEAR_M:
            return NO_ROUTE, np.int64(0)
        entry = find_between(graph, near, np.int64(graph.path_rows[row].stop), target)
    if entry >= 0:
        found = graph.path_entries[entry]
        via, mark = np.int64(found.via), np.int64(found.mark)
        metres = rest + 0.1 * found.distance_dm
    else:
        if rest + graph.rule[0].sure_m > most_m and is_whole(graph, row):
            return NO_ROUTE, np.int64(0)
        if not mem.departures[n].is_searched:
            _search(graph, mem, n, cand_count, row, to_end)
        if not is_reached(graph, target):
            return NO_ROUTE, np.int64(0)
        via, mark = np.int64(graph.states[target].via), np.int64(graph.states[target].mark)
        metres = rest + distance_of(graph, target)
    return metres, turns_round(graph, np.int64(road.back_mark), np.int64(reach.back_via), via, mark)


@inlined_part
def way(
    graph: MatchGraph, mem: Memory, n: int, j: int, cand_count: int, most_m: float
) -> tuple[float, int]:
    """Give the metres from departure n to candidate j and how often the way turns round.

    Backwards along one segment by at most three drifts counts as standing. Gives NO_ROUTE where no
    route is known, and as soon as it is clear that the route is longer than most_m.
    """
    leave, reach = mem.departures[n], mem.candidates[j]
    ahead = reach.offset - leave.offset
    if leave.segment == reach.segment and ahead >= -3.0 * leave.drift:
        return max(ahead, 0.0), np.int64(0)
    rest = leave.rest_m + reach.offset
    if rest > most_m:
        return NO_ROUTE, np.int64(0)
    if not graph.rule[0].is_edge_based and leave.to_node == reach.from_node:
        return rest, np.int64(leave.reverse_segment == reach.segment)
    segment = np.int64(leave.segment)
    return _beyond(graph, mem, n, j, cand_count, segment, float(leave.rest_m), most_m)


@inlined_part
def way_back(
    graph: MatchGraph, mem: Memory, n: int, j: int, cand_count: int, most_m: float
) -> tuple[float, int]:
    """Give the metres and turns, as `way` does, of the way that turns round on its first segment.

    It turns where it is, or, towards a place on the same street further on, when it gets there.
    """
    leave, reach = mem.departures[n], mem.candidates[j]
    back = np.int64(leave.reverse_segment)
    rest = leave.offset + reach.offset
    if back == reach.segment:
        return abs(rest - graph.segments[leave.segment].length_m), np.int64(0)
    if rest > most_m or leave.segment == reach.segment:
        return NO_ROUTE, np.int64(0)
    if not graph.rule[0].is_edge_based and graph.segments[back].to_node == reach.from_node:
        return rest, np.int64(0)
    ensure_row(graph, np.int64(graph.segments[back].source_of))
    return _beyond(graph, mem, n, j, cand_count, back, float(leave.offset), most_m)


@inlined_part
def motion_cost(mem: Memory, n: int, metres: float, free_speed: float) -> float:
    """Give the cost of a driven distance (m) beside the straight line and the time it had, nats.

    Newson and Krumm 2009, eq. 2: exponential in the difference of route and straight line, but
    with a heavier tail: between two fixes a minute apart a vehicle may have gone round a block, so
    no difference costs more than the departure's detour_nats. Exponential in the metres beyond what
    the free speed allows.
    """
    model, leave = mem.model[0], mem.departures[n]
    apart = abs(metres - leave.gap)
    cost = leave.detour_nats * apart / (leave.detour_nats * leave.beta + apart)
    excess = metres - model.speeding * free_speed * leave.dt - 2.0 * leave.drift
    if excess > 0.0:
        cost += excess / model.speeding_cost_m
    return cost


@inlined_part
def longest(mem: Memory, n: int, free_speed: float, budget: float) -> float:
    """Give the longest route whose motion_cost may be within a budget, metres."""
    model, leave = mem.model[0], mem.departures[n]
    by_gap = NO_ROUTE
    if budget < 0.999 * leave.detour_nats:
        by_gap = leave.gap + leave.beta * budget * leave.detour_nats / (leave.detour_nats - budget)
    by_time = model.speeding * free_speed * leave.dt + 2.0 * leave.drift
    return min(by_gap, by_time + model.speeding_cost_m * budget)
