"""Bounded best paths (Dijkstra 1959): rows of the path table, and searches on line.

Of two routes the better one has fewer metres, those of fast roads counted less than those of slow
ones: drivers take main roads. A route's distance is its true metres all the same.
"""

import numba
import numpy as np

from ingest.kernels.arrays import Floats, Int32s, Int64s
from ingest.kernels.compiling import inlined_part, part
from mapmatch.kernels.layout import MatchGraph

NO_VIA = np.int64(255)
"""The `via` or `mark` of a route without a segment."""
U_TURN_M = 300.0
"""What turning round counts for when routes are compared; it is no part of their length. Unit: m.
Source: chosen, two blocks."""
NEAR_M = 600.0
"""Targets no further stand in the first part of a row of the path table. Unit: m. Source: chosen,
what a bus or a taxi drives between two fixes at most times."""
NO_GOAL = np.int64(-1)


@part
def push(heap_cost: Floats, heap_state: Int32s, size: int, cost: float, state: int) -> int:
    """Add to a binary heap of `size` entries in place; gives the new size."""
    child = size
    while child > 0:
        parent = (child - 1) >> 1
        if heap_cost[parent] <= cost:
            break
        heap_cost[child] = heap_cost[parent]
        heap_state[child] = heap_state[parent]
        child = parent
    heap_cost[child] = cost
    heap_state[child] = state
    return size + 1


@part
def pop(heap_cost: Floats, heap_state: Int32s, size: int) -> int:
    """Take the first entry off a binary heap of `size` entries; gives the new size."""
    size -= 1
    cost, state = heap_cost[size], heap_state[size]
    parent = 0
    while True:
        child = 2 * parent + 1
        if child >= size:
            break
        if child + 1 < size and heap_cost[child + 1] < heap_cost[child]:
            child += 1
        if heap_cost[child] >= cost:
            break
        heap_cost[parent] = heap_cost[child]
        heap_state[parent] = heap_state[child]
        parent = child
    heap_cost[parent] = cost
    heap_state[parent] = state
    return size


@part
def _reach(
    graph: MatchGraph, size: int, state: int, cost: float, metres: float, via: int, mark: int
) -> int:
    """Offer a way to a state; gives the heap's new size."""
    generation = graph.rule[0].generation
    if graph.states[state].stamp == generation:
        if graph.states[state].is_settled or graph.states[state].cost <= cost:
            return size
    else:
        graph.states[state].stamp = generation
        graph.states[state].is_settled = 0
    graph.states[state].cost = cost
    graph.states[state].distance_m = metres
    graph.states[state].via = via
    graph.states[state].mark = mark
    return push(graph.heap_cost, graph.heap_state, size, cost, state)


@part
def _seed(graph: MatchGraph, row: int) -> int:
    """Put the states at the end of a row's source on the heap; gives its size."""
    if not graph.rule[0].is_edge_based:
        return _reach(graph, np.int64(0), row, 0.0, 0.0, NO_VIA, NO_VIA)
    size = np.int64(0)
    for arc in range(graph.arc_offsets[row], graph.arc_offsets[row + 1]):
        turns = np.int64(graph.arcs[arc].is_u_turn)
        to = np.int64(graph.arcs[arc].to)
        size = _reach(graph, size, to, turns * U_TURN_M, 0.0, NO_VIA, turns)
    return size


@part
def search_from(graph: MatchGraph, row: int, limit_m: float, most: int, goal: int) -> int:
    """Settle the states within limit_m, counted, of a row's source, at most `most`; gives how many.

    It ends at the state `goal` once that is settled. The states stand in graph.order, the cheapest
    first, with cost (counted metres and U_TURN_M for each U-turn), distance, via and mark as in a
    path entry.
    """
    graph.rule[0].generation += 1
    size = _seed(graph, row)
    count = 0
    while size > 0 and count < most:
        cost, state = graph.heap_cost[0], np.int64(graph.heap_state[0])
        size = pop(graph.heap_cost, graph.heap_state, size)
        if graph.states[state].is_settled:
            continue
        if cost > limit_m:
            break
        graph.states[state].is_settled = 1
        graph.order[count] = state
        count += 1
        if state == goal:
            break
        first = graph.arc_offsets[state]
        for arc in range(first, graph.arc_offsets[state + 1]):
            turns = np.int64(graph.arcs[arc].is_u_turn)
            mark = np.int64(graph.states[state].mark)
            if graph.rule[0].is_edge_based:
                mark = min(mark + turns, NO_VIA)
            elif mark == NO_VIA:
                mark = min(arc - first, NO_VIA - 1)
            metres = np.float64(graph.states[state].distance_m + graph.arcs[arc].length_m)
            further = cost + graph.arcs[arc].counted_m + turns * U_TURN_M
            if further <= limit_m:
                to, via = np.int64(graph.arcs[arc].to), np.int64(graph.arcs[arc].via)
                size = _reach(graph, size, to, further, metres, via, mark)
    return count


@inlined_part
def distance_of(graph: MatchGraph, state: int) -> float:
    """Give the metres to a state that the last search settled."""
    return float(graph.states[state].distance_m)


@inlined_part
def hash_of(state: int) -> int:
    """Spread states evenly over 32 bits (Knuth 1998, 6.4, multiplicative hashing)."""
    return (state * np.int64(2654435769)) & np.int64(0xFFFFFFFF)


@part
def sort_keys(keys: Int64s, count: int) -> None:
    """Sort the first `count` keys in place (Shell 1959, gaps after Knuth 1998, 5.2.1)."""
    gap = 1
    while gap < count // 3:
        gap = 3 * gap + 1
    while gap > 0:
        for k in range(gap, count):
            key = keys[k]
            at = k
            while at >= gap and keys[at - gap] > key:
                keys[at] = keys[at - gap]
                at -= gap
            keys[at] = key
        gap //= 3


@part
def _write_band(graph: MatchGraph, count: int, above_m: float, upto_m: float, at: int) -> int:
    """Write those of `count` settled states whose distance is in a band; gives how many."""
    written = np.int64(0)
    for k in range(count):
        state = np.int64(graph.order[k])
        if above_m < distance_of(graph, state) <= upto_m:
            graph.keys[written] = (hash_of(state) << 31) | state
            written += 1
    sort_keys(graph.keys, written)
    for k in range(written):
        state = graph.keys[k] & np.int64(0x7FFFFFFF)
        graph.path_entries[at + k].target = state
        graph.path_entries[at + k].distance_dm = np.uint16(distance_of(graph, state) * 10.0 + 0.5)
        graph.path_entries[at + k].via = graph.states[state].via
        graph.path_entries[at + k].mark = graph.states[state].mark
    return written


@part
def write_row(graph: MatchGraph, row: int, count: int, at: int) -> None:
    """Write the settled states as a row's entries from `at` on, the near ones first."""
    graph.path_rows[row].start = at
    graph.path_rows[row].near_stop = at + _write_band(graph, count, -1.0, NEAR_M, at)
    _write_band(graph, count, NEAR_M, 1e300, np.int64(graph.path_rows[row].near_stop))
    graph.path_rows[row].stop = at + count


@numba.njit(cache=True, nogil=True, _nrt=False)
def fill_rows(graph: MatchGraph, first: int, stop: int, at: int) -> tuple[int, int]:
    """Fill rows first to stop - 1 of a whole table from entry `at` on.

    Gives the first row not filled, because the entries did not fit, and the next free entry.
    """
    room = len(graph.path_entries)
    for row in range(first, stop):
        count = search_from(graph, row, graph.rule[0].limit_m, len(graph.order), NO_GOAL)
        if at + count > room:
            return row, at
        write_row(graph, row, count, at)
        at += count
    return stop, at


@numba.njit(cache=True, nogil=True, _nrt=False)
def count_within(graph: MatchGraph, rows: Int32s, limit_m: float, counts: Int64s) -> None:
    """Write how many states lie within limit_m of each of some rows."""
    for k in range(len(rows)):
        counts[k] = search_from(graph, np.int64(rows[k]), limit_m, len(graph.order), NO_GOAL)
