"""Memory of the vehicles under way: records for the kernels, grown when more vehicles come."""

import numpy as np

from mapmatch.kernels.layout import (
    BREAK_ROW,
    CANDIDATE,
    DEPARTURE,
    HYPOTHESIS,
    KEPT,
    MATCHED_ROW,
    MOST_STATES,
    PENDING,
    PROGRESS_ROW,
    SLOT,
    TRAVERSAL_ROW,
    Memory,
    Records,
)
from mapmatch.kernels.noise import FIRST_TRUST
from mapmatch.kernels.online import MOST_PENDING, SLACK_ROWS
from mapmatch.kernels.trellis import MOST_FROZEN

_ROUTE_SEGMENTS = 2048
"""Longest route between two fixes. Unit: segments. Source: chosen; reach_m in blocks of 3 m."""
_ROWS = 3 * SLACK_ROWS
"""Rows of a kind that a call may write. Unit: count. Source: chosen, three fixes at their most."""
CACHE_LINE = 64
"""A cache line. Unit: bytes. Source: the processor."""


def records(dtype: np.dtype, count: int) -> Records:
    """Give zeroed records that both compiled and plain code read by name.

    They begin at a cache line, so that records of half a line or a whole one cross none.
    """
    size = count * dtype.itemsize
    room = np.zeros(size + CACHE_LINE, np.uint8)
    first = -room.ctypes.data % CACHE_LINE
    return room[first : first + size].view(dtype).view(np.recarray)


def new_slots(count: int) -> Records:
    """Give slots for vehicles not yet seen."""
    slots = records(SLOT, count)
    for name in ("head", "tail", "layer_record", "route_segment", "answer_segment"):
        slots[name] = -1
    slots["last_across"] = slots["last_x"] = slots["last_y"] = np.nan
    slots["last_heading"], slots["heading_trust"] = np.nan, FIRST_TRUST
    slots["off_s"] = slots["off_first"] = slots["off_last"] = -1.0
    return slots


def new_memory(model: Records, slots: int = 64, pool: int = 1024) -> Memory:
    """Give memory for some vehicles and pending fixes."""
    return Memory(
        model=model,
        slots=new_slots(slots),
        due=np.full(slots, np.inf),
        pool=records(PENDING, pool),
        free=np.arange(pool - 1, -1, -1, dtype=np.int32),
        free_count=np.array([pool], np.int64),
        written=np.zeros(4, np.int64),
        matched=records(MATCHED_ROW, _ROWS),
        progress=records(PROGRESS_ROW, _ROWS),
        traversals=records(TRAVERSAL_ROW, _ROWS),
        breaks=records(BREAK_ROW, _ROWS),
        candidates=records(CANDIDATE, MOST_STATES),
        departures=records(DEPARTURE, MOST_STATES),
        hypotheses=records(HYPOTHESIS, MOST_STATES + MOST_FROZEN),
        choice=np.zeros(MOST_STATES, np.int32),
        kept=records(KEPT, MOST_STATES),
        path=np.zeros(_ROUTE_SEGMENTS, np.int32),
    )


def aside_of(memory: Memory) -> Memory:
    """Give room for one vehicle and all it can have pending; the rest is that of `memory`."""
    most = int(MOST_PENDING)
    return memory._replace(
        slots=new_slots(1),
        due=np.full(1, np.inf),
        pool=records(PENDING, most),
        free=np.zeros(most, np.int32),
        free_count=np.zeros(1, np.int64),
    )


def with_slots(memory: Memory, count: int) -> Memory:
    """Give the same memory with more slots."""
    slots = new_slots(count)
    slots[: len(memory.slots)] = memory.slots
    due = np.full(count, np.inf)
    due[: len(memory.due)] = memory.due
    return memory._replace(slots=slots, due=due)


def with_pool(memory: Memory, count: int) -> Memory:
    """Give the same memory with more free records for pending fixes."""
    old, free = len(memory.pool), int(memory.free_count[0])
    pool = records(PENDING, count)
    pool[:old] = memory.pool
    stack = np.empty(count, np.int32)
    stack[: count - old] = np.arange(count - 1, old - 1, -1)
    stack[count - old : count - old + free] = memory.free[:free]
    return memory._replace(
        pool=pool, free=stack, free_count=np.array([count - old + free], np.int64)
    )
