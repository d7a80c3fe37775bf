"""How often each place broke down before, as far as the published states tell."""

import numpy as np

from ingest.kernels.arrays import Flags, Floats
from ingest.saved_state import SavedState, pack, unpack

HALF_LIFE_MINUTES = 2400.0
"""A minute seen counts half after so many more. Unit: min. Source: as the typical week's, about
the hours of a working week."""

PRIOR_MINUTES, PRIOR_RATE = 60.0, 0.02
"""Of a place that was not yet seen a breakdown follows after such a share of minutes, as if so many
had been seen: the own record counts the more the longer it is. Unit: min, share. Source: on the
simulated mornings 0.5 to 3 % of minutes; of 30, 60, 120 and 240 minutes 30 and 60 erred least."""
MOST_RATE = 0.98
"""No record is surer. Unit: share. Source: chosen."""


class _BreakdownRecordState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    free_minutes: Floats
    warned_minutes: Floats
    slow_minutes: Floats
    since_slow: Floats


class BreakdownRecord:
    """Remembers of n places the minutes in which they were not slow, and after which they broke.

    Minutes of which nothing is known do not count. Minutes must come in order.
    """

    def __init__(self, segment_count: int) -> None:
        self.free_minutes = np.zeros(segment_count)
        self.warned_minutes = np.zeros(segment_count)  # of these, with a breakdown to come
        self.slow_minutes = np.zeros(segment_count)
        self.since_slow = np.zeros(segment_count)  # minutes not slow in a row

    def step(self, is_slow: Flags, is_known: Flags, horizon_minutes: int) -> None:
        """Take a minute: which places are slow, and of which it is known."""
        keep = 0.5 ** (1.0 / HALF_LIFE_MINUTES)
        free, slow = is_known & ~is_slow, is_known & is_slow
        warned = np.where(slow, np.minimum(self.since_slow, horizon_minutes), 0.0)
        kept = np.where(is_known, keep, 1.0)
        self.free_minutes = kept * self.free_minutes + free
        self.slow_minutes = kept * self.slow_minutes + slow
        self.warned_minutes = kept * self.warned_minutes + warned
        self.since_slow = np.where(slow, 0.0, self.since_slow + free)

    def rate(self) -> Floats:
        """Give the share of minutes after which each place broke down, the prior counted in."""
        return self.shrunk(self.warned_minutes, self.free_minutes)

    @staticmethod
    def shrunk(warned_minutes: Floats, free_minutes: Floats) -> Floats:
        """Give the share that some of n places' minutes are of others, the prior counted in."""
        came = warned_minutes + PRIOR_MINUTES * PRIOR_RATE
        return np.asarray(came / (free_minutes + PRIOR_MINUTES))

    def log_odds(self) -> Floats:
        """Give the natural-log odds of `rate`."""
        rate = np.minimum(self.rate(), MOST_RATE)
        return np.asarray(np.log(rate / (1.0 - rate)))

    def slow_share(self) -> Floats:
        """Give the share of minutes in which each place was slow, NaN where none was seen."""
        seen = self.free_minutes + self.slow_minutes
        return np.where(seen > 0, self.slow_minutes / np.maximum(seen, 1e-9), np.nan)

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self.free_minutes, self.warned_minutes = state.free_minutes, state.warned_minutes
        self.slow_minutes, self.since_slow = state.slow_minutes, state.since_slow

    def _state(self) -> _BreakdownRecordState:
        return _BreakdownRecordState(
            self.free_minutes, self.warned_minutes, self.slow_minutes, self.since_slow
        )
