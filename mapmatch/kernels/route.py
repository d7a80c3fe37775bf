"""Routes between segments: looked up in the path table, searched on line beyond it."""

import numba
import numpy as np

from mapmatch.kernels.layout import NO_PLACE, City, Ints
from mapmatch.kernels.search import NO_GOAL, NO_VIA, hash_of, search_from, write_row

NO_ROUTE = 1e12


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def ensure_row(city: City, row: int) -> None:
    """See that a row of a table in cache mode is filled; the oldest owner of its place goes."""
    if city.rule[0].cache_rows > 0:
        _fill_place(city, row, row % city.rule[0].cache_rows)


@numba.njit(cache=True, nogil=True, _nrt=False)
def _fill_place(city: City, row: int, place: int) -> None:
    owner = city.cache_owner[place]
    if owner == row:
        return
    if owner >= 0:
        city.path_rows[owner].start = 0
        city.path_rows[owner].near_stop = 0
        city.path_rows[owner].stop = 0
    count = search_from(city, row, city.rule[0].limit_m, city.rule[0].cache_width, NO_GOAL)
    write_row(city, row, count, place * city.rule[0].cache_width)
    city.cache_owner[place] = row


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def find_between(city: City, start: int, stop: int, target: int) -> int:
    """Give the entry of a target among entries start to stop - 1, -1 if it is not there.

    Hashes are even, so the target's place is known to a cache line or two: interpolation, then a
    scan (Perl, Itai and Avni 1978).
    """
    if stop <= start:
        return np.int64(-1)
    wanted = hash_of(target)
    at = start + ((wanted * (stop - start)) >> 32)
    found = hash_of(np.int64(city.path_entries[at].target))
    if found < wanted:
        while found < wanted:
            at += 1
            if at == stop:
                return np.int64(-1)
            found = hash_of(np.int64(city.path_entries[at].target))
    else:
        while found > wanted:
            at -= 1
            if at < start:
                return np.int64(-1)
            found = hash_of(np.int64(city.path_entries[at].target))
    # The hash is one to one below 2^32, so equal hashes are equal states.
    return at if found == wanted else np.int64(-1)


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def find(city: City, row: int, target: int) -> int:
    """Give the entry of a target in a row, -1 if it is not there."""
    near = np.int64(city.path_rows[row].near_stop)
    entry = find_between(city, np.int64(city.path_rows[row].start), near, target)
    if entry < 0:
        entry = find_between(city, near, np.int64(city.path_rows[row].stop), target)
    return entry


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def is_whole(city: City, row: int) -> bool:
    """Tell whether a row holds all targets within the table's limit."""
    count = city.path_rows[row].stop - city.path_rows[row].start
    return city.rule[0].cache_rows == 0 or count < city.rule[0].cache_width


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def turns_round(city: City, back_mark: int, back_via: int, via: int, mark: int) -> int:
    """Tell (0 or more) how often a route that is not empty turns round.

    back_mark is of the segment it leaves, back_via of the one it reaches.
    """
    if city.rule[0].is_edge_based:
        return mark
    turns = np.int64(0)
    if back_mark != NO_PLACE and mark == back_mark:
        turns += 1
    if back_via != NO_PLACE and via == back_via:
        turns += 1
    return turns


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def trace_row(city: City, start: int, end: int, path: Ints) -> int:
    """Write the segments between start and end into path; gives how many, -1 if none is known."""
    row = np.int64(city.segments[start].source_of)
    entry = find(city, row, np.int64(city.segments[end].target_of))
    if entry < 0:
        return -1
    count = 0
    state = np.int64(city.segments[end].target_of)
    while city.path_entries[entry].via != NO_VIA:
        if count >= len(path):
            return -1
        segment = city.into_segments[city.into_offsets[state] + city.path_entries[entry].via]
        path[count] = segment
        count += 1
        state = np.int64(
            segment if city.rule[0].is_edge_based else city.segments[segment].from_node
        )
        entry = find(city, row, state)
        if entry < 0:
            return -1
    _reverse(path, count)
    return count


@numba.njit(cache=True, nogil=True, _nrt=False)
def trace_search(city: City, start: int, end: int, limit_m: float, path: Ints) -> int:
    """Like trace_row, by a search of its own."""
    state = np.int64(city.segments[end].target_of)
    row = np.int64(city.segments[start].source_of)
    search_from(city, row, limit_m, len(city.order), state)
    if not is_reached(city, state):
        return -1
    count = 0
    while city.states[state].via != NO_VIA:
        if count >= len(path):
            return -1
        segment = city.into_segments[city.into_offsets[state] + city.states[state].via]
        path[count] = segment
        count += 1
        state = np.int64(
            segment if city.rule[0].is_edge_based else city.segments[segment].from_node
        )
    _reverse(path, count)
    return count


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def is_reached(city: City, state: int) -> bool:
    """Tell whether the last search settled a state."""
    return (
        city.states[state].stamp == city.rule[0].generation and city.states[state].is_settled == 1
    )


@numba.njit(cache=True, nogil=True, _nrt=False)
def _reverse(path: Ints, count: int) -> None:
    for k in range(count // 2):
        path[k], path[count - 1 - k] = path[count - 1 - k], path[k]
