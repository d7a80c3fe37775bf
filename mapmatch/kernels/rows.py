"""Rows that the matcher writes: answered fixes, progress, traversals and breaks."""

import numpy as np

from ingest.kernels.compiling import inlined_part, part
from mapmatch.kernels.layout import Memory

# Reasons of unmatched fixes and of breaks; names in mapmatch.records.
MATCHED = np.int64(0)
NO_ROAD_NEAR = np.int64(1)
OUTLIER = np.int64(2)
OUT_OF_ORDER = np.int64(3)
SAID_AGAIN = np.int64(4)
AMBIGUOUS = np.int64(5)  # on a segment, and as likely on one above or below it

NO_ROUTE_BREAK = np.int64(0)
GAP_BREAK = np.int64(1)
OFF_ROAD_BREAK = np.int64(2)
NO_SEGMENT = np.int64(-1)


@inlined_part
def write_matched(
    mem: Memory,
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
    n = mem.written[0]
    mem.matched[n].slot = slot
    mem.matched[n].time = time
    mem.matched[n].tag = tag
    mem.matched[n].segment = segment
    mem.matched[n].offset = offset
    mem.matched[n].x = x
    mem.matched[n].y = y
    mem.matched[n].reason = reason
    mem.written[0] = n + 1


@part
def write_break(mem: Memory, slot: int, since: float, time: float, reason: int) -> None:
    """Append one break: the trace was known until `since` and begins again at `time`."""
    n = mem.written[3]
    mem.breaks[n].slot = slot
    mem.breaks[n].since = since
    mem.breaks[n].time = time
    mem.breaks[n].reason = reason
    mem.written[3] = n + 1


@inlined_part
def write_progress(
    mem: Memory, slot: int, segment: int, enter: float, leave: float, from_m: float, to_m: float
) -> None:
    """Append how far a vehicle got on one segment between two settled fixes."""
    n = mem.written[1]
    mem.progress[n].slot = slot
    mem.progress[n].segment = segment
    mem.progress[n].enter = enter
    mem.progress[n].exit = leave
    mem.progress[n].enter_offset = from_m
    mem.progress[n].exit_offset = to_m
    mem.written[1] = n + 1


@inlined_part
def write_traversal(mem: Memory, slot: int, leave: float, to_m: float, is_complete: bool) -> None:
    """Append the traversal of the segment under way."""
    vehicle = mem.slots[slot]
    n = mem.written[2]
    mem.traversals[n].slot = slot
    mem.traversals[n].segment = vehicle.route_segment
    mem.traversals[n].enter = vehicle.enter_time
    mem.traversals[n].exit = leave
    mem.traversals[n].enter_offset = vehicle.enter_offset
    mem.traversals[n].exit_offset = to_m
    mem.traversals[n].is_complete = is_complete
    mem.written[2] = n + 1
