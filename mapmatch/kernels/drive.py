"""Decided fixes to rows: the route that was driven, and when its nodes were passed.

A fix is of a kind: a layer has states of its own; one near the last layer has none and is placed
along the route by where it stands between two layers; one off the road has no candidate.
"""

import numba
import numpy as np

from mapmatch.kernels.candidates import place_at, project
from mapmatch.kernels.layout import MatchGraph, Memory
from mapmatch.kernels.noise import learn_noise
from mapmatch.kernels.route import ensure_row, trace_row, trace_search
from mapmatch.kernels.rows import (
    MATCHED,
    NO_ROAD_NEAR,
    NO_ROUTE_BREAK,
    NO_SEGMENT,
    OUTLIER,
    write_break,
    write_matched,
    write_progress,
    write_traversal,
)
from mapmatch.kernels.trellis import BROKEN, FROZEN
from mapmatch.kernels.waits import coming_weight, leaving_weight, node_weight, share_passed

# Kinds of fixes. Typed, so that each kernel is compiled for one signature.
LAYER = np.int64(0)
NEAR = np.int64(1)
OFF_ROAD = np.int64(2)

WHOLE_M = 1.0
"""A traversal that begins within this of the segment's start is whole. Unit: m.
Source: chosen, less than a vehicle's length."""
STANDING_M = 60.0
"""Further back than this on one segment is a loop driven. Unit: m. Source: chosen; noise moves a
vehicle that stands less."""


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def end_route(mem: Memory, slot: int) -> None:
    """Close the traversal under way, incomplete, and forget the route."""
    vehicle = mem.slots[slot]
    if vehicle.route_segment >= 0:
        write_traversal(mem, slot, vehicle.route_time, vehicle.route_offset, False)
    vehicle.route_segment = -1
    vehicle.answer_segment = -1


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def begin_route(mem: Memory, slot: int, segment: int, offset: float, time: float) -> None:
    """Begin a route in the middle of a segment."""
    vehicle = mem.slots[slot]
    vehicle.route_segment = segment
    vehicle.route_offset = offset
    vehicle.route_time = time
    vehicle.enter_time = time
    vehicle.enter_offset = offset


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _plan(
    graph: MatchGraph,
    mem: Memory,
    start: int,
    start_offset: float,
    end: int,
    end_offset: float,
) -> int:
    """Write the segments after `start`, up to `end`, into mem.path; gives how many, -1: no route.

    None is written where the vehicle stays on its segment.
    """
    if start == end and end_offset >= start_offset - STANDING_M:
        return 0
    count = -1
    if (
        not graph.rule[0].is_edge_based
        and graph.segments[start].to_node == graph.segments[end].from_node
    ):
        count = 0
    else:
        ensure_row(graph, np.int64(graph.segments[start].source_of))
        count = trace_row(graph, start, end, mem.path)
        if count < 0:
            count = trace_search(graph, start, end, mem.model[0].reach_m, mem.path)
    if count < 0 or count >= len(mem.path):
        return -1
    mem.path[count] = end
    return count + 1


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _way(
    graph: MatchGraph,
    mem: Memory,
    slot: int,
    step: int,
    steps: int,
    metres: float,
    speed_mps: float,
) -> tuple[float, float]:
    """Give the seconds at free speed of the next metres, and the weight of waiting on them."""
    vehicle = mem.slots[slot]
    at, rest = np.int64(vehicle.route_segment), metres
    to_end = graph.segments[at].length_m - vehicle.route_offset
    free_s, weight, last = 0.0, 0.0, step
    while last < steps and rest > to_end:
        piece_s = max(to_end, 0.0) / graph.segments[at].free_speed_mps
        if last == step:
            weight += leaving_weight(np.float64(vehicle.route_mps), piece_s)
        weight += node_weight(graph.segments[at].has_signal)
        free_s += piece_s
        rest -= to_end
        at = np.int64(mem.path[last])
        to_end = float(graph.segments[at].length_m)
        last += 1
    piece_s = max(rest, 0.0) / graph.segments[at].free_speed_mps
    return free_s + piece_s, weight + coming_weight(speed_mps, piece_s)


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _advance(
    graph: MatchGraph,
    mem: Memory,
    slot: int,
    step: int,
    steps: int,
    metres: float,
    time: float,
    speed_mps: float,
) -> int:
    """Drive some metres along mem.path until `time`; gives the place in it of the next segment.

    `steps` segments are in mem.path, `step` is the next one. `speed_mps` is that of the fix there,
    NaN if it gave none. When a node was passed follows from where the vehicle drives freely and
    where it waits: at a slow fix, or before a node.
    """
    vehicle = mem.slots[slot]
    since = vehicle.route_time
    segment, offset = np.int64(vehicle.route_segment), float(vehicle.route_offset)
    free_s, weight = _way(graph, mem, slot, step, steps, metres, speed_mps)
    free_done_s, weight_done, rest = 0.0, 0.0, metres
    enter = since
    while step < steps and rest >= graph.segments[segment].length_m - offset:
        piece = graph.segments[segment].length_m - offset
        if piece >= rest and piece > 0.0:
            break
        piece_s = max(piece, 0.0) / graph.segments[segment].free_speed_mps
        if weight_done == 0.0:
            weight_done = leaving_weight(np.float64(vehicle.route_mps), piece_s)
        free_done_s += piece_s
        weight_done += node_weight(graph.segments[segment].has_signal)
        share = share_passed(time - since, free_s, weight, free_done_s, weight_done)
        leave = max(enter, since + (time - since) * share)
        write_progress(mem, slot, segment, enter, leave, offset, graph.segments[segment].length_m)
        write_traversal(
            mem, slot, leave, graph.segments[segment].length_m, vehicle.enter_offset < WHOLE_M
        )
        rest -= piece
        segment, offset, enter = np.int64(mem.path[step]), 0.0, leave
        step += 1
        vehicle.route_segment = segment
        vehicle.enter_time = leave
        vehicle.enter_offset = 0.0
    to_m = min(offset + rest, graph.segments[segment].length_m)
    write_progress(mem, slot, segment, enter, time, offset, to_m)
    vehicle.route_offset = to_m
    vehicle.route_time = time
    vehicle.route_mps = speed_mps
    return step


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _advance_to(
    graph: MatchGraph, mem: Memory, slot: int, step: int, steps: int, metres: float, record: int
) -> int:
    """Drive some metres along mem.path until the time of a pending fix; see _advance."""
    fix = mem.pool[record]
    return _advance(graph, mem, slot, step, steps, metres, fix.time, np.float64(fix.speed_mps))


@numba.njit(cache=True, nogil=True, _nrt=False)
def _arrive(graph: MatchGraph, mem: Memory, slot: int, step: int, steps: int, time: float) -> None:
    """Enter the last segment of mem.path at `time`, where the metres driven end at its start."""
    vehicle = mem.slots[slot]
    while step < steps:
        length_m = float(graph.segments[vehicle.route_segment].length_m)
        write_traversal(mem, slot, time, length_m, vehicle.enter_offset < WHOLE_M)
        vehicle.route_segment = mem.path[step]
        vehicle.enter_time = time
        vehicle.enter_offset = 0.0
        step += 1


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
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


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _answer_here(graph: MatchGraph, mem: Memory, slot: int, record: int) -> None:
    """Answer with the place where the vehicle is on its route."""
    vehicle = mem.slots[slot]
    fix = mem.pool[record]
    segment = np.int64(vehicle.route_segment)
    if segment < 0:
        write_matched(
            mem, slot, fix.time, fix.tag, NO_SEGMENT, 0.0,
            float(fix.x), float(fix.y), NO_ROAD_NEAR,
        )  # fmt: skip
        return
    x, y = place_at(graph, segment, vehicle.route_offset)
    write_matched(
        mem, slot, fix.time, fix.tag, segment,
        vehicle.route_offset, x, y, MATCHED,
    )  # fmt: skip


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _answer_unmatched(mem: Memory, slot: int, record: int) -> None:
    """Answer that the fix is on no segment, and why."""
    fix = mem.pool[record]
    reason = NO_ROAD_NEAR if fix.kind == OFF_ROAD else OUTLIER
    write_matched(
        mem, slot, fix.time, fix.tag, NO_SEGMENT, 0.0,
        float(fix.x), float(fix.y), reason,
    )  # fmt: skip


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _beside(mem: Memory, record: int, segment: int) -> int:
    """Give the segment that a fix is answered with where that is not the route's, else -1."""
    fix = mem.pool[record]
    if fix.kind != LAYER or fix.back[fix.answer] & FROZEN:
        return np.int64(-1)
    answer = np.int64(fix.segment[fix.answer])
    return np.int64(-1) if answer == segment else answer


@numba.njit(cache=True, nogil=True, _nrt=False)
def _answer_beside(graph: MatchGraph, mem: Memory, slot: int, record: int, segment: int) -> None:
    """Answer with the nearest place on a segment that is not the route's."""
    fix = mem.pool[record]
    offset, _, _, _, _ = project(graph, segment, float(fix.x), float(fix.y))
    x, y = place_at(graph, segment, offset)
    write_matched(mem, slot, fix.time, fix.tag, segment, offset, x, y, MATCHED)


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _answer(graph: MatchGraph, mem: Memory, slot: int, record: int, beside: int) -> None:
    """Answer with the place on the route, or on the segment `beside` it where that is not -1."""
    if beside >= 0:
        _answer_beside(graph, mem, slot, record, beside)
    else:
        _answer_here(graph, mem, slot, record)


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
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


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _metres_ahead(graph: MatchGraph, mem: Memory, slot: int, steps: int, offset: float) -> float:
    """Give the metres to an offset on the last segment of mem.path, at least 0."""
    vehicle = mem.slots[slot]
    total = offset - vehicle.route_offset
    if steps > 0:
        total += graph.segments[vehicle.route_segment].length_m
    for k in range(steps - 1):
        total += graph.segments[mem.path[k]].length_m
    return max(total, 0.0)


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _share_along(mem: Memory, slot: int, record: int, goal: int) -> float:
    """Give how far a fix stands on the straight line from the last settled layer's to a goal."""
    vehicle = mem.slots[slot]
    gx, gy = mem.pool[goal].x - vehicle.route_x, mem.pool[goal].y - vehicle.route_y
    square = gx * gx + gy * gy
    if square <= 0.0:
        return 0.0
    dx, dy = mem.pool[record].x - vehicle.route_x, mem.pool[record].y - vehicle.route_y
    return (dx * gx + dy * gy) / square


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _answer_before(
    graph: MatchGraph, mem: Memory, slot: int, goal: int, steps: int, total: float, beside: int
) -> tuple[int, float]:
    """Answer all pending fixes before `goal`, driving the `total` metres of the route to it.

    A fix near a layer stands where it does on the straight line between the layers, and is
    answered beside the route where the layer nearer in time is. Another fix stands where its time
    says. Gives the next step along mem.path and the metres driven; with steps of -1 there is no
    route and none is driven.
    """
    vehicle = mem.slots[slot]
    driven, step, since = 0.0, np.int64(0), vehicle.route_time
    time = mem.pool[goal].time
    while vehicle.head != goal:
        record = np.int64(vehicle.head)
        is_later = mem.pool[record].time - since > time - mem.pool[record].time
        aside = beside if is_later else np.int64(vehicle.answer_segment)
        if mem.pool[record].kind == NEAR:
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


@numba.njit(cache=True, nogil=True, _nrt=False)
def _drive_to(graph: MatchGraph, mem: Memory, slot: int, goal: int) -> None:
    """Answer all pending fixes up to `goal`, a decided layer, driving the route to it.

    Where no route leads there the one under way ends, and another begins at the goal.
    """
    vehicle = mem.slots[slot]
    state = np.int64(mem.pool[goal].choice)
    segment = np.int64(mem.pool[goal].segment[state])
    offset = float(mem.pool[goal].offset[state])
    since, time = vehicle.route_time, mem.pool[goal].time
    begins = vehicle.route_segment < 0
    steps, total = np.int64(-1), 0.0
    if not begins and not mem.pool[goal].route_back[state] & BROKEN:
        steps = _plan(
            graph, mem, np.int64(vehicle.route_segment), vehicle.route_offset, segment, offset,
        )  # fmt: skip
    if steps >= 0:
        total = _metres_ahead(graph, mem, slot, steps, offset)
    beside = _beside(mem, goal, segment)
    step, driven = _answer_before(graph, mem, slot, goal, steps, total, beside)
    if steps >= 0:
        step = _advance_to(graph, mem, slot, step, steps, total - driven, goal)
        _arrive(graph, mem, slot, step, steps, time)
        vehicle.route_segment = segment
        vehicle.route_offset = max(offset, vehicle.route_offset) if steps == 0 else offset
    else:
        if not begins:
            end_route(mem, slot)
            write_break(mem, slot, since, time, NO_ROUTE_BREAK)
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


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def answer_decided(
    graph: MatchGraph,
    mem: Memory,
    slot: int,
    hold_before: float,
) -> None:
    """Answer every pending fix that is decided, the oldest first.

    A fix near a layer waits for the next layer, which says how far it had come. If its time is
    before hold_before it waits no longer: the vehicle then stands. A fix that fits no road waits
    bridge_s more, for the route to the next one that fits says where it was.
    """
    vehicle = mem.slots[slot]
    while vehicle.head >= 0:
        goal = _next_decided(mem, slot)
        if goal >= 0:
            _drive_to(graph, mem, slot, goal)
            continue
        record = np.int64(vehicle.head)
        if mem.pool[record].kind == NEAR:
            if not mem.pool[record].time < hold_before:
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
            _answer_unmatched(mem, slot, record)
        release(mem, slot)
