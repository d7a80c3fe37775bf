"""The matcher's two calls: take fixes of many vehicles, and let event time pass."""

from math import sqrt

import numba

from mapmatch.kernels.candidates import find_candidates
from mapmatch.kernels.drive import (
    GAP_BREAK,
    LAYER,
    NEAR,
    OFF_ROAD,
    OUT_OF_ORDER,
    answer_decided,
    end_route,
    write_break,
    write_matched,
)
from mapmatch.kernels.layout import (
    Bytes,
    Floats,
    Graph,
    Ints,
    Longs,
    Model,
    Pool,
    Roads,
    Rows,
    Scratch,
    Search,
    Singles,
    Slots,
    Table,
)
from mapmatch.kernels.noise import forget_noise, sigma_of, tau_of
from mapmatch.kernels.settle import decide_converged, decide_until
from mapmatch.kernels.trellis import commit_layer, keep_likeliest, next_layer, start_layer

# Rows that one fix can write at most: every pending fix of its vehicle, each over a long route.
SLACK_ROWS = 40_000
MOST_PENDING = 64
INFINITE = 1e300


@numba.njit(cache=True, nogil=True)
def forget_vehicle(slots: Slots, slot: int) -> None:
    """Set a slot to a vehicle never seen."""
    slots.is_active[slot] = 0
    slots.head[slot] = -1
    slots.tail[slot] = -1
    slots.pending[slot] = 0
    slots.layers[slot] = 0
    slots.layer_record[slot] = -1
    slots.layer_count[slot] = 0
    slots.route_segment[slot] = -1
    forget_noise(slots, slot)


@numba.njit(cache=True, nogil=True)
def _append(
    slots: Slots, pool: Pool, slot: int, kind: int, time: float, x: float, y: float, tag: int
) -> int:
    pool.free_count[0] -= 1
    record = pool.free[pool.free_count[0]]
    pool.next[record] = -1
    pool.kind[record] = kind
    pool.choice[record] = -1
    pool.time[record] = time
    pool.x[record] = x
    pool.y[record] = y
    pool.tag[record] = tag
    if slots.tail[slot] >= 0:
        pool.next[slots.tail[slot]] = record
    else:
        slots.head[slot] = record
    slots.tail[slot] = record
    slots.pending[slot] += 1
    return record


@numba.njit(cache=True, nogil=True)
def settle_vehicle(
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
    now: float,
) -> None:
    """Answer what has waited long enough when event time reaches `now`."""
    if slots.head[slot] < 0:
        return
    if pool.time[slots.head[slot]] < now - min(model.settle_after_s, model.hold_s):
        decide_until(slots, pool, slot, now - model.settle_after_s, 1000)
        answer_decided(
            roads, graph, search, table, keys, slots, pool, model, scratch, rows, slot,
            now - model.hold_s,
        )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def end_vehicle(
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
) -> None:
    """Answer all that is pending and close the route."""
    decide_until(slots, pool, slot, INFINITE, 1000)
    answer_decided(
        roads, graph, search, table, keys, slots, pool, model, scratch, rows, slot, INFINITE
    )
    end_route(slots, rows, slot)


@numba.njit(cache=True, nogil=True)
def _lose_vehicle(
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
) -> None:
    since = slots.last_time[slot]
    end_vehicle(roads, graph, search, table, keys, slots, pool, model, scratch, rows, slot)
    forget_vehicle(slots, slot)
    write_break(rows, slot, since, float("nan"), GAP_BREAK)


@numba.njit(cache=True, nogil=True)
def _is_near(
    slots: Slots,
    model: Model,
    slot: int,
    time: float,
    x: float,
    y: float,
    speed: float,
    sigma: float,
    tau: float,
) -> bool:
    """Tell whether a fix is no further from the last layer's fix than noise alone would carry it."""
    if slots.layer_count[slot] == 0:
        return False
    gx, gy = x - slots.layer_x[slot], y - slots.layer_y[slot]
    gap = sqrt(gx * gx + gy * gy)
    dt = time - slots.layer_time[slot]
    drift = sigma * sqrt(2.0 * (1.0 - 2.718281828459045 ** (-dt / tau)))
    if speed == speed:
        if speed < model.standing_speed_mps:
            return gap < max(4.0 * drift, model.near_m)
        return gap < model.near_m
    return gap < max(model.near_sigmas * drift, model.near_m)


@numba.njit(cache=True, nogil=True)
def take_fixes(
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
    first: int,
    fix_slot: Ints,
    fix_time: Floats,
    fix_x: Floats,
    fix_y: Floats,
    fix_speed: Singles,
    fix_heading: Singles,
    fix_is_bus: Bytes,
    fix_tag: Longs,
) -> int:
    """Take fixes in order from `first` on; gives the first not taken, because `rows` was full.

    Fixes of one vehicle in time order. fix_slot names the vehicle, time in seconds, x and y in local
    metres, speed in m/s and heading in radians clockwise from north (both NaN where absent).
    """
    room = len(rows.progress_slot) - SLACK_ROWS
    room_matched = len(rows.matched_slot) - 2 * MOST_PENDING
    for n in range(first, len(fix_slot)):
        if (
            rows.written[1] > room
            or rows.written[2] > room
            or rows.written[0] > room_matched
            or rows.written[3] > room_matched
        ):
            return n
        slot, time, x, y = fix_slot[n], fix_time[n], fix_x[n], fix_y[n]
        if slots.is_active[slot]:
            if time < slots.last_time[slot]:
                write_matched(rows, slot, time, fix_tag[n], -1, 0.0, x, y, OUT_OF_ORDER)
                continue
            if time - slots.last_time[slot] > model.restart_after_s:
                _lose_vehicle(
                    roads, graph, search, table, keys, slots, pool, model, scratch, rows, slot
                )
            else:
                settle_vehicle(
                    roads, graph, search, table, keys, slots, pool, model, scratch, rows, slot, time
                )
        slots.is_active[slot] = 1
        slots.is_bus[slot] = fix_is_bus[n]
        slots.last_time[slot] = time
        if slots.pending[slot] >= MOST_PENDING:
            decide_until(slots, pool, slot, INFINITE, 1000)
            answer_decided(
                roads, graph, search, table, keys, slots, pool, model, scratch, rows, slot, INFINITE
            )
        sigma, tau = sigma_of(slots, model, slot), tau_of(slots, model, slot)
        if _is_near(slots, model, slot, time, x, y, fix_speed[n], sigma, tau):
            _append(slots, pool, slot, NEAR, time, x, y, fix_tag[n])
            continue
        count = 0
        if slots.layer_count[slot] == 0 or time > slots.layer_time[slot]:
            count = find_candidates(
                roads, model, scratch, x, y, fix_speed[n], fix_heading[n], fix_is_bus[n], sigma
            )
        if count == 0:
            _append(slots, pool, slot, OFF_ROAD, time, x, y, fix_tag[n])
        else:
            if slots.layer_count[slot] == 0:
                total = start_layer(scratch, count, sigma)
            else:
                total = next_layer(
                    roads, graph, search, table, keys, slots, model, scratch, slot,
                    time, x, y, fix_speed[n], count, sigma, tau,
                )  # fmt: skip
            kept = keep_likeliest(model, scratch, total)
            record = _append(slots, pool, slot, LAYER, time, x, y, fix_tag[n])
            commit_layer(slots, pool, scratch, slot, record, kept, count, time, x, y)
            is_decided = decide_converged(slots, pool, slot)
            if slots.layers[slot] > model.lag and not is_decided:
                decide_until(slots, pool, slot, -INFINITE, model.lag)
        answer_decided(
            roads, graph, search, table, keys, slots, pool, model, scratch, rows, slot, -INFINITE
        )
    return len(fix_slot)


@numba.njit(cache=True, nogil=True)
def pass_time(
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
    first: int,
    stop: int,
    now: float,
    expired: Ints,
) -> tuple[int, int]:
    """Settle what is due in slots first to stop - 1 when event time reaches `now`.

    A vehicle silent for restart_after_s is answered, closed and written to `expired`. Gives the
    first slot not looked at, because `rows` was full, and how many have expired.
    """
    room = len(rows.progress_slot) - SLACK_ROWS
    room_matched = len(rows.matched_slot) - 2 * MOST_PENDING
    gone = 0
    for slot in range(first, stop):
        if (
            rows.written[1] > room
            or rows.written[2] > room
            or rows.written[0] > room_matched
            or rows.written[3] > room_matched
        ):
            return slot, gone
        if not slots.is_active[slot]:
            continue
        if now - slots.last_time[slot] > model.restart_after_s:
            _lose_vehicle(
                roads, graph, search, table, keys, slots, pool, model, scratch, rows, slot
            )
            expired[gone] = slot
            gone += 1
        else:
            settle_vehicle(
                roads, graph, search, table, keys, slots, pool, model, scratch, rows, slot, now
            )
    return stop, gone
