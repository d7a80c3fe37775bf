"""Bounded shortest paths (Dijkstra 1959): rows of the path table, and searches on line."""

import numba
import numpy as np

from mapmatch.kernels.layout import Floats, Graph, Ints, Longs, Search, Table

NO_VIA = 255
# Ordering only: a path that turns round must be this much shorter than one that does not.
U_TURN_M = 300.0


@numba.njit(cache=True, nogil=True)
def push(heap_cost: Floats, heap_state: Ints, size: int, cost: float, state: int) -> int:
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


@numba.njit(cache=True, nogil=True)
def pop(heap_cost: Floats, heap_state: Ints, size: int) -> int:
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


@numba.njit(cache=True, nogil=True)
def _reach(search: Search, size: int, state: int, cost: float, via: int, mark: int) -> int:
    generation = search.generation[0]
    if search.stamp[state] == generation:
        if search.is_settled[state] or search.cost[state] <= cost:
            return size
    else:
        search.stamp[state] = generation
        search.is_settled[state] = 0
    search.cost[state] = cost
    search.via[state] = via
    search.mark[state] = mark
    return push(search.heap_cost, search.heap_state, size, cost, state)


@numba.njit(cache=True, nogil=True)
def _seed(graph: Graph, search: Search, row: int) -> int:
    if not graph.is_edge_based:
        return _reach(search, 0, row, 0.0, NO_VIA, NO_VIA)
    size = 0
    for arc in range(graph.arc_offsets[row], graph.arc_offsets[row + 1]):
        turns = graph.arc_is_u_turn[arc]
        size = _reach(search, size, graph.arc_to[arc], turns * U_TURN_M, NO_VIA, turns)
    return size


@numba.njit(cache=True, nogil=True)
def search_from(graph: Graph, search: Search, row: int, limit_m: float, most: int) -> int:
    """Settle the states within limit_m of a row's source, at most `most`; gives how many.

    They stand in search.order, nearest first, with cost (metres and U_TURN_M for each U-turn), via
    and mark as in Table.
    """
    search.generation[0] += 1
    size = _seed(graph, search, row)
    count = 0
    while size > 0 and count < most:
        cost, state = search.heap_cost[0], search.heap_state[0]
        size = pop(search.heap_cost, search.heap_state, size)
        if search.is_settled[state]:
            continue
        if cost > limit_m:
            break
        search.is_settled[state] = 1
        search.order[count] = state
        count += 1
        first = graph.arc_offsets[state]
        for arc in range(first, graph.arc_offsets[state + 1]):
            turns = graph.arc_is_u_turn[arc]
            mark = search.mark[state]
            if graph.is_edge_based:
                mark = min(mark + turns, NO_VIA)
            elif mark == NO_VIA:
                mark = min(arc - first, NO_VIA - 1)
            further = cost + graph.arc_length_m[arc] + turns * U_TURN_M
            if further <= limit_m:
                size = _reach(search, size, graph.arc_to[arc], further, graph.arc_via[arc], mark)
    return count


@numba.njit(cache=True, nogil=True)
def distance_of(graph: Graph, search: Search, state: int) -> float:
    """Give the metres to a state that the last search settled."""
    if graph.is_edge_based:
        return search.cost[state] - search.mark[state] * U_TURN_M
    return search.cost[state]


@numba.njit(cache=True, nogil=True)
def write_row(graph: Graph, search: Search, count: int, at: int, table: Table, keys: Longs) -> None:
    """Write the settled states as table entries from `at` on, sorted by target.

    keys (at least count) is scratch.
    """
    for k in range(count):
        keys[k] = search.order[k]
    keys[:count].sort()
    for k in range(count):
        state = keys[k]
        table.target[at + k] = state
        table.distance_dm[at + k] = np.uint16(distance_of(graph, search, state) * 10.0 + 0.5)
        table.via[at + k] = search.via[state]
        table.mark[at + k] = search.mark[state]


@numba.njit(cache=True, nogil=True)
def fill_rows(
    graph: Graph, search: Search, table: Table, first: int, stop: int, at: int, keys: Longs
) -> tuple[int, int]:
    """Fill rows first to stop - 1 of a whole table from entry `at` on.

    Gives the first row not filled, because the entries did not fit, and the next free entry.
    """
    room = len(table.target)
    for row in range(first, stop):
        count = search_from(graph, search, row, table.limit_m, len(search.order))
        if at + count > room:
            return row, at
        write_row(graph, search, count, at, table, keys)
        table.row_start[row] = at
        at += count
        table.row_stop[row] = at
    return stop, at


@numba.njit(cache=True, nogil=True)
def count_within(graph: Graph, search: Search, rows: Ints, limit_m: float, counts: Longs) -> None:
    """Write how many states lie within limit_m of each of some rows."""
    for k in range(len(rows)):
        counts[k] = search_from(graph, search, rows[k], limit_m, len(search.order))
