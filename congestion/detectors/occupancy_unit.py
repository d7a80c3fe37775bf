"""Does a detector tell its occupancy in percent? The small percentages pass for shares."""

from typing import Annotated

import msgspec
import numpy as np

from ingest.kernels.arrays import Flags, Floats
from ingest.units import Seconds

Minutes = Annotated[int, msgspec.Meta(ge=1, le=10_080)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class OccupancyUnitSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From how many minutes with a percentage on a detector tells percent, and for how long.

    It does so until it has told none for `memory_minutes`: on an empty street they are small. Where
    over `most_share` of those that told anything clear do so, at least `least_detectors`, all do.
    """

    least_minutes: Minutes = 2
    memory_minutes: Minutes = 60
    most_share: Share = 0.5
    least_detectors: Count = 10


class OccupancyUnitTest:
    """Remembers the minutes in which each detector told what only a percentage can be."""

    def __init__(self, count: int, settings: OccupancyUnitSettings | None = None) -> None:
        self._settings = settings or OccupancyUnitSettings()
        self.state: dict[str, Floats] = {
            name: np.zeros(count) for name in ("minutes", "first", "last", "has_told")
        }

    def step(self, minute_start: Seconds, is_share: Flags, is_percent: Flags) -> None:
        """Take who told a percentage in a minute, and who what can hardly be one."""
        state, memory_s = self.state, 60.0 * self._settings.memory_minutes
        state["minutes"][state["last"] < minute_start - memory_s] = 0.0
        state["first"][is_percent & (state["minutes"] == 0.0)] = minute_start
        state["last"][is_percent] = minute_start
        state["minutes"] += is_percent
        state["has_told"][is_share | is_percent] = 1.0

    def begin_day(self) -> None:
        """Forget all."""
        for values in self.state.values():
            values[:] = 0.0

    def verdicts(self) -> Flags:
        """Give which detectors tell percent."""
        own, settings = self._own(), self._settings
        most = max(settings.most_share * self.state["has_told"].sum(), settings.least_detectors)
        return own | (own.sum() > most)

    def since(self, detector: int) -> Seconds:
        """Give when the first percentage was told (start of a minute)."""
        own = self._own()
        return float(self.state["first"][detector if own[detector] else own].min())

    def evidence(self, detector: int) -> str:
        """Give what was seen of one detector, for a person."""
        own = self._own()
        if own[detector]:
            return f"occupancy in percent in {self.state['minutes'][detector]:.0f} minutes"
        return f"{own.sum()} of {self.state['has_told'].sum():.0f} detectors tell percent"

    def _own(self) -> Flags:
        return np.asarray(self.state["minutes"] >= self._settings.least_minutes)
