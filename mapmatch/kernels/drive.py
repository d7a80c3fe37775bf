"""Settled fixes to rows: the route driven, with times between fixes shared out along it."""

from math import sqrt

import numba

from mapmatch.kernels.candidates import place_at, project
from mapmatch.kernels.layout import (
    Graph,
    Longs,
    Model,
    Pool,
    Roads,
    Rows,
    Scratch,
    Search,
    Slots,
    Table,
)
from mapmatch.kernels.noise import learn_noise
from mapmatch.kernels.route import ensure_row, trace_row, trace_search
from mapmatch.kernels.trellis import BROKEN, FROZEN

LAYER = 0
NEAR = 1
OFF_ROAD = 2

# Reasons of unmatched fixes and of breaks; names in mapmatch.records.
MATCHED = 0
NO_ROAD_NEAR = 1
OUTLIER = 2
OUT_OF_ORDER = 3

NO_ROUTE_BREAK = 0
GAP_BREAK = 1

# A traversal entered within this of the segment's start is whole: less than a vehicle's length.
WHOLE_M = 1.0


@numba.njit(cache=True, nogil=True)
def write_matched(
    rows: Rows,
    slot: int,
    time: float,
    tag: int,
    segment: int,
    offset: float,
    x: float,
    y: float,
    reason: int,
) -> None:
    """Append one answered fix."""
    n = rows.written[0]
    rows.matched_slot[n] = slot
    rows.matched_time[n] = time
    rows.matched_tag[n] = tag
    rows.matched_segment[n] = segment
    rows.matched_offset[n] = offset
    rows.matched_x[n] = x
    rows.matched_y[n] = y
    rows.matched_reason[n] = reason
    rows.written[0] = n + 1


@numba.njit(cache=True, nogil=True)
def write_break(rows: Rows, slot: int, since: float, time: float, reason: int) -> None:
    """Append one break: the trace was known until `since` and begins again at `time`."""
    n = rows.written[3]
    rows.break_slot[n] = slot
    rows.break_since[n] = since
    rows.break_time[n] = time
    rows.break_reason[n] = reason
    rows.written[3] = n + 1


@numba.njit(cache=True, nogil=True)
def _write_progress(
    rows: Rows, slot: int, segment: int, enter: float, leave: float, from_m: float, to_m: float
) -> None:
    n = rows.written[1]
    rows.progress_slot[n] = slot
    rows.progress_segment[n] = segment
    rows.progress_enter[n] = enter
    rows.progress_exit[n] = leave
    rows.progress_enter_offset[n] = from_m
    rows.progress_exit_offset[n] = to_m
    rows.written[1] = n + 1


@numba.njit(cache=True, nogil=True)
def _write_traversal(
    slots: Slots, rows: Rows, slot: int, leave: float, to_m: float, is_complete: bool
) -> None:
    n = rows.written[2]
    rows.traversal_slot[n] = slot
    rows.traversal_segment[n] = slots.route_segment[slot]
    rows.traversal_enter[n] = slots.enter_time[slot]
    rows.traversal_exit[n] = leave
    rows.traversal_enter_offset[n] = slots.enter_offset[slot]
    rows.traversal_exit_offset[n] = to_m
    rows.traversal_is_complete[n] = is_complete
    rows.written[2] = n + 1


@numba.njit(cache=True, nogil=True)
def end_route(slots: Slots, rows: Rows, slot: int) -> None:
    """Close the traversal under way, incomplete, and forget the route."""
    if slots.route_segment[slot] >= 0:
        _write_traversal(slots, rows, slot, slots.route_time[slot], slots.route_offset[slot], False)
    slots.route_segment[slot] = -1


@numba.njit(cache=True, nogil=True)
def begin_route(slots: Slots, slot: int, segment: int, offset: float, time: float) -> None:
    """Begin a route in the middle of a segment."""
    slots.route_segment[slot] = segment
    slots.route_offset[slot] = offset
    slots.route_time[slot] = time
    slots.enter_time[slot] = time
    slots.enter_offset[slot] = offset


@numba.njit(cache=True, nogil=True)
def _plan(
    roads: Roads,
    graph: Graph,
    search: Search,
    table: Table,
    keys: Longs,
    model: Model,
    scratch: Scratch,
    start: int,
    start_offset: float,
    end: int,
    end_offset: float,
) -> int:
    """Write the segments to drive after `start` into scratch.path; gives how many, -1: no route."""
    if start == end and end_offset >= start_offset - 1e-3:
        return 0
    count = -1
    if not graph.is_edge_based and roads.to_node[start] == roads.from_node[end]:
        count = 0
    else:
        ensure_row(graph, search, table, keys, graph.source_of[start])
        count = trace_row(roads, graph, table, start, end, scratch.path)
        if count < 0:
            count = trace_search(roads, graph, search, start, end, model.reach_m, scratch.path)
    if count < 0 or count >= len(scratch.path):
        return -1
    scratch.path[count] = end
    return count + 1


@numba.njit(cache=True, nogil=True)
def _advance(
    roads: Roads,
    slots: Slots,
    rows: Rows,
    scratch: Scratch,
    slot: int,
    step: int,
    steps: int,
    metres: float,
    time: float,
) -> int:
    """Drive some metres along scratch.path until `time`; gives the index of the next path segment.

    The time is shared out over the pieces by length over free speed, so that a boulevard takes less
    of it than the lane after it.
    """
    since = slots.route_time[slot]
    segment, offset = slots.route_segment[slot], slots.route_offset[slot]
    weight, rest, at, from_m, k = 0.0, metres, segment, offset, step
    while rest > 0.0:
        piece = rest if k >= steps else min(rest, roads.length_m[at] - from_m)
        weight += piece / roads.free_speed_mps[at]
        rest -= piece
        if k >= steps or rest <= 0.0:
            break
        at, from_m = scratch.path[k], 0.0
        k += 1
    done, rest = 0.0, metres
    enter = since
    while step < steps and rest >= roads.length_m[segment] - offset:
        piece = roads.length_m[segment] - offset
        if piece >= rest and piece > 0.0:
            break
        done += piece / roads.free_speed_mps[segment]
        leave = since + (time - since) * (done / weight if weight > 0.0 else 0.0)
        _write_progress(rows, slot, segment, enter, leave, offset, roads.length_m[segment])
        _write_traversal(
            slots, rows, slot, leave, roads.length_m[segment], slots.enter_offset[slot] < WHOLE_M
        )
        rest -= piece
        segment, offset, enter = scratch.path[step], 0.0, leave
        step += 1
        slots.route_segment[slot] = segment
        slots.enter_time[slot] = leave
        slots.enter_offset[slot] = 0.0
    to_m = min(offset + rest, roads.length_m[segment])
    _write_progress(rows, slot, segment, enter, time, offset, to_m)
    slots.route_offset[slot] = to_m
    slots.route_time[slot] = time
    return step


@numba.njit(cache=True, nogil=True)
def release(slots: Slots, pool: Pool, slot: int) -> None:
    """Take the oldest pending record off a vehicle's list and give it back to the pool."""
    record = slots.head[slot]
    following = pool.next[record]
    slots.head[slot] = following
    if following < 0:
        slots.tail[slot] = -1
    slots.pending[slot] -= 1
    if pool.kind[record] == LAYER:
        slots.layers[slot] -= 1
        if slots.layer_record[slot] == record:
            slots.layer_record[slot] = -1
        while following >= 0 and pool.kind[following] != LAYER:
            following = pool.next[following]
        if following >= 0:
            pool.previous_layer[following] = -1
    pool.free[pool.free_count[0]] = record
    pool.free_count[0] += 1


@numba.njit(cache=True, nogil=True)
def _answer_here(
    roads: Roads, slots: Slots, rows: Rows, pool: Pool, slot: int, record: int
) -> None:
    segment = slots.route_segment[slot]
    if segment < 0:
        write_matched(
            rows, slot, pool.time[record], pool.tag[record], -1, 0.0,
            pool.x[record], pool.y[record], NO_ROAD_NEAR,
        )  # fmt: skip
        return
    x, y = place_at(roads, segment, slots.route_offset[slot])
    write_matched(
        rows, slot, pool.time[record], pool.tag[record], segment,
        slots.route_offset[slot], x, y, MATCHED,
    )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def _answer_unmatched(rows: Rows, pool: Pool, slot: int, record: int) -> None:
    reason = NO_ROAD_NEAR if pool.kind[record] == OFF_ROAD else OUTLIER
    write_matched(
        rows, slot, pool.time[record], pool.tag[record], -1, 0.0,
        pool.x[record], pool.y[record], reason,
    )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def _next_decided(slots: Slots, pool: Pool, slot: int) -> int:
    record = slots.head[slot]
    while record >= 0:
        if pool.kind[record] == LAYER:
            state = pool.choice[record]
            if state < 0:
                return -1
            if not pool.back[record, state] & FROZEN:
                return record
        record = pool.next[record]
    return -1


@numba.njit(cache=True, nogil=True)
def _drive_to(
    roads: Roads,
    graph: Graph,
    search: Search,
    table: Table,
    keys: Longs,
    slots: Slots,
    pool: Pool,
    model: Model,
    scratch: Scratch,
    rows: Rows,
    slot: int,
    goal: int,
) -> None:
    """Answer all pending records up to `goal`, a decided layer, driving the route to it."""
    state = pool.choice[goal]
    segment, offset = pool.segment[goal, state], float(pool.offset[goal, state])
    begins = slots.route_segment[slot] < 0
    steps = -1
    if not begins and not pool.back[goal, state] & BROKEN:
        steps = _plan(
            roads, graph, search, table, keys, model, scratch,
            slots.route_segment[slot], slots.route_offset[slot], segment, offset,
        )  # fmt: skip
    total = 0.0
    if steps >= 0:
        total = offset - slots.route_offset[slot]
        if steps > 0:
            total += roads.length_m[slots.route_segment[slot]]
        for k in range(steps - 1):
            total += roads.length_m[scratch.path[k]]
        total = max(total, 0.0)
    gx, gy = pool.x[goal] - slots.route_x[slot], pool.y[goal] - slots.route_y[slot]
    square = gx * gx + gy * gy
    rx, ry = slots.route_x[slot], slots.route_y[slot]
    driven, step, since = 0.0, 0, slots.route_time[slot]
    while slots.head[slot] != goal:
        record = slots.head[slot]
        if pool.kind[record] == NEAR:
            if steps >= 0:
                share = 0.0
                if square > 0.0:
                    share = ((pool.x[record] - rx) * gx + (pool.y[record] - ry) * gy) / square
                upto = max(driven, min(share, 1.0) * total)
                step = _advance(
                    roads, slots, rows, scratch, slot, step, steps, upto - driven, pool.time[record]
                )
                driven = upto
            _answer_here(roads, slots, rows, pool, slot, record)
        else:
            _answer_unmatched(rows, pool, slot, record)
        release(slots, pool, slot)
    time = pool.time[goal]
    if steps >= 0:
        _advance(roads, slots, rows, scratch, slot, step, steps, total - driven, time)
        slots.route_segment[slot] = segment
        slots.route_offset[slot] = offset
    else:
        if not begins:
            end_route(slots, rows, slot)
            write_break(rows, slot, since, time, NO_ROUTE_BREAK)
            slots.last_across[slot] = float("nan")
        begin_route(slots, slot, segment, offset, time)
    at, px, py, across, ux, uy, beyond = project(roads, segment, pool.x[goal], pool.y[goal])
    learn_noise(slots, model, slot, across, ux, uy, time - since)
    slots.route_x[slot] = pool.x[goal]
    slots.route_y[slot] = pool.y[goal]
    _answer_here(roads, slots, rows, pool, slot, goal)
    release(slots, pool, slot)


@numba.njit(cache=True, nogil=True)
def answer_decided(
    roads: Roads,
    graph: Graph,
    search: Search,
    table: Table,
    keys: Longs,
    slots: Slots,
    pool: Pool,
    model: Model,
    scratch: Scratch,
    rows: Rows,
    slot: int,
    hold_before: float,
) -> None:
    """Answer every pending record that is decided, oldest first.

    A fix near the last one waits for the layer after it, which says how far along it stands, until
    hold_before has passed it; then the vehicle is taken to stand.
    """
    while slots.head[slot] >= 0:
        goal = _next_decided(slots, pool, slot)
        if goal >= 0:
            _drive_to(
                roads, graph, search, table, keys, slots, pool, model, scratch, rows, slot, goal
            )
            continue
        record = slots.head[slot]
        if pool.kind[record] == NEAR:
            if not pool.time[record] < hold_before:
                return
            if slots.route_segment[slot] >= 0:
                _advance(roads, slots, rows, scratch, slot, 0, 0, 0.0, pool.time[record])
            _answer_here(roads, slots, rows, pool, slot, record)
        elif pool.kind[record] == LAYER and pool.choice[record] < 0:
            return
        else:
            _answer_unmatched(rows, pool, slot, record)
        release(slots, pool, slot)
