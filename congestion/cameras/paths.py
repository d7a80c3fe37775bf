"""The way that traffic takes from one camera's stop line to the next one's."""

import heapq
from dataclasses import dataclass

import numpy as np

from congestion.region import Region, cold_speed
from ingest.kernels.arrays import Floats, Int32s
from ingest.units import Metres, Seconds

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


class CameraPaths:
    """Remembers the quickest paths from the segments that were asked for; never forgets one."""

    def __init__(self, region: Region) -> None:
        self._seconds = region.length_m / cold_speed(region)
        self._length_m = region.length_m
        turns = zip(region.turns_from.tolist(), region.turns_to.tolist(), strict=True)
        seconds = self._seconds.tolist()
        self._ahead: list[list[tuple[int, float]]] = [[] for _ in seconds]
        for before, after in turns:
            self._ahead[before].append((after, seconds[after]))
        self._reached: dict[int, dict[int, tuple[float, int]]] = {}

    def path(self, come: int, go: int) -> CameraPath | None:
        """Give the path from the end of segment `come` to the end of `go`, None if none is near."""
        reached = self._reached.get(come)
        if reached is None:
            reached = self._reached[come] = self._search(come)
        if go not in reached or go == come:
            return None
        segments = [go]
        while reached[segments[-1]][1] != come:
            segments.append(reached[segments[-1]][1])
        taken = np.array(segments[::-1], np.int32)
        return CameraPath(
            taken, reached[go][0], float(self._length_m[taken].sum()), self._seconds[taken]
        )

    def _search(self, come: int) -> dict[int, tuple[float, int]]:
        """Give for each segment within reach the seconds to its end and the segment before it."""
        reached: dict[int, tuple[float, int]] = {}
        queue = [(0.0, come, -1)]
        while queue:
            seconds, segment, before = heapq.heappop(queue)
            if segment in reached:
                continue
            reached[segment] = (seconds, before)
            for ahead, more in self._ahead[segment]:
                there = seconds + more
                if there <= LONGEST_PATH_S and ahead not in reached:
                    heapq.heappush(queue, (there, ahead, segment))
        return reached
