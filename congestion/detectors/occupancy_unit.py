"""Does a detector send its occupancy in percent? Small percentages pass for shares."""

from typing import Annotated

import msgspec
import numpy as np

from ingest.kernels.arrays import Flags, Floats
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import MINUTE_S, Seconds

Minutes = Annotated[int, msgspec.Meta(ge=1, le=10_080)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class OccupancyUnitSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The test of units: a detector that sends occupancies in percent instead of shares."""

    least_minutes: Minutes = 2
    """A detector sends percent once it sent values that only a percentage can be in so many
    minutes. Unit: min. Source: chosen, one may be an error."""
    memory_minutes: Minutes = 60
    """A detector sends percent until it has sent no value that only a percentage can be for so
    long: on an empty street percentages are small. Unit: min. Source: chosen, longer than a street
    stays empty."""
    most_share: Share = 0.5
    """All detectors of a region send percent where more than this share of those whose unit shows
    do. Unit: share. Source: chosen, the greater part."""
    least_detectors: Count = 10
    """All detectors of a region send percent where more than so many of them do, and not on the
    word of fewer. Unit: count. Source: chosen, fewer may be of one cabinet."""


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
