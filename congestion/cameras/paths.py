"""The way that traffic takes from one camera's stop line to the next one's."""

from dataclasses import dataclass

import numpy as np

from congestion.kernels.reach import reach_from
from congestion.region import Region
from ingest.kernels.arrays import Floats, Int32s, Int64s
from ingest.units import Metres, Seconds
from mapmatch.network import NONE

LONGEST_PATH_S = 240.0
"""Cameras farther apart than this in a free city are no pair: vehicles take too many ways between
them. Unit: s. Source: chosen, four minutes."""


@dataclass(frozen=True)
class CameraPath:
    """The segments after one approach up to another's, that included, and their free times."""

    segments: Int32s  # local to the region, in driven order
    free_s: Seconds
    length_m: Metres
    segment_free_s: Floats


@dataclass(frozen=True)
class _Reached:
    """The segments within reach, in the order of their index, as `reach_from` finds them."""

    segments: Int32s
    seconds: Floats
    before: Int64s  # place of the segment driven before each; of the first its own

    def place(self, segment: int) -> int:
        """Give where a segment is among them, NONE if it is not."""
        at = int(self.segments.searchsorted(segment))
        is_there = at < len(self.segments) and self.segments[at] == segment
        return at if is_there else NONE


class CameraPaths:
    """Remembers the quickest paths from the segments that were asked for; never forgets one."""

    def __init__(self, region: Region) -> None:
        count, turn_count = len(region), len(region.turns_from)
        self._seconds = region.length_m / region.cold_mps
        self._length_m = region.length_m
        order = np.argsort(region.turns_from, kind="stable")
        self._ahead = region.turns_to[order]
        starts = np.searchsorted(region.turns_from[order], np.arange(count + 1))
        self._ahead_offsets = starts.astype(np.int32)
        self._heap = np.empty(turn_count + 1), np.empty(turn_count + 1, np.int32)
        self._time_s, self._before = np.full(count, np.inf), np.empty(count, np.int32)
        self._order = np.empty(count, np.int32)
        self._reached: dict[int, _Reached] = {}

    def free_s(self, come: int, go: int) -> Seconds | None:
        """Give what the path from the end of `come` to the end of `go` takes in a free city, or
        None if none is near."""
        reached, place = self._found(come, go)
        return None if place == NONE else float(reached.seconds[place])

    def path(self, come: int, go: int) -> CameraPath | None:
        """Give the path from the end of segment `come` to the end of `go`, None if none is near."""
        reached, at = self._found(come, go)
        if at == NONE:
            return None
        seconds, places = float(reached.seconds[at]), []
        while reached.before[at] != at:
            places.append(at)
            at = int(reached.before[at])
        taken = reached.segments[places[::-1]]
        return CameraPath(taken, seconds, float(self._length_m[taken].sum()), self._seconds[taken])

    def _found(self, come: int, go: int) -> tuple[_Reached, int]:
        """Give what is within reach of `come` and the place of `go` among it, NONE if none."""
        reached = self._reached.get(come)
        if reached is None:
            reached = self._reached[come] = self._search(come)
        return reached, NONE if go == come else reached.place(go)

    def _search(self, come: int) -> _Reached:
        count = reach_from(
            come, self._ahead_offsets, self._ahead, self._seconds, LONGEST_PATH_S, *self._heap,
            self._time_s, self._before, self._order,
        )  # fmt: skip
        segments = np.sort(self._order[:count])
        self._before[come] = come
        before = segments.searchsorted(self._before[segments])
        found = _Reached(segments, self._time_s[segments], before)
        self._time_s[segments] = np.inf
        return found
