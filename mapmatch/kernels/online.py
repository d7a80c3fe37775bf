"""The matcher's two calls: take fixes of many vehicles, and let event time pass."""

from math import exp, sqrt

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
from mapmatch.kernels.layout import Bytes, City, Floats, Ints, Longs, Memory, Singles
from mapmatch.kernels.noise import forget_noise, sigma_of, tau_of
from mapmatch.kernels.settle import decide_converged, decide_until
from mapmatch.kernels.trellis import commit_layer, keep_likeliest, next_layer, start_layer

# Rows that one fix can write at most: every pending fix of its vehicle, each over a long route.
SLACK_ROWS = 40_000
MOST_PENDING = 64
INFINITE = 1e300


@numba.njit(cache=True, nogil=True)
def forget_vehicle(mem: Memory, slot: int) -> None:
    """Set a slot to a vehicle never seen."""
    vehicle = mem.slots[slot]
    vehicle.is_active = 0
    vehicle.head = -1
    vehicle.tail = -1
    vehicle.pending = 0
    vehicle.layers = 0
    vehicle.layer_record = -1
    vehicle.layer_count = 0
    vehicle.route_segment = -1
    forget_noise(mem, slot)


@numba.njit(cache=True, nogil=True)
def _append(mem: Memory, slot: int, kind: int, time: float, x: float, y: float, tag: int) -> int:
    vehicle = mem.slots[slot]
    mem.free_count[0] -= 1
    record = mem.free[mem.free_count[0]]
    mem.pool[record].next = -1
    mem.pool[record].kind = kind
    mem.pool[record].choice = -1
    mem.pool[record].time = time
    mem.pool[record].x = x
    mem.pool[record].y = y
    mem.pool[record].tag = tag
    if vehicle.tail >= 0:
        mem.pool[vehicle.tail].next = record
    else:
        vehicle.head = record
    vehicle.tail = record
    vehicle.pending += 1
    return record


@numba.njit(cache=True, nogil=True)
def settle_vehicle(
    city: City,
    mem: Memory,
    slot: int,
    now: float,
) -> None:
    """Answer what has waited long enough when event time reaches `now`."""
    vehicle = mem.slots[slot]
    model = mem.model[0]
    if vehicle.head < 0:
        return
    if mem.pool[vehicle.head].time < now - min(model.settle_after_s, model.hold_s):
        decide_until(mem, slot, now - model.settle_after_s, 1000)
        answer_decided(
            city, mem, slot,
            now - model.hold_s,
        )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def end_vehicle(
    city: City,
    mem: Memory,
    slot: int,
) -> None:
    """Answer all that is pending and close the route."""
    decide_until(mem, slot, INFINITE, 1000)
    answer_decided(city, mem, slot, INFINITE)
    end_route(mem, slot)


@numba.njit(cache=True, nogil=True)
def _lose_vehicle(
    city: City,
    mem: Memory,
    slot: int,
    is_told: bool,
) -> None:
    since = mem.slots[slot].last_time
    end_vehicle(city, mem, slot)
    forget_vehicle(mem, slot)
    if is_told:
        write_break(mem, slot, since, float("nan"), GAP_BREAK)


@numba.njit(cache=True, nogil=True)
def _is_near(
    mem: Memory,
    slot: int,
    time: float,
    x: float,
    y: float,
    speed: float,
    sigma: float,
    tau: float,
) -> bool:
    """Tell whether a fix is no further from the last layer's fix than noise alone would carry it."""
    vehicle = mem.slots[slot]
    model = mem.model[0]
    if vehicle.layer_count == 0:
        return False
    gx, gy = x - vehicle.layer_x, y - vehicle.layer_y
    gap = sqrt(gx * gx + gy * gy)
    dt = time - vehicle.layer_time
    drift = sigma * sqrt(2.0 * (1.0 - exp(-dt / tau)))
    if speed == speed:
        if speed < model.standing_speed_mps:
            return gap < max(4.0 * drift, model.near_m)
        return gap < model.near_m
    return gap < max(model.near_sigmas * drift, model.near_m)


@numba.njit(cache=True, nogil=True)
def take_fixes(
    city: City,
    mem: Memory,
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
    model = mem.model[0]
    room = len(mem.progress) - SLACK_ROWS
    room_matched = len(mem.matched) - 2 * MOST_PENDING
    for n in range(first, len(fix_slot)):
        if (
            mem.written[1] > room
            or mem.written[2] > room
            or mem.written[0] > room_matched
            or mem.written[3] > room_matched
        ):
            return n
        slot, time, x, y = fix_slot[n], fix_time[n], fix_x[n], fix_y[n]
        vehicle = mem.slots[slot]
        if vehicle.is_active:
            if time < vehicle.last_time:
                write_matched(mem, slot, time, fix_tag[n], -1, 0.0, x, y, OUT_OF_ORDER)
                continue
            if time - vehicle.last_time > model.restart_after_s:
                _lose_vehicle(city, mem, slot, True)
            else:
                settle_vehicle(city, mem, slot, time)
        vehicle.is_active = 1
        vehicle.last_time = time
        if vehicle.pending >= MOST_PENDING:
            decide_until(mem, slot, INFINITE, 1000)
            answer_decided(city, mem, slot, INFINITE)
        sigma, tau = sigma_of(mem, slot), tau_of(mem, slot)
        if _is_near(mem, slot, time, x, y, fix_speed[n], sigma, tau):
            _append(mem, slot, NEAR, time, x, y, fix_tag[n])
            continue
        count = 0
        if vehicle.layer_count == 0 or time > vehicle.layer_time:
            count = find_candidates(
                city, mem, x, y, fix_speed[n], fix_heading[n], fix_is_bus[n], sigma
            )
        if count == 0:
            _append(mem, slot, OFF_ROAD, time, x, y, fix_tag[n])
        else:
            if vehicle.layer_count == 0:
                total = start_layer(mem, count, sigma)
            else:
                total = next_layer(
                    city, mem, slot,
                    time, x, y, fix_speed[n], count, sigma, tau,
                )  # fmt: skip
            kept = keep_likeliest(mem, total)
            record = _append(mem, slot, LAYER, time, x, y, fix_tag[n])
            commit_layer(mem, slot, record, kept, count, time, x, y)
            is_decided = decide_converged(mem, slot)
            if vehicle.layers > model.lag and not is_decided:
                decide_until(mem, slot, -INFINITE, model.lag)
        answer_decided(city, mem, slot, -INFINITE)
    return len(fix_slot)


@numba.njit(cache=True, nogil=True)
def pass_time(
    city: City,
    mem: Memory,
    first: int,
    stop: int,
    now: float,
    is_last: bool,
    expired: Ints,
) -> tuple[int, int]:
    """Settle what is due in slots first to stop - 1 when event time reaches `now`.

    A vehicle silent for restart_after_s is answered, closed and written to `expired`. Gives the
    first slot not looked at, because `rows` was full, and how many have expired.
    """
    room = len(mem.progress) - SLACK_ROWS
    room_matched = len(mem.matched) - 2 * MOST_PENDING
    gone = 0
    for slot in range(first, stop):
        if (
            mem.written[1] > room
            or mem.written[2] > room
            or mem.written[0] > room_matched
            or mem.written[3] > room_matched
        ):
            return slot, gone
        vehicle = mem.slots[slot]
        if not vehicle.is_active:
            continue
        if now - vehicle.last_time > mem.model[0].restart_after_s:
            _lose_vehicle(city, mem, slot, not is_last)
            expired[gone] = slot
            gone += 1
        else:
            settle_vehicle(city, mem, slot, now)
    return stop, gone
