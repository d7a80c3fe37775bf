"""Fixes that wait: those that are decided are answered, and the route driven to them.

A fix is of a kind: a layer has states of its own; one near the last layer has none and is placed
along the route by where it stands between two layers; one off the road has no candidate; a repeated
one is the place of the one before once more, of a vehicle that does not say that it stands.
"""

from math import hypot

import numpy as np

from ingest.kernels.compiling import inlined_part, part
from mapmatch.kernels.candidates import place_at, project
from mapmatch.kernels.drive import (
    advance,
    begin_route,
    end_route,
    enter_last,
    free_time,
    metres_ahead,
    offset_back,
    plan_route,
    turn_round,
)
from mapmatch.kernels.layout import MatchGraph, Memory
from mapmatch.kernels.noise import learn_noise
from mapmatch.kernels.rows import (
    AMBIGUOUS,
    MATCHED,
    NO_ROAD_NEAR,
    NO_ROUTE_BREAK,
    NO_SEGMENT,
    OFF_ROAD_BREAK,
    OUTLIER,
    SAID_AGAIN,
    write_break,
    write_matched,
)
from mapmatch.kernels.trellis import BROKEN, FROZEN, TURNED

# Typed, so that each kernel is compiled for one signature.
LAYER = np.int64(0)
NEAR = np.int64(1)
OFF_ROAD = np.int64(2)
REPEATED = np.int64(3)
AGAIN_S = 45.0
"""How much longer a repeated fix waits than one near a layer. Unit: s. Source: chosen; a receiver
that says one row again for a minute is found out, and a stand is seen after a minute."""


@inlined_part
def _advance_to(
    graph: MatchGraph, mem: Memory, slot: int, step: int, steps: int, metres: float, record: int
) -> int:
    """Drive some metres along mem.path until the time of a pending fix; see advance."""
    fix = mem.pool[record]
    return advance(graph, mem, slot, step, steps, metres, fix.time, np.float64(fix.speed_mps))


@inlined_part
def release(mem: Memory, slot: int) -> None:
    """Take the oldest pending record off a vehicle's list and give it back to the pool."""
    vehicle = mem.slots[slot]
    record = np.int64(vehicle.head)
    following = mem.pool[record].next
    vehicle.head = following
    if following < 0:
        vehicle.tail = -1
    vehicle.pending -= 1
    if mem.pool[record].kind == LAYER:
        vehicle.layers -= 1
        if vehicle.layer_record == record:
            vehicle.layer_record = -1
        while following >= 0 and mem.pool[following].kind != LAYER:
            following = mem.pool[following].next
        if following >= 0:
            mem.pool[following].previous_layer = -1
    mem.free[mem.free_count[0]] = record
    mem.free_count[0] += 1


@inlined_part
def _answer_unmatched(mem: Memory, slot: int, record: int) -> None:
    """Answer that the fix is on no segment, and why."""
    fix = mem.pool[record]
    reason = OUTLIER
    if fix.kind == OFF_ROAD:
        reason = NO_ROAD_NEAR
    elif fix.kind == REPEATED:
        reason = SAID_AGAIN
    write_matched(
        mem, slot, fix.time, fix.tag, NO_SEGMENT, 0.0,
        float(fix.x), float(fix.y), reason,
    )  # fmt: skip


@part
def _answer_at(
    graph: MatchGraph, mem: Memory, slot: int, record: int, segment: int, offset: float
) -> None:
    """Answer with a place, unless there is none or it lies further than max_radius_m from the
    fix."""
    fix = mem.pool[record]
    if segment < 0:
        write_matched(
            mem, slot, fix.time, fix.tag, NO_SEGMENT, 0.0,
            float(fix.x), float(fix.y), NO_ROAD_NEAR,
        )  # fmt: skip
        return
    x, y = place_at(graph, segment, offset)
    if hypot(x - fix.x, y - fix.y) > mem.model[0].max_radius_m:
        _answer_unmatched(mem, slot, record)
        return
    reason = AMBIGUOUS if mem.slots[slot].is_ambiguous else MATCHED
    write_matched(mem, slot, fix.time, fix.tag, segment, offset, float(x), float(y), reason)


@inlined_part
def _beside(mem: Memory, record: int, segment: int) -> int:
    """Give the segment that a fix is answered with where that is not the route's, else -1."""
    fix = mem.pool[record]
    if fix.kind != LAYER or fix.back[fix.answer] & FROZEN:
        return np.int64(-1)
    answer = np.int64(fix.segment[fix.answer])
    return np.int64(-1) if answer == segment else answer


@part
def _answer(graph: MatchGraph, mem: Memory, slot: int, record: int, beside: int) -> None:
    """Answer with the place on the route, or the nearest on the segment `beside` it if not -1."""
    vehicle, fix = mem.slots[slot], mem.pool[record]
    segment, offset = np.int64(vehicle.route_segment), float(vehicle.route_offset)
    if beside >= 0:
        segment = np.int64(beside)
        offset, _, _, _, _ = project(graph, segment, float(fix.x), float(fix.y))
    _answer_at(graph, mem, slot, record, segment, offset)


@inlined_part
def _is_off(mem: Memory, record: int) -> bool:
    """Say whether a fix that the settled route does not pass says that the vehicle is not on it."""
    fix = mem.pool[record]
    return fix.kind == LAYER or fix.kind == OFF_ROAD or _is_lost(mem, record)


@inlined_part
def _is_lost(mem: Memory, record: int) -> bool:
    """Say whether a fix is one said again by a vehicle that drives."""
    fix = mem.pool[record]
    return fix.kind == REPEATED and fix.speed_mps == fix.speed_mps


@inlined_part
def _note_off(mem: Memory, slot: int, record: int) -> None:
    """Note that an answered fix was off the road."""
    vehicle = mem.slots[slot]
    if not _is_off(mem, record) or vehicle.route_segment < 0:
        return
    after = mem.pool[record].time - vehicle.route_time
    if vehicle.off_first < 0.0:
        vehicle.off_first = after
    vehicle.off_last = after


@inlined_part
def _was_elsewhere(
    graph: MatchGraph, mem: Memory, slot: int, goal: int, steps: int, total: float
) -> bool:
    """Say whether the vehicle left the roads before `goal`, by fixes off them for a while.

    It drove the route all the same where the `total` metres of it need more time than the rest.
    """
    vehicle, model = mem.slots[slot], mem.model[0]
    since, first, last = 0.0, float(vehicle.off_first), float(vehicle.off_last)
    record = np.int64(vehicle.head)
    while record != goal:
        after = mem.pool[record].time - vehicle.route_time
        if mem.pool[record].kind == NEAR:
            since, first, last = after, -1.0, -1.0
        elif _is_off(mem, record):
            first, last = first if first >= 0.0 else after, after
        record = np.int64(mem.pool[record].next)
    seconds = mem.pool[goal].time - vehicle.route_time - since
    if seconds <= model.bridge_s or last <= first:
        return False
    needed = free_time(graph, mem, slot, steps, total) / model.speeding
    return needed < seconds - (last - first)


@inlined_part
def _may_have_stood(graph: MatchGraph, mem: Memory, slot: int, goal: int, total: float) -> bool:
    """Say whether the vehicle can have driven all `total` metres after the last repeated fix."""
    model = mem.model[0]
    last, record = mem.slots[slot].route_time, np.int64(mem.slots[slot].head)
    while record != goal:
        if mem.pool[record].kind == REPEATED:
            last = mem.pool[record].time
        record = np.int64(mem.pool[record].next)
    here = np.int64(mem.slots[slot].route_segment)
    there = np.int64(mem.pool[goal].segment[mem.pool[goal].choice])
    free_mps = max(graph.segments[here].free_speed_mps, graph.segments[there].free_speed_mps)
    return total <= model.speeding * free_mps * (mem.pool[goal].time - last) + model.layer_m


@inlined_part
def _next_decided(mem: Memory, slot: int) -> int:
    """Give the next layer that the settled route passes, -1 where the next one is still open."""
    record = mem.slots[slot].head
    while record >= 0:
        if mem.pool[record].kind == LAYER:
            state = mem.pool[record].choice
            if state < 0:
                return -1
            if not mem.pool[record].route_back[state] & FROZEN:
                return record
        record = np.int64(mem.pool[record].next)
    return -1


@inlined_part
def _share_along(mem: Memory, slot: int, record: int, goal: int) -> float:
    """Give how far a fix stands on the straight line from the last settled layer's to a goal."""
    vehicle = mem.slots[slot]
    gx, gy = mem.pool[goal].x - vehicle.route_x, mem.pool[goal].y - vehicle.route_y
    square = gx * gx + gy * gy
    if square <= 0.0:
        return 0.0
    dx, dy = mem.pool[record].x - vehicle.route_x, mem.pool[record].y - vehicle.route_y
    return (dx * gx + dy * gy) / square


@inlined_part
def _answer_before(
    graph: MatchGraph, mem: Memory, slot: int, goal: int, steps: int, total: float, beside: int
) -> tuple[int, float]:
    """Answer all pending fixes before `goal`, driving the `total` metres of the route to it.

    A fix near a layer stands where it does on the straight line between the layers, and is
    answered beside the route where the layer nearer in time is; so does a repeated one of a vehicle
    that may have stood. Another fix stands where its time says. Gives the next step along mem.path
    and the metres driven; with steps of -1 there is no route and none is driven.
    """
    vehicle = mem.slots[slot]
    driven, step, since = 0.0, np.int64(0), vehicle.route_time
    time = mem.pool[goal].time
    if vehicle.head == goal:
        return step, driven
    has_stood = steps < 0 or _may_have_stood(graph, mem, slot, goal, total)
    while vehicle.head != goal:
        record = np.int64(vehicle.head)
        is_later = mem.pool[record].time - since > time - mem.pool[record].time
        aside = beside if is_later else np.int64(vehicle.answer_segment)
        is_stand = mem.pool[record].kind == REPEATED and not _is_lost(mem, record) and has_stood
        if mem.pool[record].kind == NEAR or is_stand:
            if steps >= 0:
                share = _share_along(mem, slot, record, goal)
                upto = max(driven, min(share, 1.0) * total)
                step = _advance_to(graph, mem, slot, step, steps, upto - driven, record)
                driven = upto
            _answer(graph, mem, slot, record, aside)
        elif steps >= 0 and time - since <= mem.model[0].bridge_s:
            share = (mem.pool[record].time - since) / max(time - since, 1e-3)
            upto = max(driven, min(share, 1.0) * total)
            step = _advance_to(graph, mem, slot, step, steps, upto - driven, record)
            driven = upto
            _answer(graph, mem, slot, record, _beside(mem, record, np.int64(vehicle.route_segment)))
        else:
            _answer_unmatched(mem, slot, record)
        release(mem, slot)
    return step, driven


@inlined_part
def _turn_before(graph: MatchGraph, mem: Memory, slot: int, segment: int, offset: float) -> bool:
    """Turn round on the way to a place, unless that is on the same street further on.

    Gives whether it is: the vehicle then turns when it gets there.
    """
    vehicle = mem.slots[slot]
    here = np.int64(vehicle.route_segment)
    back = np.int64(graph.segments[here].reverse_segment)
    if back < 0:
        return False
    if segment == back and offset < offset_back(graph, here, float(vehicle.route_offset)):
        return True
    turn_round(graph, mem, slot)
    return False


@part
def _drive_to(graph: MatchGraph, mem: Memory, slot: int, goal: int) -> None:
    """Answer all pending fixes up to `goal`, a decided layer, driving the route to it.

    Where no route leads there the one under way ends, and another begins at the goal.
    """
    vehicle = mem.slots[slot]
    state = np.int64(mem.pool[goal].choice)
    segment = np.int64(mem.pool[goal].segment[state])
    offset = float(mem.pool[goal].offset[state])
    since, time = vehicle.route_time, mem.pool[goal].time
    vehicle.is_ambiguous = mem.pool[goal].is_ambiguous
    beside = _beside(mem, goal, segment)
    begins = vehicle.route_segment < 0
    is_broken = mem.pool[goal].route_back[state] & BROKEN != 0
    turns_there = False
    if not begins and not is_broken and mem.pool[goal].route_back[state] & TURNED:
        turns_there = _turn_before(graph, mem, slot, segment, offset)
        if turns_there:
            offset = offset_back(graph, segment, offset)
            segment = np.int64(vehicle.route_segment)
    steps, total = np.int64(-1), 0.0
    if not begins and not is_broken:
        steps = plan_route(
            graph, mem, np.int64(vehicle.route_segment), vehicle.route_offset, segment, offset,
        )  # fmt: skip
    reason = NO_ROUTE_BREAK
    if steps >= 0:
        total = metres_ahead(graph, mem, slot, steps, offset)
        is_long = time - since > mem.model[0].bridge_s
        if is_long and _was_elsewhere(graph, mem, slot, goal, steps, total):
            steps, reason = np.int64(-1), OFF_ROAD_BREAK
    step, driven = _answer_before(graph, mem, slot, goal, steps, total, beside)
    if steps >= 0:
        step = _advance_to(graph, mem, slot, step, steps, total - driven, goal)
        enter_last(graph, mem, slot, step, steps, time)
        vehicle.route_segment = segment
        vehicle.route_offset = max(offset, vehicle.route_offset) if steps == 0 else offset
        if turns_there:
            turn_round(graph, mem, slot)
            segment = np.int64(vehicle.route_segment)
    else:
        if not begins:
            end_route(mem, slot)
            write_break(mem, slot, since, time, reason)
            vehicle.last_across = float("nan")
        begin_route(mem, slot, segment, offset, time)
        vehicle.route_mps = mem.pool[goal].speed_mps
    gx, gy = float(mem.pool[goal].x), float(mem.pool[goal].y)
    _, across, ux, uy, _ = project(graph, beside if beside >= 0 else segment, gx, gy)
    learn_noise(mem, slot, across, ux, uy, time - since)
    vehicle.route_x = mem.pool[goal].x
    vehicle.route_y = mem.pool[goal].y
    vehicle.answer_segment = beside
    _answer(graph, mem, slot, goal, beside)
    release(mem, slot)


@inlined_part
def answer_decided(
    graph: MatchGraph,
    mem: Memory,
    slot: int,
    hold_before: float,
) -> None:
    """Answer every pending fix that is decided, the oldest first.

    A fix near a layer waits for the next layer, which says how far it had come. If its time is
    before hold_before it waits no longer: the vehicle then stands; a repeated one waits AGAIN_S
    more, and for a layer that is open. A fix that fits no road waits bridge_s more, for the route
    to the next one that fits says where it was.
    """
    vehicle = mem.slots[slot]
    while vehicle.head >= 0:
        goal = _next_decided(mem, slot)
        if goal >= 0:
            _drive_to(graph, mem, slot, goal)
            continue
        record = np.int64(vehicle.head)
        is_stand = mem.pool[record].kind == REPEATED and not _is_lost(mem, record)
        if mem.pool[record].kind == NEAR or is_stand:
            newest = np.int64(vehicle.layer_record)
            if is_stand and newest >= 0 and mem.pool[newest].choice < 0:
                return
            wait = AGAIN_S if is_stand else 0.0
            if not mem.pool[record].time < hold_before - wait:
                return
            if vehicle.route_segment >= 0:
                _advance_to(graph, mem, slot, np.int64(0), np.int64(0), 0.0, record)
            _answer(graph, mem, slot, record, np.int64(vehicle.answer_segment))
        elif (mem.pool[record].kind == LAYER and mem.pool[record].choice < 0) or (
            vehicle.route_segment >= 0
            and mem.pool[record].time >= hold_before - mem.model[0].bridge_s
        ):
            return
        else:
            _note_off(mem, slot, record)
            _answer_unmatched(mem, slot, record)
        release(mem, slot)
