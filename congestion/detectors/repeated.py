"""Does a detector send the same value again and again? Traffic that changes cannot make it."""

import numpy as np

from congestion.detectors.settings.repeated import RepeatedSettings
from congestion.seen.readings import MinuteReadings
from ingest.kernels.arrays import Flags, Floats
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import MINUTE_S

_STEPS = 2.0
"""An occupancy that had to change by so many of the steps in which occupancies come is stuck beyond
doubt. Unit: steps. Source: one may lie on either side of where it is rounded."""
_KNOWN_CHANGES = 10.0
"""A detector's step is known from so many changes of its occupancy. Unit: count. Source: chosen, a
quarter of an hour of traffic."""


class _RepeatedState(SavedState, frozen=True):
    SCHEMA_VERSION = 2

    arrays: dict[str, Floats]


class RepeatedValues:
    """Remembers each detector's last occupancy and speed, and for how many readings they stayed.

    Of the occupancies that change it remembers the smallest step: some are sent in whole percents,
    or coarser.
    """

    def __init__(self, count: int, settings: RepeatedSettings | None = None) -> None:
        self._settings = settings or RepeatedSettings()
        names = (
            "occupancy", "occupancies", "least_count", "most_count", "count", "all_three",
            "speed", "speeds", "minutes", "changes",
        )  # fmt: skip
        self.state: dict[str, Floats] = {name: np.zeros(count) for name in names}
        self.state["step"] = np.full(count, np.inf)

    def step(self, readings: MinuteReadings, is_held: Flags) -> None:
        """Take the readings that ended in a minute; `is_held` ones were occupied throughout."""
        state, counts = self.state, readings.counts
        occupancies, speeds = readings.occupancies, readings.speeds
        is_felt = np.isfinite(occupancies) & ~is_held
        is_same = is_felt & (occupancies > 0.0) & (occupancies == state["occupancy"])
        starts = is_felt & ~is_same
        change = np.where(starts, np.abs(occupancies - state["occupancy"]), 0.0)
        state["changes"] += change > 0.0
        state["step"] = np.where(change > 0.0, np.minimum(state["step"], change), state["step"])
        state["occupancies"] += is_same
        state["occupancies"][starts] = 1.0
        for name, pick in (("least_count", np.fmin), ("most_count", np.fmax)):
            state[name] = np.where(starts, counts, state[name])
            state[name] = np.where(is_same, pick(state[name], counts), state[name])
        is_record = is_same & (counts > 0.0) & (counts == state["count"])
        is_record &= speeds == state["speed"]
        state["all_three"] = np.where(is_felt, np.where(is_record, state["all_three"] + 1.0, 1.0),
                                      state["all_three"])  # fmt: skip
        state["count"] = np.where(np.isfinite(counts), counts, state["count"])
        state["occupancy"] = np.where(is_felt, occupancies, state["occupancy"])
        is_timed = (speeds > 0.0) & ~(counts == 0)
        is_same = is_timed & (speeds == state["speed"])
        minutes = np.ones(len(speeds))
        if readings.longest_s is not None:
            minutes = np.fmax(readings.longest_s / MINUTE_S, 1.0)
        state["speeds"] = np.where(is_timed, np.where(is_same, state["speeds"], 0.0) + 1.0,
                                   state["speeds"])  # fmt: skip
        state["minutes"] = np.where(is_timed, np.where(is_same, state["minutes"], 0.0) + minutes,
                                    state["minutes"])  # fmt: skip
        state["speed"] = np.where(is_timed, speeds, state["speed"])

    def begin_day(self) -> None:
        """Forget all."""
        for name, values in self.state.items():
            values[:] = np.inf if name == "step" else 0.0

    @property
    def occupancy_is_stuck(self) -> Flags:
        """Which detectors repeat their occupancy though their traffic changes."""
        state, settings = self.state, self._settings
        is_long = state["occupancies"] >= settings.occupancies
        stuck = is_long & (self._had_to_change() >= settings.had_to_change)
        is_high = state["occupancy"] >= settings.had_to_change
        is_uncounted = np.isnan(state["most_count"])
        stuck |= is_high & is_uncounted & (state["occupancies"] >= settings.uncounted)
        return np.asarray(stuck | self.record_is_stuck)

    @property
    def occupancy_is_stuck_beyond_doubt(self) -> Flags:
        """Which detectors do so though any rounding of occupancies would show the change."""
        is_known = self.state["changes"] >= _KNOWN_CHANGES
        step = float(np.median(self.state["step"][is_known])) if is_known.any() else 0.0
        is_counted = np.isfinite(self.state["most_count"])
        # As many steps but for the rounding of the numbers themselves.
        is_seen = is_counted & (self._had_to_change() >= _STEPS * step * (1.0 - 1e-6))
        return np.asarray(is_seen & self.occupancy_is_stuck & ~self.record_is_stuck)

    @property
    def record_is_stuck(self) -> Flags:
        """Which detectors repeat all that they measure; no assumption about traffic is in it."""
        state, settings = self.state, self._settings
        is_high = state["occupancy"] >= settings.had_to_change
        return np.asarray(is_high & (state["all_three"] >= settings.all_three))

    @property
    def speed_is_stuck(self) -> Flags:
        """Which detectors repeat their speed."""
        state, settings = self.state, self._settings
        is_long = state["minutes"] >= settings.speed_minutes
        return np.asarray(is_long & (state["speeds"] >= settings.speeds))

    def _had_to_change(self) -> Floats:
        """Give by how much the counts say that each occupancy had to change since it stays."""
        state = self.state
        with np.errstate(invalid="ignore", divide="ignore"):
            share = (state["most_count"] - state["least_count"]) / state["most_count"]
        return np.asarray(share * state["occupancy"])

    def evidence(self, detector: int) -> str:
        """Give what was seen of one detector, for a person."""
        name = "occupancy" if self.occupancy_is_stuck[detector] else "speed"
        times = self.state["occupancies" if name == "occupancy" else "speeds"][detector]
        return f"the same {name} in {times:.0f} readings"

    def readings(self, detector: int) -> float:
        """Give for how many readings one detector's stuck value has stayed."""
        name = "occupancies" if self.occupancy_is_stuck[detector] else "speeds"
        return float(self.state[name][detector])

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(_RepeatedState(self.state))

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        self.state = unpack(data, _RepeatedState(self.state)).arrays
