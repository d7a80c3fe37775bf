"""Driving a vehicle along its settled route: when it passed the nodes on its way."""

import numpy as np

from ingest.kernels.compiling import inlined_part, part
from mapmatch.kernels.layout import MatchGraph, Memory
from mapmatch.kernels.route import ensure_row, trace_row, trace_search
from mapmatch.kernels.rows import write_progress, write_traversal
from mapmatch.kernels.waits import coming_weight, leaving_weight, node_weight, share_passed

WHOLE_M = 1.0
"""A traversal that begins within this of the segment's start is whole. Unit: m. Source: chosen,
less than a vehicle's length."""
STANDING_M = 60.0
"""Further back than this on one segment is a loop driven. Unit: m. Source: chosen; noise moves a
vehicle that stands less."""


@inlined_part
def end_route(mem: Memory, slot: int) -> None:
    """Close the traversal under way, incomplete, and forget the route."""
    vehicle = mem.slots[slot]
    if vehicle.route_segment >= 0:
        write_traversal(mem, slot, vehicle.route_time, vehicle.route_offset, False)
    vehicle.route_segment = -1
    vehicle.answer_segment = -1


@inlined_part
def begin_route(mem: Memory, slot: int, segment: int, offset: float, time: float) -> None:
    """Begin a route in the middle of a segment."""
    vehicle = mem.slots[slot]
    vehicle.route_segment = segment
    vehicle.route_offset = offset
    vehicle.route_time = time
    vehicle.enter_time = time
    vehicle.enter_offset = offset
    vehicle.off_first = -1.0
    vehicle.off_last = -1.0


@part
def turn_round(graph: MatchGraph, mem: Memory, slot: int) -> None:
    """Turn round where the vehicle is: its traversal ends, and one of the other way begins."""
    vehicle = mem.slots[slot]
    segment = np.int64(vehicle.route_segment)
    write_traversal(mem, slot, vehicle.route_time, vehicle.route_offset, False)
    offset = offset_back(graph, segment, float(vehicle.route_offset))
    back = np.int64(graph.segments[segment].reverse_segment)
    begin_route(mem, slot, back, offset, float(vehicle.route_time))


@inlined_part
def offset_back(graph: MatchGraph, segment: int, offset: float) -> float:
    """Give the offset of a segment's place on the same street's other way, metres."""
    back = graph.segments[graph.segments[segment].reverse_segment]
    share = offset / graph.segments[segment].length_m
    return min(max(1.0 - share, 0.0), 1.0) * back.length_m


@inlined_part
def plan_route(
    graph: MatchGraph,
    mem: Memory,
    start: int,
    start_offset: float,
    end: int,
    end_offset: float,
) -> int:
    """Write the segments after `start`, up to `end`, into mem.path; gives how many, -1: no route.

    None is written where the vehicle stays on its segment.
    """
    if start == end and end_offset >= start_offset - STANDING_M:
        return 0
    count = -1
    if (
        not graph.rule[0].is_edge_based
        and graph.segments[start].to_node == graph.segments[end].from_node
    ):
        count = 0
    else:
        ensure_row(graph, np.int64(graph.segments[start].source_of))
        count = trace_row(graph, start, end, mem.path)
        if count < 0:
            count = trace_search(graph, start, end, mem.model[0].reach_m, mem.path)
    if count < 0 or count >= len(mem.path):
        return -1
    mem.path[count] = end
    return count + 1


@inlined_part
def metres_ahead(graph: MatchGraph, mem: Memory, slot: int, steps: int, offset: float) -> float:
    """Give the metres to an offset on the last segment of mem.path, at least 0."""
    vehicle = mem.slots[slot]
    total = offset - vehicle.route_offset
    if steps > 0:
        total += graph.segments[vehicle.route_segment].length_m
    for k in range(steps - 1):
        total += graph.segments[mem.path[k]].length_m
    return max(total, 0.0)


@part
def free_time(graph: MatchGraph, mem: Memory, slot: int, steps: int, metres: float) -> float:
    """Give the seconds at free speed of the next metres along mem.path."""
    return _way(graph, mem, slot, np.int64(0), steps, metres, float("nan"))[0]


@inlined_part
def _way(
    graph: MatchGraph,
    mem: Memory,
    slot: int,
    step: int,
    steps: int,
    metres: float,
    speed_mps: float,
) -> tuple[float, float]:
    """Give the seconds at free speed of the next metres, and the weight of waiting on them."""
    vehicle = mem.slots[slot]
    at, rest = np.int64(vehicle.route_segment), metres
    to_end = graph.segments[at].length_m - vehicle.route_offset
    free_s, weight, last = 0.0, 0.0, step
    while last < steps and rest > to_end:
        piece_s = max(to_end, 0.0) / graph.segments[at].free_speed_mps
        if last == step:
            weight += leaving_weight(np.float64(vehicle.route_mps), piece_s)
        weight += node_weight(graph.segments[at].has_signal)
        free_s += piece_s
        rest -= to_end
        at = np.int64(mem.path[last])
        to_end = float(graph.segments[at].length_m)
        last += 1
    piece_s = max(rest, 0.0) / graph.segments[at].free_speed_mps
    return free_s + piece_s, weight + coming_weight(speed_mps, piece_s)


@inlined_part
def advance(
    graph: MatchGraph,
    mem: Memory,
    slot: int,
    step: int,
    steps: int,
    metres: float,
    time: float,
    speed_mps: float,
) -> int:
    """Drive some metres along mem.path until `time`; gives the place in it of the next segment.

    `steps` segments are in mem.path, `step` is the next one. `speed_mps` is that of the fix there,
    NaN if it gave none. When a node was passed follows from where the vehicle drives freely and
    where it waits: at a slow fix, or before a node.
    """
    vehicle = mem.slots[slot]
    since = vehicle.route_time
    segment, offset = np.int64(vehicle.route_segment), float(vehicle.route_offset)
    free_s, weight = _way(graph, mem, slot, step, steps, metres, speed_mps)
    free_done_s, weight_done, rest = 0.0, 0.0, metres
    enter = since
    while step < steps and rest >= graph.segments[segment].length_m - offset:
        piece = graph.segments[segment].length_m - offset
        if piece >= rest and piece > 0.0:
            break
        piece_s = max(piece, 0.0) / graph.segments[segment].free_speed_mps
        if weight_done == 0.0:
            weight_done = leaving_weight(np.float64(vehicle.route_mps), piece_s)
        free_done_s += piece_s
        weight_done += node_weight(graph.segments[segment].has_signal)
        share = share_passed(time - since, free_s, weight, free_done_s, weight_done)
        leave = max(enter, since + (time - since) * share)
        write_progress(mem, slot, segment, enter, leave, offset, graph.segments[segment].length_m)
        write_traversal(
            mem, slot, leave, graph.segments[segment].length_m, vehicle.enter_offset < WHOLE_M
        )
        rest -= piece
        segment, offset, enter = np.int64(mem.path[step]), 0.0, leave
        step += 1
        vehicle.route_segment = segment
        vehicle.enter_time = leave
        vehicle.enter_offset = 0.0
    to_m = min(offset + rest, graph.segments[segment].length_m)
    write_progress(mem, slot, segment, enter, time, offset, to_m)
    vehicle.route_offset = to_m
    vehicle.route_time = time
    vehicle.off_first = -1.0
    vehicle.off_last = -1.0
    vehicle.route_mps = speed_mps
    return step


@part
def enter_last(
    graph: MatchGraph, mem: Memory, slot: int, step: int, steps: int, time: float
) -> None:
    """Enter the last segment of mem.path at `time`, where the metres driven end at its start."""
    vehicle = mem.slots[slot]
    while step < steps:
        length_m = float(graph.segments[vehicle.route_segment].length_m)
        write_traversal(mem, slot, time, length_m, vehicle.enter_offset < WHOLE_M)
        vehicle.route_segment = mem.path[step]
        vehicle.enter_time = time
        vehicle.enter_offset = 0.0
        step += 1
