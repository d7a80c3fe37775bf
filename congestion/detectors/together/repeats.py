"""Which detectors send one record again and again since many others began to?"""

import numpy as np

from congestion.detectors.together.many import many_together, note_new
from congestion.detectors.together.settings import GatewaySettings
from congestion.seen.readings import MinuteReadings
from ingest.kernels.arrays import Flags, Floats
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import Seconds

_USUAL_SHARE, _USUAL_MINUTES = 0.3, 10.0
"""Before a city is known so many of the records that tell of vehicles are those of before, and this
counts for so many minutes. Unit: share, min. Source: 0.29 where occupancies are whole percents and
speeds are absent."""
_MEMORY_MINUTES = 60.0
"""The share is the mean of so many minutes. Unit: min. Source: chosen, an hour."""


class _RepeatsState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    arrays: dict[str, Floats]


class Repeats:
    """Remembers each detector's last record, for how many readings it stayed, and the city's share.

    By chance a record stays for n readings with the n-th power of the share that stays for one.
    """

    def __init__(self, count: int, settings: GatewaySettings) -> None:
        self._settings = settings
        self.state: dict[str, Floats] = {
            name: np.zeros(count) for name in ("many", "since", "run", "began")
        }
        for name in ("count", "occupancy", "speed"):
            self.state[name] = np.full(count, np.nan)
        self.state["usual"] = np.array([_USUAL_SHARE, _USUAL_MINUTES])

    @property
    def found(self) -> Flags:
        """Which detectors are not believed."""
        return np.asarray(self.state["many"] > 0)

    def step(self, minute_start: Seconds, readings: MinuteReadings) -> None:
        """Take the readings that ended in a minute."""
        state, has_reported = self.state, readings.has_reported
        is_same = has_reported.copy()
        for name, values in (
            ("count", readings.counts),
            ("occupancy", readings.occupancies),
            ("speed", readings.speeds),
        ):
            before = state[name]
            is_same &= (values == before) | (np.isnan(values) & np.isnan(before))
            state[name] = np.where(has_reported, values, before)
        begins = has_reported & (~is_same | (state["run"] == 0))
        state["began"] = np.where(begins, minute_start, state["began"])
        state["run"] = np.where(has_reported, np.where(is_same, state["run"] + 1.0, 0.0),
                                state["run"])  # fmt: skip
        state["many"][has_reported & ~is_same] = 0.0
        has_passed = np.where(np.isnan(readings.counts), readings.speeds > 0, readings.counts > 0)
        many = self._many(has_reported, is_same, has_passed)
        self._learn(is_same[has_passed & (many == 0)])
        note_new(state, many, state["began"])

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(_RepeatsState(self.state))

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        self.state = unpack(data, _RepeatsState(self.state)).arrays

    def _many(self, has_reported: Flags, is_same: Flags, has_passed: Flags) -> Floats:
        """Give with how many each detector repeats itself beyond chance."""
        state, settings = self.state, self._settings
        at_once, of = int((is_same & has_passed).sum()), int(has_passed.sum())
        if at_once >= max(settings.repeat_at_once_share * of, settings.least_detectors):
            return np.where(is_same, is_same.sum(), 0.0)
        usual = float(state["usual"][0])
        readings = max(np.log(settings.repeat_chance) / np.log(usual), settings.repeat_minutes)
        is_long = has_reported & has_passed & (state["run"] >= readings)
        return many_together(state["began"], is_long, of, settings)

    def _learn(self, is_same: Flags) -> None:
        """Take a minute's share of records that were those of before."""
        if not len(is_same):
            return
        share, minutes = self.state["usual"].tolist()
        minutes = min(minutes + 1.0, _MEMORY_MINUTES)
        share += (float(is_same.mean()) - share) / minutes
        self.state["usual"][:] = np.clip(share, 1e-3, 0.999), minutes
