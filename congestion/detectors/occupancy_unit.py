"""Does a detector send its occupancy in percent? Small percentages pass for shares."""

import numpy as np

from congestion.detectors.settings.occupancy_unit import OccupancyUnitSettings
from ingest.kernels.arrays import Flags, Floats
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import MINUTE_S, Seconds


class _OccupancyUnitState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    arrays: dict[str, Floats]


class OccupancyUnitTest:
    """Remembers the minutes in which each detector sent a value that only a percentage can be."""

    def __init__(self, count: int, settings: OccupancyUnitSettings | None = None) -> None:
        self._settings = settings or OccupancyUnitSettings()
        self.state: dict[str, Floats] = {
            name: np.zeros(count) for name in ("minutes", "first", "last", "has_shown")
        }

    def step(self, minute_start: Seconds, is_share: Flags, is_percent: Flags) -> None:
        """Take which detectors sent what is surely a share in a minute, and which a percentage."""
        state, memory_s = self.state, MINUTE_S * self._settings.memory_minutes
        state["minutes"][state["last"] < minute_start - memory_s] = 0.0
        state["first"][is_percent & (state["minutes"] == 0.0)] = minute_start
        state["last"][is_percent] = minute_start
        state["minutes"] += is_percent
        state["has_shown"][is_share | is_percent] = 1.0

    def begin_day(self) -> None:
        """Forget all."""
        for values in self.state.values():
            values[:] = 0.0

    def verdicts(self) -> Flags:
        """Give which detectors send percent."""
        own, settings = self._own(), self._settings
        most = max(settings.most_share * self.state["has_shown"].sum(), settings.least_detectors)
        return own | (own.sum() > most)

    def since(self, detector: int) -> Seconds:
        """Give when the first percentage was sent (start of a minute)."""
        own = self._own()
        return float(self.state["first"][detector if own[detector] else own].min())

    def evidence(self, detector: int) -> str:
        """Give what was seen of one detector, for a person."""
        own = self._own()
        if own[detector]:
            return f"occupancy in percent in {self.state['minutes'][detector]:.0f} minutes"
        return f"{own.sum()} of {self.state['has_shown'].sum():.0f} detectors tell percent"

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(_OccupancyUnitState(self.state))

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        self.state = unpack(data, _OccupancyUnitState(self.state)).arrays

    def _own(self) -> Flags:
        return np.asarray(self.state["minutes"] >= self._settings.least_minutes)
