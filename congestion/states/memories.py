"""What is remembered of the minutes before: sums that fade, and when a segment was last seen."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from congestion.kernels.probes import TIME
from congestion.region import Region
from congestion.seen.parked import Parked
from congestion.seen.probes import Provisional, take_back
from congestion.seen.sums import PASSES, SPOT_SPEED, SUM_FIELDS, probe_sum
from congestion.states.features import KEEP
from ingest.kernels.arrays import Flags, Floats
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import MINUTE_S, Seconds


class _MemoriesState(SavedState, frozen=True):
    SCHEMA_VERSION = 2

    sums: Floats  # each field by itself: memories x fields x n
    last_seen: Floats


class Memories:
    """Remembers of n segments the sums of three spans of time, and when each was last seen.

    A memory keeps a share of its sums from minute to minute, by KEEP. Minutes come in order.
    """

    def __init__(self, region: Region) -> None:
        self._region = region
        # Each field by itself, as it is read: n numbers in a row.
        self.sums = np.zeros((len(KEEP), SUM_FIELDS, len(region))).transpose(0, 2, 1)
        self.last_seen = np.full(len(region), -np.inf)

    def take_back(self, parked: Parked, minute_start: Seconds) -> None:
        """Take out what vehicles added before they were known to park."""
        for memory, keep in zip(self.sums, KEEP, strict=True):
            take_back(self._region, parked, minute_start, keep, memory)

    def forget_detectors(self, at: Flags) -> None:
        """Forget what the detectors of some segments told, of which some turned out to be wrong."""
        self.sums[:, at, SPOT_SPEED:PASSES] = 0.0

    def add(self, belated: Floats, sums: Floats, minute_start: Seconds) -> None:
        """Fade by a minute, and take the sums of belated rows and of the minute."""
        was_seen = probe_sum(belated, TIME) > 0.0
        before = minute_start - MINUTE_S
        self.last_seen[was_seen] = np.maximum(self.last_seen[was_seen], before)
        for memory, keep in zip(self.sums, KEEP, strict=True):
            memory += belated
            memory *= keep
            memory += sums

    def fade(self, minute_count: int) -> None:
        """Fade by minutes in which nothing came."""
        for memory, keep in zip(self.sums, KEEP, strict=True):
            memory *= keep**minute_count

    def see(self, is_seen: Flags, minute_start: Seconds) -> None:
        """Take which segments were seen in a minute."""
        self.last_seen[is_seen] = minute_start

    @contextmanager
    def with_provisional(self, provisional: Provisional) -> Iterator[Floats]:
        """Give the sums with what is provisional, which is taken out again afterwards."""
        touched, more = provisional
        settled = self.sums[:, touched]  # a copy
        self.sums[:, touched] += more
        yield self.sums
        self.sums[:, touched] = settled

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self.sums = state.sums.transpose(0, 2, 1)
        self.last_seen = state.last_seen

    def _state(self) -> _MemoriesState:
        return _MemoriesState(self.sums.transpose(0, 2, 1), self.last_seen)
