"""One layer of the hidden Markov model: what it costs to get from the last layer to a new fix."""

from math import exp, log, sqrt

import numba
import numpy as np

from mapmatch.kernels.layout import City, Memory
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


@numba.njit(cache=True, nogil=True, _nrt=False)
def route_metres(
    city: City,
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
    rest = city.segments[start].length_m - start_offset + end_offset
    if (
        not city.rule[0].is_edge_based
        and city.segments[start].to_node == city.segments[end].from_node
    ):
        return rest, 1 if city.segments[start].reverse_segment == end else 0
    target = np.int64(city.segments[end].target_of)
    entry = find(city, np.int64(city.segments[start].source_of), target)
    if entry >= 0:
        turns = turns_round(
            city,
            start,
            end,
            np.int64(city.path_entries[entry].via),
            np.int64(city.path_entries[entry].mark),
        )
        return rest + 0.1 * city.path_entries[entry].distance_dm, turns
    if is_searched:
        metres = searched_distance(city, target)
        if metres < NO_ROUTE:
            turns = turns_round(
                city,
                start,
                end,
                np.int64(city.states[target].via),
                np.int64(city.states[target].mark),
            )
            return rest + metres, turns
    return NO_ROUTE, 0


@numba.njit(cache=True, nogil=True, _nrt=False)
def motion_cost(
    mem: Memory,
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
    model = mem.model[0]
    cost = abs(metres - gap_m) / beta
    excess = metres - model.speeding * free_speed * dt - noise_m
    if excess > 0.0:
        cost += excess / model.speeding_cost_m
    return cost


@numba.njit(cache=True, nogil=True, _nrt=False)
def across_cost(
    across: float, last_across: float, cosine: float, rho: float, sigma: float
) -> float:
    """Give what a distance across the segment costs after the last one, nats.

    The error is a first-order Markov process on each axis with correlation rho over the step; of
    the last error only the part across its own segment is known. So the part across this one is
    normal about r * last_across with variance sigma^2 (1 - r^2), r = rho * cosine of their turn.
    """
    r = rho * cosine
    rest = 1.0 - r * r
    miss = (across - r * last_across) / sigma
    return 0.5 * (miss * miss / rest + log(rest))


@numba.njit(cache=True, nogil=True, _nrt=False)
def start_layer(mem: Memory, cand_count: int, sigma: float) -> int:
    """Write the first layer of a trace: each candidate by its own cost; gives how many states."""
    for j in range(cand_count):
        miss = mem.candidates[j].across / sigma
        mem.hypotheses[j].score = mem.candidates[j].cost + 0.5 * miss * miss
        mem.hypotheses[j].back = 0
        mem.hypotheses[j].offset = mem.candidates[j].offset
    return cand_count


@numba.njit(cache=True, nogil=True, _nrt=False)
def next_layer(
    city: City,
    mem: Memory,
    slot: int,
    time: float,
    x: float,
    y: float,
    speed_mps: float,
    cand_count: int,
    sigma: float,
    tau: float,
) -> int:
    """Write the states of a new layer into mem.hypotheses; gives how many, skip hypotheses last.

    State k below cand_count is candidate k; above, it is the old state named in its back pointer
    living on (FROZEN). A candidate that no route reaches starts anew (BROKEN) at break_cost.
    """
    vehicle = mem.slots[slot]
    model = mem.model[0]
    before = vehicle.layer_count
    best_before = 1e300
    for j in range(cand_count):
        mem.hypotheses[j].score = 1e300
    for i in range(before):
        start = np.int64(vehicle.segment[i])
        if start < 0:
            continue
        score = float(vehicle.score[i])
        best_before = min(best_before, score)
        dt = time - vehicle.layer_time + vehicle.age[i]
        gx, gy = x - vehicle.state_x[i], y - vehicle.state_y[i]
        gap = sqrt(gx * gx + gy * gy)
        rho = exp(-dt / tau)
        drift = sigma * sqrt(2.0 * (1.0 - rho))
        beta = model.beta_m + model.beta_share * gap + model.beta_sigmas * drift
        source = np.int64(city.segments[start].source_of)
        ensure_row(city, source)
        is_searched = gap > 0.5 * city.rule[0].limit_m
        if is_searched:
            search_from(
                city,
                source,
                min(3.0 * gap, model.reach_m),
                len(city.order),
            )
        back_m = 3.0 * drift
        for j in range(cand_count):
            end = np.int64(mem.candidates[j].segment)
            cosine = (
                mem.candidates[j].along_x * vehicle.along_x[i]
                + mem.candidates[j].along_y * vehicle.along_y[i]
            )
            cost = score + across_cost(
                mem.candidates[j].across, float(vehicle.across[i]), cosine, rho, sigma
            )
            # States come best first and driving costs at least nothing: most pairs end here.
            if cost >= mem.hypotheses[j].score:
                continue
            metres, turns = route_metres(
                city,
                is_searched,
                start,
                float(vehicle.offset[i]),
                end,
                mem.candidates[j].offset,
                back_m,
            )
            if metres >= NO_ROUTE:
                continue
            free_speed = float(
                max(city.segments[start].free_speed_mps, city.segments[end].free_speed_mps)
            )
            cost += turns * model.u_turn_cost
            cost += motion_cost(mem, metres, gap, beta, dt, free_speed, 2.0 * drift)
            if cost < mem.hypotheses[j].score:
                mem.hypotheses[j].score = cost
                mem.hypotheses[j].back = i
                mem.hypotheses[j].offset = (
                    max(mem.candidates[j].offset, vehicle.offset[i])
                    if start == end and metres == 0.0
                    else mem.candidates[j].offset
                )
    best = _allow_breaks(mem, slot, cand_count, sigma, best_before)
    if best - best_before < model.suspect_cost:
        return cand_count
    return _add_frozen(mem, slot, cand_count)


@numba.njit(cache=True, nogil=True, _nrt=False)
def _allow_breaks(
    mem: Memory,
    slot: int,
    cand_count: int,
    sigma: float,
    best_before: float,
) -> float:
    vehicle = mem.slots[slot]
    likeliest = 0
    for i in range(vehicle.layer_count):
        if vehicle.segment[i] >= 0 and vehicle.score[i] == best_before:
            likeliest = i
    best = 1e300
    for j in range(cand_count):
        miss = mem.candidates[j].across / sigma
        anew = best_before + mem.model[0].break_cost + 0.5 * miss * miss
        if anew < mem.hypotheses[j].score:
            mem.hypotheses[j].score = anew
            mem.hypotheses[j].back = likeliest | BROKEN
            mem.hypotheses[j].offset = mem.candidates[j].offset
        mem.hypotheses[j].score += mem.candidates[j].cost
        best = min(best, mem.hypotheses[j].score)
    return best


@numba.njit(cache=True, nogil=True, _nrt=False)
def _add_frozen(mem: Memory, slot: int, cand_count: int) -> int:
    vehicle = mem.slots[slot]
    count = cand_count
    for _ in range(MOST_FROZEN):
        pick = -1
        for i in range(vehicle.layer_count):
            if vehicle.segment[i] < 0:
                continue
            is_taken = False
            for k in range(cand_count, count):
                if mem.hypotheses[k].back == i | FROZEN:
                    is_taken = True
            if not is_taken and (pick < 0 or vehicle.score[i] < vehicle.score[pick]):
                pick = i
        if pick < 0:
            break
        mem.hypotheses[count].score = vehicle.score[pick] + mem.model[0].skip_cost
        mem.hypotheses[count].back = pick | FROZEN
        mem.hypotheses[count].offset = vehicle.offset[pick]
        count += 1
    return count


@numba.njit(cache=True, nogil=True, _nrt=False)
def keep_likeliest(mem: Memory, count: int) -> int:
    """Write into mem.choice the at most K states within the beam, best first; gives how many."""
    model = mem.model[0]
    kept = 0
    best = 1e300
    for k in range(count):
        best = min(best, mem.hypotheses[k].score)
    for k in range(count):
        score = mem.hypotheses[k].score
        if score > best + model.beam:
            continue
        if kept == model.candidate_count:
            if score >= mem.hypotheses[mem.choice[kept - 1]].score:
                continue
            kept -= 1
        at = kept
        while at > 0 and mem.hypotheses[mem.choice[at - 1]].score > score:
            mem.choice[at] = mem.choice[at - 1]
            at -= 1
        mem.choice[at] = k
        kept += 1
    return kept


@numba.njit(cache=True, nogil=True, _nrt=False)
def commit_layer(
    mem: Memory,
    slot: int,
    record: int,
    kept: int,
    cand_count: int,
    time: float,
    x: float,
    y: float,
) -> None:
    """Make the states in mem.choice the slot's newest layer, remembered in a pool record."""
    vehicle = mem.slots[slot]
    fix = mem.pool[record]
    step = time - vehicle.layer_time
    best = mem.hypotheses[mem.choice[0]].score
    # Frozen states read the old layer, so it is copied aside before it is overwritten.
    for n in range(kept):
        k = mem.choice[n]
        back = mem.hypotheses[k].back
        i = back & STATE
        if k < cand_count:
            mem.kept[n].segment = mem.candidates[k].segment
            mem.kept[n].across = mem.candidates[k].across
            mem.kept[n].along_x = mem.candidates[k].along_x
            mem.kept[n].along_y = mem.candidates[k].along_y
            mem.kept[n].age = 0.0
            mem.kept[n].x = x
            mem.kept[n].y = y
        else:
            mem.kept[n].segment = vehicle.segment[i]
            mem.kept[n].across = vehicle.across[i]
            mem.kept[n].along_x = vehicle.along_x[i]
            mem.kept[n].along_y = vehicle.along_y[i]
            mem.kept[n].age = vehicle.age[i] + step
            mem.kept[n].x = vehicle.state_x[i]
            mem.kept[n].y = vehicle.state_y[i]
        fix.segment[n] = mem.kept[n].segment
        fix.offset[n] = mem.hypotheses[k].offset
        fix.back[n] = back
    for n in range(kept):
        k = mem.choice[n]
        vehicle.score[n] = mem.hypotheses[k].score - best
        vehicle.segment[n] = mem.kept[n].segment
        vehicle.offset[n] = mem.hypotheses[k].offset
        vehicle.across[n] = mem.kept[n].across
        vehicle.along_x[n] = mem.kept[n].along_x
        vehicle.along_y[n] = mem.kept[n].along_y
        vehicle.age[n] = mem.kept[n].age
        vehicle.state_x[n] = mem.kept[n].x
        vehicle.state_y[n] = mem.kept[n].y
    vehicle.layer_count = kept
    vehicle.layer_time = time
    vehicle.mean_count = 0
    vehicle.layer_x = x
    vehicle.layer_y = y
    fix.count = kept
    fix.choice = -1
    fix.previous_layer = vehicle.layer_record
    vehicle.layer_record = record
    vehicle.layers += 1
