"""The likeliest route to each vehicle's newest fix, by the fixes that are not settled yet."""

import numba
import numpy as np

from ingest.kernels.compiling import part
from mapmatch.kernels.layout import MatchGraph, Memory
from mapmatch.kernels.online import INFINITE, MOST_PENDING, is_full
from mapmatch.kernels.pending import LAYER, answer_decided
from mapmatch.kernels.settle import decide_until

ASIDE = np.int64(0)


@part
def _set_aside(mem: Memory, aside: Memory, slot: int) -> None:
    """Copy a vehicle and its pending fixes into `aside`, numbered from 0 there, the oldest
    first."""
    aside.slots[ASIDE] = mem.slots[slot]
    vehicle = aside.slots[ASIDE]
    record, count, layer = np.int64(vehicle.head), np.int64(0), np.int64(-1)
    newest_layer = np.int64(-1)
    while record >= 0:
        aside.pool[count] = mem.pool[record]
        fix = aside.pool[count]
        if vehicle.layer_record == record:
            newest_layer = count
        if fix.kind == LAYER:
            if fix.previous_layer >= 0:
                fix.previous_layer = layer
            layer = count
        record = np.int64(fix.next)
        fix.next = count + 1 if record >= 0 else -1
        count += 1
    vehicle.head = 0
    vehicle.tail = count - 1
    vehicle.layer_record = newest_layer
    aside.free_count[0] = 0


@numba.njit(cache=True, nogil=True, _nrt=False)
def read_open(
    graph: MatchGraph, mem: Memory, aside: Memory, first_slot: int, stop_slot: int
) -> int:
    """Write the rows that settling all pending fixes now would give, and settle none.

    Reads slots first_slot to stop_slot - 1 and gives the first one not read, for the rows to write
    to were full. `aside` has room for one vehicle with MOST_PENDING fixes; it shares the rows to
    write to and the scratch with `mem`. Nothing else of `mem` is written.
    """
    for slot in range(first_slot, stop_slot):
        if mem.slots[slot].head < 0:
            continue
        if is_full(mem):
            return slot
        before = mem.written[1]
        _set_aside(mem, aside, slot)
        decide_until(aside, ASIDE, INFINITE, MOST_PENDING)
        answer_decided(graph, aside, ASIDE, INFINITE)
        for n in range(before, mem.written[1]):
            mem.progress[n].slot = slot
    return stop_slot
