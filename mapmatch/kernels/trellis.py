"""One layer of the hidden Markov model: what it costs to get from the last layer to a new fix."""

from math import exp, log, sqrt

import numba

from mapmatch.kernels.layout import Graph, Longs, Model, Pool, Roads, Scratch, Search, Slots, Table
from mapmatch.kernels.route import (
    NO_ROUTE,
    ensure_row,
    find,
    searched_distance,
    turns_round,
)
from mapmatch.kernels.search import search_from

FROZEN = 32
BROKEN = 16
STATE = 15
# At most this many states live on through a fix taken for an outlier.
MOST_FROZEN = 3


@numba.njit(cache=True, nogil=True)
def route_metres(
    roads: Roads,
    graph: Graph,
    search: Search,
    table: Table,
    is_searched: bool,
    start: int,
    start_offset: float,
    end: int,
    end_offset: float,
    back_m: float,
) -> tuple[float, int]:
    """Give the metres driven from one place to another and how often the way turns round.

    Backwards along one segment by at most back_m counts as standing. NO_ROUTE where none is known.
    """
    if start == end and end_offset >= start_offset - back_m:
        return max(end_offset - start_offset, 0.0), 0
    rest = roads.length_m[start] - start_offset + end_offset
    if not graph.is_edge_based and roads.to_node[start] == roads.from_node[end]:
        return rest, 1 if roads.reverse_segment[start] == end else 0
    target = graph.target_of[end]
    entry = find(table, graph.source_of[start], target)
    if entry >= 0:
        turns = turns_round(roads, graph, start, end, table.via[entry], table.mark[entry])
        return rest + 0.1 * table.distance_dm[entry], turns
    if is_searched:
        metres = searched_distance(graph, search, target)
        if metres < NO_ROUTE:
            turns = turns_round(roads, graph, start, end, search.via[target], search.mark[target])
            return rest + metres, turns
    return NO_ROUTE, 0


@numba.njit(cache=True, nogil=True)
def motion_cost(
    model: Model,
    metres: float,
    gap_m: float,
    beta: float,
    dt: float,
    free_speed: float,
    noise_m: float,
) -> float:
    """Give what a driven distance costs against the straight gap and against the time it had, nats.

    Newson and Krumm 2009, eq. 2 (exponential in the difference), and the same form for the metres
    beyond what the free speed allows in dt.
    """
    cost = abs(metres - gap_m) / beta
    excess = metres - model.speeding * free_speed * dt - noise_m
    if excess > 0.0:
        cost += excess / model.speeding_cost_m
    return cost


@numba.njit(cache=True, nogil=True)
def across_cost(
    across: float, last_across: float, cosine: float, rho: float, sigma: float
) -> float:
    """Give what a distance across the segment costs after the last one, nats.

    The error is a first-order Markov process on each axis with correlation rho over the step; of the
    last error only the part across its own segment is known. So the part across this one is normal
    about r * last_across with variance sigma^2 (1 - r^2), r = rho * cosine of the two directions.
    """
    r = rho * cosine
    rest = 1.0 - r * r
    miss = (across - r * last_across) / sigma
    return 0.5 * (miss * miss / rest + log(rest))


@numba.njit(cache=True, nogil=True)
def start_layer(scratch: Scratch, cand_count: int, sigma: float) -> int:
    """Write the first layer of a trace: each candidate by its own cost; gives how many states."""
    for j in range(cand_count):
        miss = scratch.cand_across[j] / sigma
        scratch.new_score[j] = scratch.cand_cost[j] + 0.5 * miss * miss
        scratch.new_back[j] = 0
        scratch.new_offset[j] = scratch.cand_offset[j]
    return cand_count


@numba.njit(cache=True, nogil=True)
def next_layer(
    roads: Roads,
    graph: Graph,
    search: Search,
    table: Table,
    keys: Longs,
    slots: Slots,
    model: Model,
    scratch: Scratch,
    slot: int,
    time: float,
    x: float,
    y: float,
    speed_mps: float,
    cand_count: int,
    sigma: float,
    tau: float,
) -> int:
    """Write the states of a new layer into scratch.new_*; gives how many, skip hypotheses last.

    State k below cand_count is candidate k; above, it is the old state named in its back pointer
    living on (FROZEN). A candidate that no route reaches starts anew (BROKEN) at break_cost.
    """
    before = slots.layer_count[slot]
    best_before = 1e300
    for j in range(cand_count):
        scratch.new_score[j] = 1e300
    for i in range(before):
        start = slots.segment[slot, i]
        if start < 0:
            continue
        score = slots.score[slot, i]
        best_before = min(best_before, score)
        dt = time - slots.layer_time[slot] + slots.age[slot, i]
        gx, gy = x - slots.state_x[slot, i], y - slots.state_y[slot, i]
        gap = sqrt(gx * gx + gy * gy)
        rho = exp(-dt / tau)
        drift = sigma * sqrt(2.0 * (1.0 - rho))
        beta = model.beta_m + model.beta_share * gap + model.beta_sigmas * drift
        ensure_row(graph, search, table, keys, graph.source_of[start])
        is_searched = gap > 0.5 * table.limit_m
        if is_searched:
            search_from(
                graph,
                search,
                graph.source_of[start],
                min(3.0 * gap, model.reach_m),
                len(search.order),
            )
        back_m = 3.0 * drift
        for j in range(cand_count):
            end = scratch.cand_segment[j]
            metres, turns = route_metres(
                roads, graph, search, table, is_searched,
                start, slots.offset[slot, i], end, scratch.cand_offset[j], back_m,
            )  # fmt: skip
            if metres >= NO_ROUTE:
                continue
            cosine = (
                scratch.cand_along_x[j] * slots.along_x[slot, i]
                + scratch.cand_along_y[j] * slots.along_y[slot, i]
            )
            cost = score + turns * model.u_turn_cost
            cost += motion_cost(
                model, metres, gap, beta, dt,
                max(roads.free_speed_mps[start], roads.free_speed_mps[end]), 2.0 * drift,
            )  # fmt: skip
            cost += across_cost(scratch.cand_across[j], slots.across[slot, i], cosine, rho, sigma)
            if cost < scratch.new_score[j]:
                scratch.new_score[j] = cost
                scratch.new_back[j] = i
                scratch.new_offset[j] = (
                    max(scratch.cand_offset[j], slots.offset[slot, i])
                    if start == end and metres == 0.0
                    else scratch.cand_offset[j]
                )
    best = _allow_breaks(slots, model, scratch, slot, cand_count, sigma, best_before)
    if best - best_before < model.suspect_cost:
        return cand_count
    return _add_frozen(slots, model, scratch, slot, cand_count)


@numba.njit(cache=True, nogil=True)
def _allow_breaks(
    slots: Slots,
    model: Model,
    scratch: Scratch,
    slot: int,
    cand_count: int,
    sigma: float,
    best_before: float,
) -> float:
    likeliest = 0
    for i in range(slots.layer_count[slot]):
        if slots.segment[slot, i] >= 0 and slots.score[slot, i] == best_before:
            likeliest = i
    best = 1e300
    for j in range(cand_count):
        miss = scratch.cand_across[j] / sigma
        anew = best_before + model.break_cost + 0.5 * miss * miss
        if anew < scratch.new_score[j]:
            scratch.new_score[j] = anew
            scratch.new_back[j] = likeliest | BROKEN
            scratch.new_offset[j] = scratch.cand_offset[j]
        scratch.new_score[j] += scratch.cand_cost[j]
        best = min(best, scratch.new_score[j])
    return best


@numba.njit(cache=True, nogil=True)
def _add_frozen(slots: Slots, model: Model, scratch: Scratch, slot: int, cand_count: int) -> int:
    count = cand_count
    for _ in range(MOST_FROZEN):
        pick = -1
        for i in range(slots.layer_count[slot]):
            if slots.segment[slot, i] < 0:
                continue
            is_taken = False
            for k in range(cand_count, count):
                if scratch.new_back[k] == i | FROZEN:
                    is_taken = True
            if not is_taken and (pick < 0 or slots.score[slot, i] < slots.score[slot, pick]):
                pick = i
        if pick < 0:
            break
        scratch.new_score[count] = slots.score[slot, pick] + model.skip_cost
        scratch.new_back[count] = pick | FROZEN
        scratch.new_offset[count] = slots.offset[slot, pick]
        count += 1
    return count


@numba.njit(cache=True, nogil=True)
def keep_likeliest(model: Model, scratch: Scratch, count: int) -> int:
    """Write into scratch.choice the at most K states within the beam, best first; gives how many."""
    kept = 0
    best = 1e300
    for k in range(count):
        best = min(best, scratch.new_score[k])
    for k in range(count):
        score = scratch.new_score[k]
        if score > best + model.beam:
            continue
        if kept == model.candidate_count:
            if score >= scratch.new_score[scratch.choice[kept - 1]]:
                continue
            kept -= 1
        at = kept
        while at > 0 and scratch.new_score[scratch.choice[at - 1]] > score:
            scratch.choice[at] = scratch.choice[at - 1]
            at -= 1
        scratch.choice[at] = k
        kept += 1
    return kept


@numba.njit(cache=True, nogil=True)
def commit_layer(
    slots: Slots,
    pool: Pool,
    scratch: Scratch,
    slot: int,
    record: int,
    kept: int,
    cand_count: int,
    time: float,
    x: float,
    y: float,
) -> None:
    """Make the states in scratch.choice the slot's newest layer, remembered in a pool record."""
    step = time - slots.layer_time[slot]
    best = scratch.new_score[scratch.choice[0]]
    # Frozen states read the old layer, so it is copied aside before it is overwritten.
    for n in range(kept):
        k = scratch.choice[n]
        back = scratch.new_back[k]
        i = back & STATE
        if k < cand_count:
            scratch.kept_segment[n] = scratch.cand_segment[k]
            scratch.kept_place[n, 0] = scratch.cand_across[k]
            scratch.kept_place[n, 1] = scratch.cand_along_x[k]
            scratch.kept_place[n, 2] = scratch.cand_along_y[k]
            scratch.kept_place[n, 3] = 0.0
            scratch.kept_place[n, 4] = x
            scratch.kept_place[n, 5] = y
        else:
            scratch.kept_segment[n] = slots.segment[slot, i]
            scratch.kept_place[n, 0] = slots.across[slot, i]
            scratch.kept_place[n, 1] = slots.along_x[slot, i]
            scratch.kept_place[n, 2] = slots.along_y[slot, i]
            scratch.kept_place[n, 3] = slots.age[slot, i] + step
            scratch.kept_place[n, 4] = slots.state_x[slot, i]
            scratch.kept_place[n, 5] = slots.state_y[slot, i]
        pool.segment[record, n] = scratch.kept_segment[n]
        pool.offset[record, n] = scratch.new_offset[k]
        pool.back[record, n] = back
    for n in range(kept):
        k = scratch.choice[n]
        slots.score[slot, n] = scratch.new_score[k] - best
        slots.segment[slot, n] = scratch.kept_segment[n]
        slots.offset[slot, n] = scratch.new_offset[k]
        slots.across[slot, n] = scratch.kept_place[n, 0]
        slots.along_x[slot, n] = scratch.kept_place[n, 1]
        slots.along_y[slot, n] = scratch.kept_place[n, 2]
        slots.age[slot, n] = scratch.kept_place[n, 3]
        slots.state_x[slot, n] = scratch.kept_place[n, 4]
        slots.state_y[slot, n] = scratch.kept_place[n, 5]
    slots.layer_count[slot] = kept
    slots.layer_time[slot] = time
    slots.layer_x[slot] = x
    slots.layer_y[slot] = y
    pool.count[record] = kept
    pool.choice[record] = -1
    pool.previous_layer[record] = slots.layer_record[slot]
    slots.layer_record[slot] = record
    slots.layers[slot] += 1
