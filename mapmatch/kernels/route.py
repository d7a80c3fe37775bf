"""Routes between segments: looked up in the path table, searched on line beyond it."""

import numba

from mapmatch.kernels.layout import Graph, Ints, Longs, Roads, Search, Table
from mapmatch.kernels.search import NO_VIA, distance_of, search_from, write_row

NO_ROUTE = 1e12


@numba.njit(cache=True, nogil=True)
def ensure_row(graph: Graph, search: Search, table: Table, keys: Longs, row: int) -> None:
    """See that a row of a table in cache mode is filled; the oldest owner of its place goes."""
    if table.cache_rows == 0:
        return
    place = row % table.cache_rows
    owner = table.cache_owner[place]
    if owner == row:
        return
    if owner >= 0:
        table.row_start[owner] = 0
        table.row_stop[owner] = 0
    count = search_from(graph, search, row, table.limit_m, table.cache_width)
    at = place * table.cache_width
    write_row(graph, search, count, at, table, keys)
    table.row_start[row] = at
    table.row_stop[row] = at + count
    table.cache_owner[place] = row


@numba.njit(cache=True, nogil=True)
def find(table: Table, row: int, target: int) -> int:
    """Give the entry of a target in a row, -1 if it is not there (binary search)."""
    low, high = table.row_start[row], table.row_stop[row]
    while low < high:
        middle = (low + high) >> 1
        if table.target[middle] < target:
            low = middle + 1
        else:
            high = middle
    if low < table.row_stop[row] and table.target[low] == target:
        return low
    return -1


@numba.njit(cache=True, nogil=True)
def turns_round(roads: Roads, graph: Graph, start: int, end: int, via: int, mark: int) -> int:
    """Tell (0 or more) how often a route from the end of `start` to `end` turns round."""
    if graph.is_edge_based:
        return mark
    if via == NO_VIA:
        return 1 if roads.reverse_segment[start] == end else 0
    turns = 0
    node = roads.to_node[start]
    # The first segment is known by its position among those out of the node.
    back = roads.reverse_segment[start]
    if back >= 0 and graph.out_segments[graph.arc_offsets[node] + mark] == back:
        turns += 1
    into = graph.into_segments[graph.into_offsets[roads.from_node[end]] + via]
    if roads.reverse_segment[into] == end:
        turns += 1
    return turns


@numba.njit(cache=True, nogil=True)
def trace_row(roads: Roads, graph: Graph, table: Table, start: int, end: int, path: Ints) -> int:
    """Write the segments between start and end into path; gives how many, -1 if none is known."""
    row = graph.source_of[start]
    entry = find(table, row, graph.target_of[end])
    if entry < 0:
        return -1
    count = 0
    state = graph.target_of[end]
    while table.via[entry] != NO_VIA:
        if count >= len(path):
            return -1
        segment = graph.into_segments[graph.into_offsets[state] + table.via[entry]]
        path[count] = segment
        count += 1
        state = segment if graph.is_edge_based else roads.from_node[segment]
        entry = find(table, row, state)
        if entry < 0:
            return -1
    _reverse(path, count)
    return count


@numba.njit(cache=True, nogil=True)
def trace_search(
    roads: Roads, graph: Graph, search: Search, start: int, end: int, limit_m: float, path: Ints
) -> int:
    """Like trace_row, by a search of its own."""
    search_from(graph, search, graph.source_of[start], limit_m, len(search.order))
    state = graph.target_of[end]
    if not is_reached(search, state):
        return -1
    count = 0
    while search.via[state] != NO_VIA:
        if count >= len(path):
            return -1
        segment = graph.into_segments[graph.into_offsets[state] + search.via[state]]
        path[count] = segment
        count += 1
        state = segment if graph.is_edge_based else roads.from_node[segment]
    _reverse(path, count)
    return count


@numba.njit(cache=True, nogil=True)
def is_reached(search: Search, state: int) -> bool:
    """Tell whether the last search settled a state."""
    return search.stamp[state] == search.generation[0] and search.is_settled[state] == 1


@numba.njit(cache=True, nogil=True)
def searched_distance(graph: Graph, search: Search, state: int) -> float:
    """Give the metres to a state in the last search, NO_ROUTE if it was not settled."""
    if is_reached(search, state):
        return distance_of(graph, search, state)
    return NO_ROUTE


@numba.njit(cache=True, nogil=True)
def _reverse(path: Ints, count: int) -> None:
    for k in range(count // 2):
        path[k], path[count - 1 - k] = path[count - 1 - k], path[k]
