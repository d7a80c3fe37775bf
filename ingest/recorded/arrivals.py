"""When the rows of a recording arrived, where the clocks of some of them were off by hours."""

from bisect import bisect_right
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ingest.kernels.arrays import Flags, Int64s
from ingest.units import Seconds

AHEAD_S = 900.0
"""A row may tell of so much later than when it arrived. Unit: s. Source: chosen: a clock set to
another time zone is off by more, and a message may hold the rows of twice as long, of which the
middle one says when it came."""
_OFF_MS = round(AHEAD_S * 1000.0)
_ALIKE_MS = 300_000
"""Both ends of a source are off by the same, to within this. Unit: ms. Source: chosen, five
readings of a detector."""
_LEAST_EXPLAINED = 0.5
"""A file of whose rows fewer follow one another in time is not in arrival order. Unit: share.
Source: chosen, the half."""


class ClockOff(NamedTuple):
    """A source of a recording whose clock was off for some rows: how many, and by how much."""

    source: str
    row_count: int
    offset_s: Seconds  # the median; ahead: positive

    def __str__(self) -> str:
        """Give the finding in one line."""
        hours, side = abs(self.offset_s) / 3600.0, "ahead of" if self.offset_s > 0 else "behind"
        return (
            f"{self.row_count:,} {self.source} say a time {hours:.1f} h {side} the rows around "
            "them: a clock in another time zone? They are not believed"
        )


def believed_arrivals(claims_ms: Int64s, entities: pa.Array, span_ms: tuple[int, int]) -> Int64s:
    """Give when rows in file order arrived (ms since 1970 UTC): as claimed, or beside the others.

    `entities` names each row's vehicle, detector or camera; a file is in the order of arrival, or
    so for each of them. What lies in the recording's span (from the first to the last arrival there
    can be) and never falls back is believed, the most rows that are so; a row that is off those
    around it by more than AHEAD_S arrived when they did.
    """
    if not len(claims_ms):
        return claims_ms
    is_inside = (claims_ms >= span_ms[0] - _OFF_MS) & (claims_ms <= span_ms[1] + _OFF_MS)
    has_fallen = claims_ms < np.maximum.accumulate(claims_ms) - _OFF_MS
    if is_inside.all() and not has_fallen.any():
        return claims_ms
    codes = _codes(entities)
    if np.count_nonzero(codes[1:] != codes[:-1]) >= 2 * len(np.unique(codes)):
        found = _among_neighbours(claims_ms, is_inside)
        is_kept = is_inside & (found == claims_ms)
        if np.count_nonzero(is_kept) >= _LEAST_EXPLAINED * np.count_nonzero(is_inside):
            return found
    found, order = claims_ms.copy(), np.argsort(codes, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(codes[order])) + 1):
        found[rows] = _among_neighbours(claims_ms[rows], is_inside[rows])
    return found


def _among_neighbours(claims_ms: Int64s, is_inside: Flags) -> Int64s:
    """Give the claims, those that are off the believed rows around them as the one before."""
    inside = np.flatnonzero(is_inside)
    chain = inside[_longest_rise(claims_ms[inside])]
    if not len(chain):
        return claims_ms
    rows = np.arange(len(claims_ms))
    before = claims_ms[chain[np.maximum(np.searchsorted(chain, rows, side="right") - 1, 0)]]
    after = claims_ms[chain[np.minimum(np.searchsorted(chain, rows), len(chain) - 1)]]
    is_off = (claims_ms > after + _OFF_MS) | (claims_ms < before - _OFF_MS)
    return np.where(is_off, before, claims_ms)


def shift_ms(claims_ms: Int64s, span_ms: tuple[int, int]) -> int:
    """Give by how much a whole source is off its recording's span, 0 where it is not.

    It is where it begins as much after the span's begin as it ends after its end.
    """
    if not len(claims_ms):
        return 0
    begin, end = int(claims_ms.min()) - span_ms[0], int(claims_ms.max()) - span_ms[1]
    if abs(begin - end) > _ALIKE_MS or min(abs(begin), abs(end)) <= _OFF_MS:
        return 0
    return begin


def _codes(entities: pa.Array) -> NDArray[np.int64]:
    indices = entities.dictionary_encode().indices.fill_null(-1)
    return np.asarray(indices.to_numpy(zero_copy_only=False), np.int64)


def _longest_rise(values: Int64s) -> Int64s:
    """Give the places of the longest part of a sequence that never falls (Fredman 1975)."""
    ends: list[int] = []  # the least last value of a part of each length
    places: list[int] = []  # where it stands
    before = np.full(len(values), -1, np.int64)
    for place, value in enumerate(values.tolist()):
        length = bisect_right(ends, value)
        before[place] = places[length - 1] if length else -1
        if length == len(ends):
            ends.append(value)
            places.append(place)
        else:
            ends[length], places[length] = value, place
    chain, place = np.empty(len(ends), np.int64), places[-1] if places else -1
    for length in range(len(ends) - 1, -1, -1):
        chain[length] = place
        place = int(before[place])
    return chain


def clocks_off(source: str, claims_ms: Int64s, arrivals_ms: Int64s) -> ClockOff | None:
    """Give what was found of a source, None where every claim is believed."""
    is_off: Flags = np.abs(claims_ms - arrivals_ms) > _OFF_MS
    if not is_off.any():
        return None
    offsets = (claims_ms - arrivals_ms)[is_off] / 1000.0
    return ClockOff(source, int(is_off.sum()), float(np.median(offsets)))
