"""Is what is seen usual for the hour? The typical week, kept up to date as minutes pass."""

from dataclasses import dataclass

import numpy as np

from congestion.packing import pack, unpack
from congestion.profile.week import Week
from ingest.kernels.arrays import Flags, Floats
from ingest.units import Seconds

# Seen minutes in which the profile takes up half of a lasting change: about a working week's.
HALF_LIFE_MINUTES = 2400.0
# Slower than usual by more than this many spreads is not what recurs.
RECURRENT_SPREADS = 2.0
# No spread is believed to be smaller than this (m/s): that of the estimate itself.
LEAST_SPREAD_MPS = 0.8


@dataclass(frozen=True)
class UsualMinute:
    """What is usual of n segments in a minute, m/s; NaN where the typical week knows nothing."""

    usual_mps: Floats
    spread_mps: Floats
    speed_mps: Floats  # as it is

    def is_recurrent(self, segment: int) -> bool | None:
        """Tell whether a segment is about as slow as it usually is now, None where unknown."""
        under = float(self.usual_mps[segment] - self.speed_mps[segment])
        if not np.isfinite(under):
            return None
        return under <= RECURRENT_SPREADS * float(self.spread_mps[segment])


class UsualSpeeds:
    """Remembers how far each segment has drifted from the typical week it was given.

    The drift is one factor a segment for all hours; a new profile from the lake starts it anew.
    """

    VERSION = 1

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
            surprise = np.log(np.maximum(speed_mps, 0.1) / usual)
        learns = is_seen & np.isfinite(surprise)
        gain = 1.0 - 0.5 ** (1.0 / HALF_LIFE_MINUTES)
        self.log_drift += np.where(learns, gain * surprise, 0.0)
        return UsualMinute(usual, np.maximum(spread, LEAST_SPREAD_MPS), speed_mps)

    def snapshot(self) -> bytes:
        """Give what restore() needs."""
        return pack({"version": np.array(self.VERSION), "log_drift": self.log_drift})

    def restore(self, data: bytes) -> None:
        """Take over a snapshot; that of a watch without a week changes nothing.

        Raises ValueError where it is of another version.
        """
        arrays = unpack(data)
        version = int(arrays["version"])
        if version != self.VERSION:
            raise ValueError(f"typical week of version {version}, expected {self.VERSION}")
        if arrays["log_drift"].shape == self.log_drift.shape:
            self.log_drift = arrays["log_drift"]
