"""Which pending layers are decided: where all routes have met, and where the lag runs out.

Two states of a layer are decided. Its answer lies on the likeliest way of all. The settled route
passes its choice: the likeliest way among those that go on from what is settled already, so that
the route never jumps. A state that is not on such a way stays possible, for what was settled may
have been wrong.
"""

import numpy as np

from ingest.kernels.compiling import inlined_part
from mapmatch.kernels.layers import TELLS
from mapmatch.kernels.layout import Memory
from mapmatch.kernels.trellis import INFINITE, NO_WAY, STATE

UNKNOWN, TOLD, AMBIGUOUS = np.int64(0), np.int64(1), np.int64(2)
"""What is known of the level of a stretch of layers."""


@inlined_part
def _level_of(mem: Memory, record: int, state: int, later: int) -> int:
    """Give what is known of the level of a state of a layer; `later` is that of the layer after.

    Along roads over one another the last layer knows most, so it speaks for those before it.
    """
    fix = mem.pool[record]
    is_stacked = False
    for n in range(fix.count):
        is_stacked = is_stacked or fix.level[n] != fix.level[state]
    if not is_stacked:
        return UNKNOWN
    if later != UNKNOWN:
        return later
    return AMBIGUOUS if (fix.as_likely >> state) & 1 else TOLD


@inlined_part
def _told_since(mem: Memory, slot: int, record: int, answer: int) -> int:
    """Give TOLD where no way that is as likely now passes an open layer on another level."""
    vehicle = mem.slots[slot]
    for k in range(vehicle.layer_count):
        if vehicle.score[k] >= TELLS:
            continue
        at, state = np.int64(vehicle.layer_record), np.int64(k)
        while at != record:
            state = np.int64(mem.pool[at].back[state] & STATE)
            at = np.int64(mem.pool[at].previous_layer)
        if mem.pool[record].level[state] != mem.pool[record].level[answer]:
            return UNKNOWN
    return TOLD


@inlined_part
def decide_back(mem: Memory, record: int, answer: int, choice: int, level: int) -> None:
    """Choose two states of a layer, and with each the states that led there.

    `level` is what is known of the level of what comes after.
    """
    while record >= 0:
        fix = mem.pool[record]
        level = _level_of(mem, record, answer, level)
        fix.is_ambiguous = level == AMBIGUOUS
        fix.answer = answer
        fix.choice = choice
        answer = np.int64(fix.back[answer] & STATE)
        choice = np.int64(fix.route_back[choice] & STATE)
        record = np.int64(fix.previous_layer)


@inlined_part
def _only(mask: int) -> int:
    """Give the number of the lowest bit that is set."""
    state = np.int64(0)
    while (mask >> state) & 1 == 0:
        state += 1
    return state


@inlined_part
def _note_roots(mem: Memory, slot: int, decided: int) -> None:
    """Note which state of the first undecided layer each state of the newest one comes from."""
    vehicle = mem.slots[slot]
    for k in range(vehicle.layer_count):
        at, root = np.int64(vehicle.layer_record), np.int64(k)
        while at != decided and mem.pool[at].previous_layer != decided:
            root = np.int64(mem.pool[at].back[root] & STATE)
            at = np.int64(mem.pool[at].previous_layer)
        vehicle.root[k] = root


@inlined_part
def _share_a_root(mem: Memory, slot: int) -> bool:
    """Say whether all states come from one state of the oldest undecided layer."""
    vehicle = mem.slots[slot]
    is_shared = True
    for k in range(1, vehicle.layer_count):
        is_shared = is_shared and vehicle.root[k] == vehicle.root[0]
    return is_shared


@inlined_part
def decide_converged(mem: Memory, slot: int) -> bool:
    """Decide the layers up to the newest whose state all ways share; gives whether there is one.

    Where the states come from different ones of the oldest undecided layer no other is looked at.
    """
    vehicle = mem.slots[slot]
    record = np.int64(vehicle.layer_record)
    if record < 0 or not _share_a_root(mem, slot):
        return False
    mask, by_route = np.int64(0), np.int64(0)
    for k in range(vehicle.layer_count):
        mask |= 1 << k
        if vehicle.debt[k] < NO_WAY:
            by_route |= 1 << k
    while record >= 0:
        if mask & (mask - 1) == 0 and by_route & (by_route - 1) == 0:
            decide_back(mem, record, _only(mask), _only(by_route), UNKNOWN)
            _note_roots(mem, slot, record)
            return True
        fix = mem.pool[record]
        before, route_before = np.int64(0), np.int64(0)
        for k in range(fix.count):
            if (mask >> k) & 1:
                before |= 1 << (fix.back[k] & STATE)
            if (by_route >> k) & 1:
                route_before |= 1 << (fix.route_back[k] & STATE)
        mask, by_route = before, route_before
        record = np.int64(fix.previous_layer)
    return False


@inlined_part
def decide_until(mem: Memory, slot: int, before: float, most_layers: int) -> bool:
    """Decide the layers older than `before` and those beyond most_layers by the likeliest states.

    From then on the settled route reaches no state that came another way. Gives whether a layer was
    decided.
    """
    vehicle = mem.slots[slot]
    newest = np.int64(vehicle.layer_record)
    if newest < 0:
        return False
    answer, choice = np.int64(0), np.int64(0)
    score, route_score = INFINITE, INFINITE
    for k in range(vehicle.layer_count):
        if vehicle.score[k] < score:
            answer, score = np.int64(k), float(vehicle.score[k])
        if vehicle.score[k] + vehicle.debt[k] < route_score:
            choice, route_score = np.int64(k), float(vehicle.score[k] + vehicle.debt[k])
    record, depth = newest, 0
    while record >= 0 and mem.pool[record].time >= before and depth < most_layers:
        answer = np.int64(mem.pool[record].back[answer] & STATE)
        choice = np.int64(mem.pool[record].route_back[choice] & STATE)
        record = np.int64(mem.pool[record].previous_layer)
        depth += 1
    if record < 0:
        return False
    decide_back(mem, record, answer, choice, _told_since(mem, slot, record, answer))
    for k in range(vehicle.layer_count):
        if vehicle.debt[k] >= NO_WAY:
            continue
        at, ancestor = newest, np.int64(k)
        while at != record:
            ancestor = np.int64(mem.pool[at].route_back[ancestor] & STATE)
            at = np.int64(mem.pool[at].previous_layer)
        if ancestor != choice:
            vehicle.debt[k] = NO_WAY
    _note_roots(mem, slot, record)
    return True
