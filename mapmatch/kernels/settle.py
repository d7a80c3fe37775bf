"""Which pending layers are decided: where all routes have met, and where the lag runs out."""

import numba
import numpy as np

from mapmatch.kernels.layout import Memory
from mapmatch.kernels.trellis import STATE


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def decide_back(mem: Memory, record: int, state: int) -> None:
    """Choose a state of a layer, and with it the states that led there."""
    while record >= 0:
        mem.pool[record].choice = state
        state = mem.pool[record].back[state] & STATE
        record = mem.pool[record].previous_layer


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _note_roots(mem: Memory, slot: int, decided: int) -> None:
    """Note where each state of the newest layer comes from in the layer after a decided one."""
    vehicle = mem.slots[slot]
    for k in range(vehicle.layer_count):
        at, root = np.int64(vehicle.layer_record), k
        while at != decided and mem.pool[at].previous_layer != decided:
            root = mem.pool[at].back[root] & STATE
            at = np.int64(mem.pool[at].previous_layer)
        vehicle.root[k] = root


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _share_a_root(mem: Memory, slot: int) -> bool:
    vehicle = mem.slots[slot]
    root = -1
    for k in range(vehicle.layer_count):
        if vehicle.segment[k] >= 0:
            if root >= 0 and vehicle.root[k] != root:
                return False
            root = np.int64(vehicle.root[k])
    return True


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def decide_converged(mem: Memory, slot: int) -> bool:
    """Decide the layers up to the newest that all living states share; tells if there is one.

    Where not even the oldest undecided layer is shared no other is, and none is read.
    """
    vehicle = mem.slots[slot]
    record = np.int64(vehicle.layer_record)
    if record < 0 or not _share_a_root(mem, slot):
        return False
    mask = 0
    for k in range(vehicle.layer_count):
        if vehicle.segment[k] >= 0:
            mask |= 1 << k
    while record >= 0:
        if mask & (mask - 1) == 0:
            state = 0
            while (mask >> state) & 1 == 0:
                state += 1
            decide_back(mem, record, state)
            _note_roots(mem, slot, record)
            return True
        before = 0
        for k in range(mem.pool[record].count):
            if (mask >> k) & 1:
                before |= 1 << (mem.pool[record].back[k] & STATE)
        mask = before
        record = mem.pool[record].previous_layer
    return False


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def decide_until(mem: Memory, slot: int, before: float, most_layers: int) -> bool:
    """Decide by the likeliest state the layers older than `before`, and those beyond most_layers.

    Living states that came another way die, so that what was answered stays true. Tells whether
    a layer was decided.
    """
    vehicle = mem.slots[slot]
    newest = np.int64(vehicle.layer_record)
    if newest < 0:
        return False
    best = -1
    for k in range(vehicle.layer_count):
        if vehicle.segment[k] >= 0 and (best < 0 or vehicle.score[k] < vehicle.score[best]):
            best = k
    record, state, depth = newest, best, 0
    while record >= 0 and mem.pool[record].time >= before and depth < most_layers:
        state = mem.pool[record].back[state] & STATE
        record = mem.pool[record].previous_layer
        depth += 1
    if record < 0:
        return False
    decide_back(mem, record, state)
    for k in range(vehicle.layer_count):
        if vehicle.segment[k] < 0 or k == best:
            continue
        at, ancestor = newest, k
        while at != record:
            ancestor = mem.pool[at].back[ancestor] & STATE
            at = mem.pool[at].previous_layer
        if ancestor != state:
            vehicle.segment[k] = -1
    _note_roots(mem, slot, record)
    return True
