"""Is what is seen usual for the hour? The typical week, corrected as minutes pass."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from congestion.profile.week import Week
from ingest.kernels.arrays import Flags, Floats
from ingest.saved_state import GROWS, SavedState, pack, unpack
from ingest.units import Seconds

HALF_LIFE_MINUTES = 2400.0
"""In so many minutes seen the usual speed takes up half of a lasting change. Unit: min. Source:
chosen, about the hours of a working week."""
RECURRENT_SPREADS = 2.0
"""What is slower than usual by more spreads than this does not recur. Unit: standard deviations.
Source: chosen, one in forty of a normal distribution."""
LEAST_SPREAD_MPS = 0.8
"""No spread is believed to be smaller than this, that of the estimate itself. Unit: m/s. Source:
chosen, 3 km/h."""
_SLOWEST_MPS = 0.1
"""Speeds are taken for at least this, so that their logarithm is a number. Unit: m/s. Source:
chosen."""


@dataclass(frozen=True)
class UsualMinute:
    """What is usual of n segments in a minute, m/s; NaN where the typical week has nothing."""

    usual_mps: Floats
    spread_mps: Floats
    speed_mps: Floats  # as it is

    def is_recurrent(self, segment: int) -> bool | None:
        """Tell whether a segment is no slower than is usual at this hour, None where unknown."""
        under = float(self.usual_mps[segment] - self.speed_mps[segment])
        if not np.isfinite(under):
            return None
        return under <= RECURRENT_SPREADS * float(self.spread_mps[segment])


class _UsualSpeedsState(SavedState, frozen=True):
    SCHEMA_VERSION = 2

    log_drift: Annotated[Floats, GROWS]


class UsualSpeeds:
    """Remembers how far each segment has drifted from the typical week.

    The drift is one factor a segment for all hours. A new profile starts it anew.
    """

    def __init__(self, segment_count: int, week: Week | None) -> None:
        self._week = week
        self.log_drift = np.zeros(segment_count if week is not None else 0)

    def step(self, minute_start: Seconds, speed_mps: Floats, is_seen: Flags) -> UsualMinute:
        """Take a minute's speeds and which were seen; give what was usual before it."""
        if self._week is None:
            unknown = np.full(len(speed_mps), np.nan)
            return UsualMinute(unknown, unknown, speed_mps)
        median, spread = self._week.usual(minute_start)
        usual = median * np.exp(self.log_drift)
        with np.errstate(invalid="ignore", divide="ignore"):
            surprise = np.log(np.maximum(speed_mps, _SLOWEST_MPS) / usual)
        learns = is_seen & np.isfinite(surprise)
        gain = 1.0 - 0.5 ** (1.0 / HALF_LIFE_MINUTES)
        self.log_drift += np.where(learns, gain * surprise, 0.0)
        return UsualMinute(usual, np.maximum(spread, LEAST_SPREAD_MPS), speed_mps)

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(_UsualSpeedsState(self.log_drift))

    def restore(self, data: bytes) -> None:
        """Take up a snapshot; that of one without a week, or for one without, changes nothing.

        Raises ValueError, changing nothing, where it does not fit.
        """
        state = unpack(data, _UsualSpeedsState(self.log_drift))
        if state.log_drift.shape == self.log_drift.shape:
            self.log_drift = state.log_drift
