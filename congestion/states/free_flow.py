"""How fast a segment is when free, and what is usual on it: percentiles that follow the minutes."""

import numpy as np
import numpy.typing as npt

from congestion.profile.week import RUNGS, Week
from congestion.region import Region
from ingest.kernels.arrays import Floats
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import KMH

FREE_FLOW_SHARE = 0.85
"""Free flow is this percentile of what is driven. Unit: share. Source: Highway Capacity Manual
practice."""
USUAL_SHARE = 0.5
"""What is usual is this percentile, the median. Unit: share. Source: chosen, half of the minutes
are slower."""
USUAL_AFTER = 5
"""Minutes seen after which a segment's usual speed is published. Unit: min. Source: chosen, two
cycles of a signal."""
OWN_AFTER = 30
"""Minutes seen after which a segment's free flow is its own rather than the limit's or its class's.
Unit: min. Source: chosen, as for a profile (congestion/profile_build/week.py)."""
_STEP_START = 6.0
"""A percentile moves by 1 / (minutes seen + this). Unit: of ln speed. Source: chosen, so that the
first minutes move it by a seventh."""
_STEP_FLOOR = 0.01
"""A percentile moves by at least this. Unit: of ln speed. Source: chosen, so that it follows a
lasting change within a morning."""
_PROFILE_MINUTES = 60.0
"""A profile's free flow counts like so many minutes seen. Unit: min. Source: chosen, an hour."""
_MOST_LIMIT_RATIO = 1.1
"""Free flow is at most this multiple of the limit. Unit: ratio. Source: chosen, drivers exceed
limits a little."""
_SLOWEST_MPS = 0.1
"""Speeds are taken for at least this, so that their logarithm is a number. Unit: m/s. Source:
chosen."""


class _SpeedPercentilesState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    log_free: Floats
    log_usual: Floats
    seen_minutes: Floats


class SpeedPercentiles:
    """Remembers two percentiles of each segment's speed; minutes come in order.

    They start from a typical week's free flow, or without one from the limit and the signal. A
    percentile moves up by its share of a step when a minute was faster, and down by the rest of the
    step when it was slower (stochastic approximation, Robbins and Monro 1951).
    """

    def __init__(self, region: Region, week: Week | None = None) -> None:
        cold = np.log(region.cold_mps)
        self.log_free, self.log_usual = cold.copy(), cold.copy()
        self.seen_minutes = np.zeros(len(region))
        self._rung = np.full(len(region), RUNGS.index("limit"), np.int8)
        if week is not None:
            self._rung = np.array(week.rung[region.segment], np.int8)
            known = np.array(week.free_flow_kmh[region.segment], np.float64) / KMH
            is_own = self._rung <= RUNGS.index("any_time")
            self.log_free = np.log(known)
            self.log_usual = np.where(is_own, np.minimum(self.log_usual, self.log_free), cold)
            self.seen_minutes[is_own] = _PROFILE_MINUTES
        self._ceiling = np.log(region.limit_mps * _MOST_LIMIT_RATIO)

    def step(self, speed_mps: Floats, seen: npt.NDArray[np.bool_]) -> None:
        """Take a minute's speeds where something was seen."""
        self.seen_minutes += seen
        log_speed = np.log(np.maximum(speed_mps, _SLOWEST_MPS))
        step = np.maximum(1.0 / (self.seen_minutes + _STEP_START), _STEP_FLOOR) * seen
        for level, share in ((self.log_free, FREE_FLOW_SHARE), (self.log_usual, USUAL_SHARE)):
            level += np.where(log_speed > level, share, share - 1.0) * step
        np.minimum(self.log_free, self._ceiling, out=self.log_free)

    @property
    def free_flow_mps(self) -> Floats:
        """Free-flow speed of each segment."""
        return np.asarray(np.exp(self.log_free))

    @property
    def rung(self) -> npt.NDArray[np.int8]:
        """How each segment's free-flow speed is known, as an index into RUNGS."""
        own = (self.seen_minutes >= OWN_AFTER) & (self._rung > RUNGS.index("any_time"))
        return np.where(own, np.int8(RUNGS.index("any_time")), self._rung)

    @property
    def usual_mps(self) -> Floats:
        """Median speed of each segment, NaN before it is known."""
        return np.where(self.seen_minutes >= USUAL_AFTER, np.exp(self.log_usual), np.nan)

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self.log_free, self.log_usual = state.log_free, state.log_usual
        self.seen_minutes = state.seen_minutes

    def _state(self) -> _SpeedPercentilesState:
        return _SpeedPercentilesState(self.log_free, self.log_usual, self.seen_minutes)
