"""How has each detector behaved, minute after minute? What it did alone, and beside probes."""

from dataclasses import replace

import numpy as np

from congestion.detectors.effective_length import CAR_M, WHOLE_PERCENTS
from congestion.detectors.lanes_covered import lanes_at_most
from congestion.detectors.settings.health import HealthSettings
from congestion.region import Region
from congestion.seen.readings import BARE_OCCUPANCY, AgainstProbes, MinuteReadings
from ingest.detector_events import FORGET_MINUTES
from ingest.kernels.arrays import Flags, Floats
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import MINUTE_S

_FASTEST = 1.3
"""Vehicles without a speed are taken to drive at this share of the limit, where what is asked is
how long they occupy a detector at least. Unit: share. Source: chosen, the fastest of free
traffic."""
_OTHER_UNIT = 0.55
"""A median ratio of speeds beyond this or its inverse is another unit's. Unit: ratio. Source: m/s
and knots taken for km/h are 0.28 and 0.54 of what they are."""
# Minutes in a row that something was so, and what is known of each detector's readings.
_RUNS = ("silent", "stuck_on", "chatter", "disagrees")
_MEMORY = (
    *_RUNS, "heard", "of_events", "held_free", "longest_s", "tells_empty", "bare",
    "bare_minutes", "ratio", "driven",
)  # fmt: skip


class _ConductState(SavedState, frozen=True):
    SCHEMA_VERSION = 2

    arrays: dict[str, Floats]


class Conduct:
    """Remembers for how many minutes each detector has been strange; minutes come in order."""

    def __init__(self, region: Region, settings: HealthSettings) -> None:
        self._settings = settings
        count = len(region.detector_segment)
        self.state: dict[str, Floats] = {name: np.zeros(count) for name in _MEMORY}
        self._fastest = _FASTEST * region.limit_mps[region.detector_segment]
        self._lanes = lanes_at_most(region)

    def step(
        self,
        readings: MinuteReadings,
        is_held: Flags,
        is_percent: Flags,
        against_probes: AgainstProbes | None,
    ) -> None:
        """Take the readings that ended in a minute; `is_held` ones were occupied throughout."""
        state = self.state
        has_reported, has_counted = readings.has_reported, np.isfinite(readings.counts)
        _run(state["silent"], ~has_reported & ~is_percent, np.ones(len(has_reported), np.bool_))
        state["heard"][has_reported | is_percent] = 1.0
        if readings.unpaired is not None:
            state["of_events"][np.isfinite(readings.unpaired)] = 1.0
        _run(state["stuck_on"], is_held, has_reported)
        state["tells_empty"][has_counted | np.isfinite(readings.occupancies)] = 1.0
        if readings.longest_s is not None:
            state["longest_s"] = np.where(has_reported, readings.longest_s, state["longest_s"])
        _run(
            state["chatter"],
            readings.counts > self._settings.chatter_count * self._lanes,
            has_counted,
        )
        self._count_bare(has_reported, readings)
        if against_probes is not None:
            self._compare(against_probes, has_reported, is_held)
        state["held_free"][state["stuck_on"] == 0] = 0.0
        state["driven"][readings.counts > 0] = 0.0

    def plausible(self, readings: MinuteReadings) -> MinuteReadings:
        """Give the readings without counts that cannot pass the lanes that a detector may cover."""
        is_none = readings.counts > self._settings.most_count * self._lanes
        counts = np.where(is_none, np.nan, readings.counts)
        return replace(readings, counts=counts)

    def begin_day(self) -> None:
        """Forget all."""
        for values in self.state.values():
            values[:] = 0.0

    def occupancies(self, readings: MinuteReadings) -> Floats:
        """Give the occupancies, 0 where unknown; one occupied throughout is so until a vehicle."""
        has_reported = readings.has_reported
        is_missing = has_reported & np.isnan(readings.occupancies)
        hangs = is_missing & ~(readings.counts > 0) & (self.state["stuck_on"] > 0)
        return np.where(
            hangs, 1.0, np.where(has_reported, np.nan_to_num(readings.occupancies), 0.0)
        )

    @property
    def is_silent(self) -> Flags:
        """Which detectors have sent nothing for too long."""
        return np.asarray(self.state["silent"] >= self._silent_minutes())

    @property
    def is_other_unit(self) -> Flags:
        """Which detectors tell speeds in another unit, if by their median the compared ones do.

        One whose own speeds are those of the probes does not; one that was not compared does.
        """
        ratio, ratios = self.state["ratio"], self.ratios()
        if len(ratios) < self._settings.unit_detectors or _is_of_unit(np.median(ratios)):
            return np.zeros(len(ratio), np.bool_)
        return ~_is_of_unit(ratio)

    def ratios(self) -> Floats:
        """Give the last comparison of each detector that was compared."""
        return self.state["ratio"][self.state["ratio"] > 0.0]

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(_ConductState(self.state))

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        self.state = unpack(data, _ConductState(self.state)).arrays

    def _count_bare(self, has_reported: Flags, readings: MinuteReadings) -> None:
        """Count the vehicles since the last minute in which any took time to pass."""
        state = self.state
        with np.errstate(invalid="ignore", divide="ignore"):
            speeds = np.where(readings.speeds > 0.0, readings.speeds, self._fastest)
            cars = readings.counts * CAR_M / (speeds * MINUTE_S)
        is_bare = (cars >= WHOLE_PERCENTS) & (readings.occupancies < BARE_OCCUPANCY)
        is_felt = has_reported & (readings.occupancies >= BARE_OCCUPANCY) & (readings.counts > 0)
        for name, value in (("bare", np.nan_to_num(readings.counts)), ("bare_minutes", 1.0)):
            state[name] = np.where(is_felt, 0.0, state[name] + np.where(is_bare, value, 0.0))

    def _compare(self, against: AgainstProbes, has_reported: Flags, is_held: Flags) -> None:
        """Count for how many comparisons in a row a detector's speed was not that of the probes."""
        state, settings = self.state, self._settings
        free, jammed = against
        is_free, is_jammed = has_reported & (free > 0.0), has_reported & (jammed > 0.0)
        agrees = is_free & (free >= settings.least_ratio) & (free <= settings.most_ratio)
        agrees |= (
            is_jammed & (jammed >= settings.least_jam_ratio) & (jammed <= settings.most_jam_ratio)
        )
        state["held_free"] += is_held & np.isfinite(free)
        state["driven"] += np.isfinite(free)
        _run(state["disagrees"], ~agrees, is_free | is_jammed)
        state["ratio"] = np.where(is_free, free, state["ratio"])

    def _silent_minutes(self) -> Floats:
        """Give after how many minutes without a reading each detector is silent.

        One of single events sends nothing until its first vehicle; after that it has readings, of
        empty minutes too, for FORGET_MINUTES. What was never heard is of events where most are.
        """
        state, silent_minutes = self.state, float(self._settings.silent_minutes)
        of_events = state["of_events"].sum() > 0.5 * state["heard"].sum()
        longest = max(silent_minutes, float(FORGET_MINUTES)) if of_events else silent_minutes
        only_speeds = (state["tells_empty"] == 0) & (state["longest_s"] > 0)
        heard_minutes = np.where(only_speeds, self._settings.unseen_minutes, silent_minutes)
        minutes = np.where(state["heard"] > 0, heard_minutes, longest)
        return np.maximum(minutes, state["longest_s"] * 2.0 / MINUTE_S)


def _is_of_unit(ratio: Floats | np.floating) -> Flags:
    """Tell which speeds, given as shares of the probes', are in their unit."""
    return np.asarray((ratio >= _OTHER_UNIT) & (ratio <= 1.0 / _OTHER_UNIT))


def _run(length: Floats, holds: Flags, counts: Flags) -> None:
    """Count on, in place, for how many minutes in a row something held, where `counts` is true."""
    length[:] = np.where(counts, np.where(holds, length + 1.0, 0.0), length)
