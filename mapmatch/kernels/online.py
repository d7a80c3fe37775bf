"""The matcher's two calls: take fixes of many vehicles, and let event time pass."""

from math import exp, hypot, sqrt

import numba
import numpy as np

from ingest.kernels.arrays import Int32s
from ingest.kernels.compiling import inlined_part
from mapmatch.kernels.ahead import look_ahead
from mapmatch.kernels.candidates import find_candidates, forget_lists
from mapmatch.kernels.drive import end_route
from mapmatch.kernels.layers import commit_layer, keep_likeliest, note_levels
from mapmatch.kernels.layout import MatchGraph, Memory, Records
from mapmatch.kernels.noise import (
    believed_heading,
    forget_headings,
    forget_noise,
    heading_sigma_of,
    learn_heading,
    sigma_of,
    tau_of,
)
from mapmatch.kernels.pending import LAYER, NEAR, OFF_ROAD, REPEATED, answer_decided
from mapmatch.kernels.rows import (
    GAP_BREAK,
    NO_SEGMENT,
    OUT_OF_ORDER,
    write_break,
    write_matched,
)
from mapmatch.kernels.settle import decide_converged, decide_until
from mapmatch.kernels.standing import begin_standing, stand_on
from mapmatch.kernels.trellis import next_layer, start_layer

SLACK_ROWS = 40_000
"""Rows that one fix may write at most. Unit: count. Source: chosen; every
pending fix of its vehicle over a route of 150 segments."""
MOST_PENDING = np.int64(256)
"""Fixes of one vehicle that may wait; one more settles all. Unit: count. Source: chosen; four
minutes of a fix a second, more than settle_after_s."""
INFINITE = float("inf")


@inlined_part
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
    vehicle.answer_segment = -1
    vehicle.last_x = float("nan")
    vehicle.last_y = float("nan")
    vehicle.off_s = -1.0
    vehicle.off_first = -1.0
    vehicle.off_last = -1.0
    forget_noise(mem, slot)
    forget_headings(mem, slot)


@inlined_part
def _append(
    mem: Memory, slot: int, kind: int, time: float, x: float, y: float, speed: float, tag: int
) -> int:
    """Add a fix to those of a vehicle that wait; gives its record in the pool."""
    vehicle = mem.slots[slot]
    mem.free_count[0] -= 1
    record = mem.free[mem.free_count[0]]
    mem.pool[record].next = -1
    mem.pool[record].kind = kind
    mem.pool[record].choice = -1
    mem.pool[record].time = time
    mem.pool[record].x = x
    mem.pool[record].y = y
    mem.pool[record].speed_mps = speed
    mem.pool[record].tag = tag
    if vehicle.tail >= 0:
        mem.pool[vehicle.tail].next = record
    else:
        vehicle.head = record
    vehicle.tail = record
    vehicle.pending += 1
    return record


@inlined_part
def _settle(
    graph: MatchGraph, mem: Memory, slot: int, before: float, most_layers: int, hold_before: float
) -> None:
    """Decide what is older than `before` or beyond most_layers, and answer what is decided."""
    vehicle = mem.slots[slot]
    if vehicle.head < 0:
        return
    oldest = mem.pool[vehicle.head]
    if oldest.time < before or vehicle.layers > most_layers:
        decide_until(mem, slot, before, most_layers)
    elif oldest.kind == LAYER and oldest.choice < 0:
        return
    answer_decided(graph, mem, slot, hold_before)


@inlined_part
def _note_due(mem: Memory, slot: int) -> None:
    """Note the event time before which time alone settles nothing of a vehicle.

    Where the oldest pending fix is an undecided layer it waits for settle_after_s, another may be
    due sooner. The vehicle itself is forgotten after restart_after_s.
    """
    vehicle, model = mem.slots[slot], mem.model[0]
    due = vehicle.last_time + model.restart_after_s
    if vehicle.head >= 0:
        oldest = mem.pool[vehicle.head]
        wait = model.settle_after_s
        if oldest.kind != LAYER or oldest.choice >= 0:
            wait = min(wait, model.hold_s)
        due = min(due, oldest.time + wait)
    mem.due[slot] = due


@inlined_part
def _let_time_pass(graph: MatchGraph, mem: Memory, slot: int, now: float, is_last: bool) -> bool:
    """Settle what is due when event time reaches `now`; gives whether the vehicle was forgotten."""
    if now < mem.due[slot]:
        return False
    vehicle = mem.slots[slot]
    model = mem.model[0]
    is_lost = now - vehicle.last_time > model.restart_after_s
    before, hold_before = now - model.settle_after_s, now - model.hold_s
    if is_lost:
        before, hold_before = INFINITE, INFINITE
    _settle(graph, mem, slot, before, MOST_PENDING, hold_before)
    if not is_lost:
        _note_due(mem, slot)
        return False
    end_route(mem, slot)
    if not is_last:
        write_break(mem, slot, vehicle.last_time, float("nan"), GAP_BREAK)
    forget_vehicle(mem, slot)
    mem.due[slot] = INFINITE
    return True


@inlined_part
def is_full(mem: Memory) -> bool:
    """Say whether one more fix could write more rows than there is room for."""
    return (
        mem.written[0] + 2 * MOST_PENDING > len(mem.matched)
        or mem.written[1] + SLACK_ROWS > len(mem.progress)
        or mem.written[2] + SLACK_ROWS > len(mem.traversals)
        or mem.written[3] + 2 * MOST_PENDING > len(mem.breaks)
    )


@inlined_part
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
    """Say whether a fix is so near to the newest layer's that it makes no layer of its own."""
    vehicle = mem.slots[slot]
    model = mem.model[0]
    # Where the newest layer's fix counts as an outlier, nearness to it says nothing.
    if vehicle.layer_count == 0 or vehicle.age[0] > 0.0:
        return False
    # Who comes back after a while off the road may have been anywhere.
    if vehicle.off_s >= 0.0 and time - vehicle.layer_time - vehicle.off_s > model.bridge_s:
        return False
    if speed < model.standing_speed_mps:
        if vehicle.mean_count == 0:
            return False
        gx, gy = x - vehicle.mean_x, y - vehicle.mean_y
        return sqrt(gx * gx + gy * gy) < max(model.standing_sigmas * sigma, model.near_m)
    gx, gy = x - vehicle.layer_x, y - vehicle.layer_y
    gap = sqrt(gx * gx + gy * gy)
    dt = time - vehicle.layer_time
    drift = sigma * sqrt(2.0 * (1.0 - exp(-dt / tau)))
    if dt < model.layer_s and gap < model.layer_m:
        return True
    if speed == speed:
        return gap < model.near_m
    return gap < max(model.near_sigmas * drift, model.near_m)


@inlined_part
def _is_repeated(mem: Memory, slot: int, x: float, y: float, speed: float) -> bool:
    """Say whether a fix is the place of the one before, to the last digit, and does not stand.

    A receiver that lost the sky sends its last row again. Where it gives no speed the vehicle may
    stand all the same, and what comes next says so.
    """
    vehicle, model = mem.slots[slot], mem.model[0]
    if vehicle.layer_count == 0 or speed < model.standing_speed_mps:
        return False
    return np.float32(x) == vehicle.last_x and np.float32(y) == vehicle.last_y


@inlined_part
def _pace(mem: Memory, slot: int, time: float, x: float, y: float, speed: float) -> float:
    """Give how fast a vehicle goes by its fix, else straight from the newest layer's; NaN: not
    known."""
    vehicle = mem.slots[slot]
    if speed == speed or vehicle.layer_count == 0:
        return speed
    return hypot(x - vehicle.layer_x, y - vehicle.layer_y) / (time - vehicle.layer_time)


@inlined_part
def _take(
    graph: MatchGraph,
    mem: Memory,
    slot: int,
    n: int,
    time: float,
    x: float,
    y: float,
    speed: float,
    heading: float,
    is_bus: int,
    tag: int,
) -> None:
    """Take fix n of a call: add it to those pending, and decide and answer what it decides."""
    vehicle = mem.slots[slot]
    model = mem.model[0]
    before, most_layers = -INFINITE, model.lag
    sigma, tau = sigma_of(mem, slot), tau_of(mem, slot)
    if _is_repeated(mem, slot, x, y, speed):
        _append(mem, slot, REPEATED, time, x, y, speed, tag)
    elif _is_near(mem, slot, time, x, y, speed, sigma, tau):
        _append(mem, slot, NEAR, time, x, y, speed, tag)
        if speed < model.standing_speed_mps:
            stand_on(graph, mem, slot, time, x, y, sigma, tau)
    else:
        count = 0
        if vehicle.layer_count == 0 or time > vehicle.layer_time:
            learn_heading(mem, slot, x, y, speed, heading, sigma)
            count = find_candidates(
                graph, mem, n, x, y, speed, believed_heading(mem, slot, heading), is_bus, sigma,
                heading_sigma_of(mem, slot), _pace(mem, slot, time, x, y, speed),
            )  # fmt: skip
        if count == 0:
            _append(mem, slot, OFF_ROAD, time, x, y, speed, tag)
            if vehicle.off_s < 0.0:
                vehicle.off_s = time - vehicle.layer_time
        else:
            if vehicle.layer_count == 0:
                total = start_layer(mem, count, sigma)
            else:
                total = next_layer(graph, mem, slot, time, x, y, count, sigma, tau)
            kept = keep_likeliest(mem, total)
            record = _append(mem, slot, LAYER, time, x, y, speed, tag)
            commit_layer(mem, slot, record, kept, count, time, x, y)
            note_levels(graph, mem, slot, record)
            if speed < model.standing_speed_mps:
                begin_standing(mem, slot, x, y)
            if decide_converged(mem, slot):
                most_layers = MOST_PENDING
    vehicle.last_x = x
    vehicle.last_y = y
    hold_before = -INFINITE
    if vehicle.pending >= MOST_PENDING:
        before, hold_before = INFINITE, INFINITE
    _settle(graph, mem, slot, before, most_layers, hold_before)


@numba.njit(cache=True, nogil=True, _nrt=False)
def step(
    graph: MatchGraph,
    mem: Memory,
    first: int,
    fixes: Records,
    first_slot: int,
    stop_slot: int,
    now: float,
    is_last: bool,
    expired: Int32s,
) -> tuple[int, int, int]:
    """Take fixes (FIX records, a vehicle's in time order) from `first` on, then let time pass.

    Event time then reaches `now` (s): what is due in slots first_slot to stop_slot - 1 is settled.
    A vehicle silent for longer than restart_after_s is forgotten and its slot written to `expired`.
    Gives the first fix not taken, the first slot not looked at and how many slots expired. Fixes
    and slots are left for another call where the rows to write to are full.
    """
    is_never = first < 0
    forget_lists(graph)
    for n in range(first, len(fixes)):
        if is_full(mem):
            return n, first_slot, 0
        look_ahead(graph, mem, fixes, n)
        fix = fixes[n]
        slot = np.int64(fix.slot)
        vehicle = mem.slots[slot]
        if vehicle.is_active:
            if fix.time < vehicle.last_time:
                write_matched(
                    mem, slot, fix.time, fix.tag, NO_SEGMENT, 0.0, fix.x, fix.y, OUT_OF_ORDER
                )
                continue
            _let_time_pass(graph, mem, slot, fix.time, is_never)
        vehicle.gap_s = fix.time - vehicle.last_time if vehicle.is_active else 0.0
        vehicle.is_active = 1
        vehicle.last_time = fix.time
        _take(
            graph, mem, slot, n, fix.time, fix.x, fix.y, fix.speed_mps, fix.heading_rad,
            fix.is_bus, fix.tag,
        )  # fmt: skip
        _note_due(mem, slot)
    gone = 0
    for slot in range(first_slot, stop_slot):
        if now < mem.due[slot]:
            continue
        if is_full(mem):
            return len(fixes), slot, gone
        if mem.slots[slot].is_active and _let_time_pass(graph, mem, slot, now, is_last):
            expired[gone] = slot
            gone += 1
    return len(fixes), stop_slot, gone
