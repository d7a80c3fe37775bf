"""One layer of the hidden Markov model: what it costs to get from the last layer to a new fix.

Newson and Krumm 2009, with an error that persists from fix to fix. Two costs are kept of each
state: of the likeliest way of all (score), and of the likeliest way that goes on from the route
already settled (route_score). `debt` is how much more the second costs.
"""

from math import exp, log, sqrt

import numpy as np

from ingest.kernels.compiling import inlined_part, part
from mapmatch.kernels.candidates import layer_cost
from mapmatch.kernels.layout import DEAD_END, UNIT, MatchGraph, Memory
from mapmatch.kernels.route import NO_ROUTE, ensure_row
from mapmatch.kernels.ways import longest, most_of_use, motion_cost, way, way_back

STATE = 15
"""Bits of a back pointer that number the state before."""
BROKEN = 16
"""Bit of a back pointer: no route leads here, the trace begins anew."""
FROZEN = 32
"""Bit of a back pointer: the state before lives on, the fix counts as an outlier."""
TURNED = 64
"""Bit of a back pointer: the vehicle turned round on the segment of the state before."""
MOST_FROZEN = 3
"""States that live on through an outlier. Unit: count. Source: chosen; the likeliest and what it is
mistaken for: the other way of the street, the frontage road."""
NO_WAY = 1e9
"""The debt of a state that the settled route does not reach. Unit: log odds. Source: chosen, more
than any cost."""
INFINITE = 1e300


@inlined_part
def across_cost(
    across: float, last_across: float, cosine: float, rho: float, sigma: float
) -> float:
    """Give the cost of a distance across a segment (m) after the one before, nats.

    Newson and Krumm 2009, eq. 1, for an error that persists. On each axis the error is a
    first-order Markov process with correlation rho over the step, and of the last error only the
    part across its own segment is known. So the part across this one is normal about
    r * last_across with variance sigma^2 (1 - r^2), where r is rho times the cosine of the turn.
    Beside an error of which nothing is known: without ln(sigma sqrt(2 pi)).
    """
    r = rho * cosine
    rest = 1.0 - r * r
    miss = (across - r * last_across) / sigma
    return 0.5 * (miss * miss / rest + log(rest))


@inlined_part
def start_layer(mem: Memory, cand_count: int, sigma: float) -> int:
    """Write the first layer of a trace: each candidate at its own cost; gives how many states."""
    for j in range(cand_count):
        miss = mem.candidates[j].across / sigma
        mem.hypotheses[j].score = mem.candidates[j].cost + 0.5 * miss * miss
        mem.hypotheses[j].route_score = mem.hypotheses[j].score
        mem.hypotheses[j].back = 0
        mem.hypotheses[j].route_back = 0
        mem.hypotheses[j].offset = mem.candidates[j].offset
    return cand_count


@inlined_part
def _depart(
    graph: MatchGraph,
    mem: Memory,
    slot: int,
    time: float,
    x: float,
    y: float,
    sigma: float,
    tau: float,
) -> int:
    """Write the newest layer's states into mem.departures, in their order; gives how many."""
    vehicle, model = mem.slots[slot], mem.model[0]
    sparse = max(model.sparse_s / max(float(vehicle.gap_s), 1.0), 1.0)
    detour_nats = model.detour_nats * sparse * sparse
    for i in range(vehicle.layer_count):
        segment = np.int64(vehicle.segment[i])
        leave = mem.departures[i]
        road = graph.segments[segment]
        gx, gy = x - vehicle.state_x[i], y - vehicle.state_y[i]
        leave.segment = segment
        leave.score = vehicle.score[i]
        leave.debt = vehicle.debt[i]
        leave.offset = vehicle.offset[i]
        leave.rest_m = road.length_m - vehicle.offset[i]
        leave.across = vehicle.across[i]
        leave.along_x = vehicle.along_x[i] / UNIT
        leave.along_y = vehicle.along_y[i] / UNIT
        leave.dt = time - vehicle.layer_time + vehicle.age[i]
        leave.gap = sqrt(gx * gx + gy * gy)
        if i > 0 and leave.dt == mem.departures[i - 1].dt:
            # Nearly all states are of the newest layer's fix: one exponential serves them.
            leave.rho = mem.departures[i - 1].rho
            leave.across_floor = mem.departures[i - 1].across_floor
            leave.drift = mem.departures[i - 1].drift
        else:
            leave.rho = exp(-leave.dt / tau)
            leave.across_floor = 0.5 * log(1.0 - leave.rho * leave.rho)
            leave.drift = sigma * sqrt(2.0 * (1.0 - leave.rho))
        leave.detour_nats = detour_nats
        leave.beta = model.beta_m + model.beta_share * leave.gap + model.beta_sigmas * leave.drift
        leave.free_speed_mps = road.free_speed_mps
        leave.reverse_segment = road.reverse_segment
        leave.to_node = road.to_node
        leave.source_of = road.source_of
        leave.back_mark = road.back_mark
        leave.may_turn = road.may_turn
        leave.is_searched = 0
        leave.tunnel_nats = 0.0
        if road.layer < 0:
            leave.tunnel_nats = layer_cost(graph, mem, segment, leave.offset, float("nan"))
    return np.int64(vehicle.layer_count)


@inlined_part
def _start_anew(mem: Memory, before: int, cand_count: int, sigma: float) -> float:
    """Let every candidate begin a new trace at break_cost; gives the likeliest departure's score.

    A candidate that no route reaches more cheaply stays BROKEN.
    """
    likeliest, on_route = np.int64(0), np.int64(0)
    score, route_score = INFINITE, INFINITE
    for n in range(before):
        leave = mem.departures[n]
        if leave.score < score:
            likeliest, score = np.int64(n), leave.score
        if leave.score + leave.debt < route_score:
            on_route, route_score = np.int64(n), leave.score + leave.debt
    for j in range(cand_count):
        miss = mem.candidates[j].across / sigma
        cost = mem.model[0].break_cost + 0.5 * miss * miss
        mem.hypotheses[j].score = score + cost
        mem.hypotheses[j].route_score = route_score + cost
        mem.hypotheses[j].back = likeliest | BROKEN
        mem.hypotheses[j].route_back = on_route | BROKEN
        mem.hypotheses[j].offset = mem.candidates[j].offset
    return score


@inlined_part
def _offer(
    mem: Memory, n: int, j: int, cost: float, metres: float, turns: int, free_speed: float, bit: int
) -> None:
    """Take a way from departure n to candidate j if it is cheaper than what is known.

    `cost` (nats) is without the way's length and turns, `bit` is 0 or TURNED.
    """
    leave, reach, best = mem.departures[n], mem.candidates[j], mem.hypotheses[j]
    cost += turns * mem.model[0].u_turn_cost + motion_cost(mem, n, metres, free_speed)
    if cost < best.score:
        best.score = cost
        best.back = n | bit
        best.offset = reach.offset
        if leave.segment == reach.segment and metres == 0.0:
            best.offset = max(reach.offset, leave.offset)
    if cost + leave.debt < best.route_score:
        best.route_score = cost + leave.debt
        best.route_back = n | bit


@inlined_part
def _arrive(graph: MatchGraph, mem: Memory, n: int, cand_count: int, sigma: float) -> None:
    """Drive from departure n to every candidate that may be reached more cheaply than before."""
    leave = mem.departures[n]
    ensure_row(graph, np.int64(leave.source_of))
    # Most pairs need no route: the least that the distance across can cost is already too much.
    # Who was seen in a tunnel may be seen there again at no more than what the last fix paid.
    floor = leave.score + leave.across_floor - leave.tunnel_nats
    scale = 1.0 / sigma
    for j in range(cand_count):
        reach = mem.candidates[j]
        apart = (abs(reach.across) - leave.rho * abs(leave.across)) * scale
        most = most_of_use(mem, n, j)
        if floor + 0.5 * max(apart, 0.0) ** 2 >= most:
            continue
        cosine = reach.along_x * leave.along_x + reach.along_y * leave.along_y
        cost = leave.score + across_cost(reach.across, leave.across, cosine, leave.rho, sigma)
        cost -= min(leave.tunnel_nats, reach.tunnel_nats)
        if cost >= most:
            continue
        free_speed = float(max(leave.free_speed_mps, reach.free_speed_mps))
        most_m = longest(mem, n, free_speed, most - cost)
        metres, turns = way(graph, mem, n, j, cand_count, most_m)
        if metres < NO_ROUTE:
            _offer(mem, n, j, cost, metres, turns, free_speed, np.int64(0))


@part
def _arrive_back(graph: MatchGraph, mem: Memory, n: int, cand_count: int, sigma: float) -> None:
    """Drive from departure n, turned round there, as _arrive does. Few ways are of use."""
    leave = mem.departures[n]
    leave.is_searched = 0
    turn_cost = mem.model[0].turn_back_cost
    if leave.may_turn == DEAD_END:
        turn_cost = mem.model[0].u_turn_cost
    floor = leave.score + leave.across_floor + turn_cost - leave.tunnel_nats
    scale = 1.0 / sigma
    for j in range(cand_count):
        reach = mem.candidates[j]
        most = most_of_use(mem, n, j)
        apart = (abs(reach.across) - leave.rho * abs(leave.across)) * scale
        if floor + 0.5 * max(apart, 0.0) ** 2 >= most:
            continue
        cosine = reach.along_x * leave.along_x + reach.along_y * leave.along_y
        cost = leave.score + across_cost(reach.across, leave.across, cosine, leave.rho, sigma)
        cost += turn_cost - min(leave.tunnel_nats, reach.tunnel_nats)
        if cost >= most:
            continue
        free_speed = float(max(leave.free_speed_mps, reach.free_speed_mps))
        most_m = longest(mem, n, free_speed, most - cost)
        metres, turns = way_back(graph, mem, n, j, cand_count, most_m)
        if metres < NO_ROUTE:
            _offer(mem, n, j, cost, metres, turns, free_speed, np.int64(TURNED))


@inlined_part
def next_layer(
    graph: MatchGraph,
    mem: Memory,
    slot: int,
    time: float,
    x: float,
    y: float,
    cand_count: int,
    sigma: float,
    tau: float,
) -> int:
    """Write the states of a new layer into mem.hypotheses; gives how many.

    `time`, x, y are the fix's; sigma (m) and tau (s) the vehicle's noise. State k below cand_count
    is candidate k, reached by a route or begun anew (BROKEN). The states from cand_count on are old
    ones that live on (FROZEN): they are written where the fix may be an outlier.
    """
    before = _depart(graph, mem, slot, time, x, y, sigma, tau)
    best_before = _start_anew(mem, before, cand_count, sigma)
    for n in range(before):
        _arrive(graph, mem, n, cand_count, sigma)
    for n in range(before):
        if mem.departures[n].may_turn:
            _arrive_back(graph, mem, n, cand_count, sigma)
    best = INFINITE
    for j in range(cand_count):
        mem.hypotheses[j].score += mem.candidates[j].cost
        mem.hypotheses[j].route_score += mem.candidates[j].cost
        best = min(best, mem.hypotheses[j].score)
    if best - best_before < mem.model[0].suspect_cost:
        return cand_count
    return _add_frozen(mem, slot, cand_count)


@inlined_part
def _add_frozen(mem: Memory, slot: int, cand_count: int) -> int:
    """Add the likeliest old states, which live on as if the fix had not come; gives the count.

    After a long silence a route less likely than an outlier is no rare thing: skipping costs more.
    """
    vehicle, model = mem.slots[slot], mem.model[0]
    share = min(vehicle.gap_s / model.sparse_s, 1.0)
    skip_cost = model.skip_cost + share * share * model.sparse_skip
    count = cand_count
    for _ in range(MOST_FROZEN):
        pick = -1
        for i in range(vehicle.layer_count):
            is_taken = False
            for k in range(cand_count, count):
                if mem.hypotheses[k].back == i | FROZEN:
                    is_taken = True
            if not is_taken and (pick < 0 or vehicle.score[i] < vehicle.score[pick]):
                pick = i
        if pick < 0:
            break
        mem.hypotheses[count].score = vehicle.score[pick] + skip_cost
        mem.hypotheses[count].route_score = mem.hypotheses[count].score + vehicle.debt[pick]
        mem.hypotheses[count].back = pick | FROZEN
        mem.hypotheses[count].route_back = pick | FROZEN
        mem.hypotheses[count].offset = vehicle.offset[pick]
        count += 1
    return count
