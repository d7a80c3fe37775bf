"""Which pending layers are decided: where all routes have met, and where the lag runs out."""

import numba

from mapmatch.kernels.layout import Pool, Slots
from mapmatch.kernels.trellis import STATE


@numba.njit(cache=True, nogil=True)
def decide_back(pool: Pool, record: int, state: int) -> None:
    """Choose a state of a layer, and with it the states that led there."""
    while record >= 0:
        pool.choice[record] = state
        state = pool.back[record, state] & STATE
        record = pool.previous_layer[record]


@numba.njit(cache=True, nogil=True)
def decide_converged(slots: Slots, pool: Pool, slot: int) -> bool:
    """Decide the layers up to the newest that all living states share; tells if there is one."""
    record = slots.layer_record[slot]
    if record < 0:
        return False
    mask = 0
    for k in range(slots.layer_count[slot]):
        if slots.segment[slot, k] >= 0:
            mask |= 1 << k
    while record >= 0:
        if mask & (mask - 1) == 0:
            state = 0
            while (mask >> state) & 1 == 0:
                state += 1
            decide_back(pool, record, state)
            return True
        before = 0
        for k in range(pool.count[record]):
            if (mask >> k) & 1:
                before |= 1 << (pool.back[record, k] & STATE)
        mask = before
        record = pool.previous_layer[record]
    return False


@numba.njit(cache=True, nogil=True)
def decide_until(slots: Slots, pool: Pool, slot: int, before: float, most_layers: int) -> bool:
    """Decide by the likeliest state the layers older than `before`, and those beyond most_layers.

    Living states that came another way die, so that what was answered stays true. Tells whether
    a layer was decided.
    """
    newest = slots.layer_record[slot]
    if newest < 0:
        return False
    best = -1
    for k in range(slots.layer_count[slot]):
        if slots.segment[slot, k] >= 0 and (
            best < 0 or slots.score[slot, k] < slots.score[slot, best]
        ):
            best = k
    record, state, depth = newest, best, 0
    while record >= 0 and pool.time[record] >= before and depth < most_layers:
        state = pool.back[record, state] & STATE
        record = pool.previous_layer[record]
        depth += 1
    if record < 0:
        return False
    decide_back(pool, record, state)
    for k in range(slots.layer_count[slot]):
        if slots.segment[slot, k] < 0 or k == best:
            continue
        at, ancestor = newest, k
        while at != record:
            ancestor = pool.back[at, ancestor] & STATE
            at = pool.previous_layer[at]
        if ancestor != state:
            slots.segment[slot, k] = -1
    return True
