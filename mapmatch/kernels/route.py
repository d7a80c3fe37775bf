"""Routes between segments: looked up in the path table, searched on line beyond it."""

import numpy as np

from ingest.kernels.arrays import Int32s
from ingest.kernels.compiling import inlined_part, part
from mapmatch.kernels.layout import NO_PLACE, MatchGraph
from mapmatch.kernels.search import NO_GOAL, NO_VIA, hash_of, search_from, write_row

NO_ROUTE = 1e12
"""Metres of a route that is not there. Unit: m. Source: chosen, longer than any."""


@inlined_part
def ensure_row(graph: MatchGraph, row: int) -> None:
    """Fill a row of a table in cache mode if it is not; the row that held its place goes."""
    if graph.rule[0].cache_rows > 0:
        _fill_place(graph, row, row % graph.rule[0].cache_rows)


@part
def _fill_place(graph: MatchGraph, row: int, place: int) -> None:
    """Fill a row into a place of the cache, unless it holds it already."""
    owner = graph.cache_owner[place]
    if owner == row:
        return
    if owner >= 0:
        graph.path_rows[owner].start = 0
        graph.path_rows[owner].near_stop = 0
        graph.path_rows[owner].stop = 0
    count = search_from(graph, row, graph.rule[0].limit_m, graph.rule[0].cache_width, NO_GOAL)
    write_row(graph, row, count, place * graph.rule[0].cache_width)
    graph.cache_owner[place] = row


@inlined_part
def find_between(graph: MatchGraph, start: int, stop: int, target: int) -> int:
    """Give the entry of a target among entries start to stop - 1, -1 if it is not there.

    Hashes are even, so the target's place is known to a cache line or two: interpolation, then a
    scan (Perl, Itai and Avni 1978).
    """
    if stop <= start:
        return np.int64(-1)
    wanted = hash_of(target)
    at = start + ((wanted * (stop - start)) >> 32)
    found = hash_of(np.int64(graph.path_entries[at].target))
    if found < wanted:
        while found < wanted:
            at += 1
            if at == stop:
                return np.int64(-1)
            found = hash_of(np.int64(graph.path_entries[at].target))
    else:
        while found > wanted:
            at -= 1
            if at < start:
                return np.int64(-1)
            found = hash_of(np.int64(graph.path_entries[at].target))
    # The hash is one to one below 2^32, so equal hashes are equal states.
    return at if found == wanted else np.int64(-1)


@inlined_part
def find(graph: MatchGraph, row: int, target: int) -> int:
    """Give the entry of a target in a row, -1 if it is not there."""
    near = np.int64(graph.path_rows[row].near_stop)
    entry = find_between(graph, np.int64(graph.path_rows[row].start), near, target)
    if entry < 0:
        entry = find_between(graph, near, np.int64(graph.path_rows[row].stop), target)
    return entry


@inlined_part
def is_whole(graph: MatchGraph, row: int) -> bool:
    """Say whether a row holds all targets within the table's limit."""
    count = graph.path_rows[row].stop - graph.path_rows[row].start
    return graph.rule[0].cache_rows == 0 or count < graph.rule[0].cache_width


@inlined_part
def turns_round(graph: MatchGraph, back_mark: int, back_via: int, via: int, mark: int) -> int:
    """Give how often a route that is not empty turns round.

    `back_mark` is of the segment it leaves, `back_via` of the one it reaches, `via` and `mark` of
    its path entry.
    """
    if graph.rule[0].is_edge_based:
        return mark
    turns = np.int64(0)
    if back_mark != NO_PLACE and mark == back_mark:
        turns += 1
    if back_via != NO_PLACE and via == back_via:
        turns += 1
    return turns


@inlined_part
def trace_row(graph: MatchGraph, start: int, end: int, path: Int32s) -> int:
    """Write the segments between start and end into path; gives how many, -1 if none is known."""
    row = np.int64(graph.segments[start].source_of)
    entry = find(graph, row, np.int64(graph.segments[end].target_of))
    if entry < 0:
        return -1
    count = 0
    state = np.int64(graph.segments[end].target_of)
    while graph.path_entries[entry].via != NO_VIA:
        if count >= len(path):
            return -1
        segment = graph.into_segments[graph.into_offsets[state] + graph.path_entries[entry].via]
        path[count] = segment
        count += 1
        state = np.int64(
            segment if graph.rule[0].is_edge_based else graph.segments[segment].from_node
        )
        entry = find(graph, row, state)
        if entry < 0:
            return -1
    _reverse(path, count)
    return count


@part
def trace_search(graph: MatchGraph, start: int, end: int, limit_m: float, path: Int32s) -> int:
    """Write the segments between start and end into path, as trace_row does, by a search."""
    state = np.int64(graph.segments[end].target_of)
    row = np.int64(graph.segments[start].source_of)
    search_from(graph, row, limit_m * graph.rule[0].most_share, len(graph.order), state)
    if not is_reached(graph, state):
        return -1
    count = 0
    while graph.states[state].via != NO_VIA:
        if count >= len(path):
            return -1
        segment = graph.into_segments[graph.into_offsets[state] + graph.states[state].via]
        path[count] = segment
        count += 1
        state = np.int64(
            segment if graph.rule[0].is_edge_based else graph.segments[segment].from_node
        )
    _reverse(path, count)
    return count


@inlined_part
def is_reached(graph: MatchGraph, state: int) -> bool:
    """Say whether the last search settled a state."""
    return (
        graph.states[state].stamp == graph.rule[0].generation
        and graph.states[state].is_settled == 1
    )


@part
def _reverse(path: Int32s, count: int) -> None:
    """Turn the first `count` entries round, in place."""
    for k in range(count // 2):
        path[k], path[count - 1 - k] = path[count - 1 - k], path[k]
