"""Asks memory for what the next fixes will read, while this one is worked on.

Fixes of a fleet come interleaved, so each begins with a vehicle, roads and routes that no cache
holds; the matcher would wait for them one after the other. Prefetching in stages, each stage
finding in the cache what the one before asked for, hides most of it (Chen, Ailamaki, Gibbons and
Mowry 2004, Improving hash join performance through prefetching, sections 4 and 5).
"""

import numpy as np

from ingest.kernels.compiling import inlined_part
from mapmatch.kernels.candidates import cell_of, list_about, radius_of
from mapmatch.kernels.layout import MatchGraph, Memory, Records
from mapmatch.kernels.noise import sigma_of
from mapmatch.kernels.prefetch import prefetch

FIRST, SECOND, THIRD, FOURTH = 2, 4, 6, 8
"""How far ahead the stages ask, the last one first. Unit: fixes. Source: chosen; two fixes take far
longer than memory does to answer."""
LINE = np.int64(64)
"""A cache line. Unit: bytes. Source: the processor."""
SLOT_LINES, PENDING_LINES = np.int64(10), np.int64(3)
"""A vehicle and a pending fix. Unit: cache lines. Source: the records in kernels/layout.py."""
CELL_LINES, ROUTE_LINES = np.int64(2), np.int64(3)
"""What a cell lists, and the near part of a row of the path table. Unit: cache lines. Source:
chosen, as they are in a city's network at most places."""


@inlined_part
def _ask_vehicle_and_cell(graph: MatchGraph, mem: Memory, fixes: Records, n: int) -> None:
    fix = fixes[n]
    prefetch(graph.grid_offsets, cell_of(graph, fix.x, fix.y), np.int64(0))
    for line in range(SLOT_LINES):
        prefetch(mem.slots, np.int64(fix.slot), line * LINE)


@inlined_part
def _ask_boxes_and_states(graph: MatchGraph, mem: Memory, fixes: Records, n: int) -> None:
    fix = fixes[n]
    first = np.int64(graph.grid_offsets[max(cell_of(graph, fix.x, fix.y), 0)])
    for line in range(CELL_LINES):
        prefetch(graph.grid_boxes, first, line * LINE)
        prefetch(graph.grid_segments, first, line * LINE)
    vehicle = mem.slots[fix.slot]
    for i in range(vehicle.layer_count):
        prefetch(graph.segments, np.int64(vehicle.segment[i]), np.int64(0))
    for line in range(PENDING_LINES):
        prefetch(mem.pool, np.int64(vehicle.layer_record), line * LINE)
        prefetch(mem.pool, np.int64(vehicle.head), line * LINE)
    prefetch(graph.segments, np.int64(vehicle.route_segment), np.int64(0))


@inlined_part
def _ask_roads_and_rows(graph: MatchGraph, mem: Memory, fixes: Records, n: int) -> None:
    fix = fixes[n]
    radius = radius_of(mem, sigma_of(mem, np.int64(fix.slot)))
    begin, count = list_about(graph, n, fix.x, fix.y, radius)
    for k in range(begin, begin + count):
        prefetch(graph.segments, np.int64(graph.listed[k]), np.int64(0))
    vehicle = mem.slots[fix.slot]
    for i in range(vehicle.layer_count):
        row = np.int64(graph.segments[vehicle.segment[i]].source_of)
        prefetch(graph.path_rows, row, np.int64(0))
    if vehicle.route_segment >= 0:
        row = np.int64(graph.segments[vehicle.route_segment].source_of)
        prefetch(graph.path_rows, row, np.int64(0))


@inlined_part
def _ask_lines_and_routes(graph: MatchGraph, mem: Memory, fixes: Records, n: int) -> None:
    fix = fixes[n]
    begin, count = list_about(graph, n, fix.x, fix.y, 0.0)
    for k in range(begin, begin + count):
        first = np.int64(graph.segments[graph.listed[k]].vertex_first)
        prefetch(graph.vertices, first, np.int64(0))
    vehicle = mem.slots[fix.slot]
    for i in range(vehicle.layer_count):
        row = np.int64(graph.segments[vehicle.segment[i]].source_of)
        start = np.int64(graph.path_rows[row].start)
        for line in range(ROUTE_LINES):
            prefetch(graph.path_entries, start, line * LINE)
    if vehicle.route_segment >= 0:
        row = np.int64(graph.segments[vehicle.route_segment].source_of)
        start = np.int64(graph.path_rows[row].start)
        for line in range(ROUTE_LINES):
            prefetch(graph.path_entries, start, line * LINE)


@inlined_part
def look_ahead(graph: MatchGraph, mem: Memory, fixes: Records, n: int) -> None:
    """Ask for what the fixes after number n will read; what is asked in vain costs little."""
    if n + FOURTH < len(fixes):
        _ask_vehicle_and_cell(graph, mem, fixes, n + FOURTH)
    if n + THIRD < len(fixes):
        _ask_boxes_and_states(graph, mem, fixes, n + THIRD)
    if n + SECOND < len(fixes):
        _ask_roads_and_rows(graph, mem, fixes, n + SECOND)
    if n + FIRST < len(fixes):
        _ask_lines_and_routes(graph, mem, fixes, n + FIRST)
