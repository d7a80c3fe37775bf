"""Which detectors can be believed: each one's readings tested against itself and others."""

from dataclasses import replace
from typing import Annotated

import numpy as np

from congestion.detectors.battery import Battery
from congestion.detectors.evidence import evidence
from congestion.detectors.guard import Guard
from congestion.detectors.settings.health import HealthSettings
from congestion.detectors.verdicts import (
    COUNTED_TWICE,
    FAULTS,
    GUARDED,
    HALF_BELIEVED,
    NO_DATA,
    OCCUPANCY_STUCK,
    WRONG_LANE,
    accused,
    explained,
    verdicts,
)
from congestion.records import DetectorFault, Fault
from congestion.region import Region
from congestion.seen.readings import AgainstProbes, MinuteReadings
from ingest.kernels.arrays import Flags, Floats, Int64s
from ingest.saved_state import SAME, SavedState, pack, restored, unpack
from ingest.units import Seconds

_IS_USED = np.array([code == 0 or code in HALF_BELIEVED for code in range(len(FAULTS))])


class _DetectorHealthState(SavedState, frozen=True):
    SCHEMA_VERSION = 15

    detector_ids: Annotated[list[str], SAME]
    verdicts: Int64s
    since: Floats
    battery: bytes
    guard: bytes


class DetectorHealth:
    """Remembers the verdict on each detector of a region; minutes must come in order."""

    def __init__(self, region: Region, settings: HealthSettings | None = None) -> None:
        self._settings = settings or HealthSettings()
        self._region = region
        self._ids = list(region.detector_index)
        count = len(region.detector_segment)
        self._verdicts = np.zeros(count, np.int64)
        self._since = np.zeros(count)  # of the verdict, where there is one
        self.fell_out = np.zeros(count, np.bool_)
        """Which detectors are not believed since the last minute, or no more in all they send."""
        self._battery = Battery(region, self._settings)
        self._guard = Guard(GUARDED, self._settings.guard)

    @property
    def is_healthy(self) -> Flags:
        """Which detectors may be used."""
        return _IS_USED[self._verdicts]

    @property
    def verdicts(self) -> Int64s:
        """Give the verdict on each detector as an index into FAULTS, 0 where it is believed."""
        return self._verdicts.copy()

    @property
    def excluded(self) -> dict[str, Fault]:
        """Which detectors may not be used, and why."""
        codes = np.where(self.is_healthy, 0, self.verdicts).tolist()
        faults = ((name, FAULTS[code]) for name, code in zip(self._ids, codes, strict=True))
        return {name: fault for name, fault in faults if fault is not None}

    @property
    def withdrawn(self) -> dict[str, int]:
        """The tests that accused so many detectors that they are believed no more, and how many."""
        return self._guard.withdrawn

    @property
    def unfelt_count(self) -> int:
        """How many detectors are believed but in their occupancy, or in their count."""
        is_part = np.isin(self._verdicts, (OCCUPANCY_STUCK, COUNTED_TWICE))
        return int((self._battery.offs.loses() | is_part).sum())

    @property
    def lanes_are_doubted(self) -> bool:
        """Whether nobody knows which lane is which: the test withdrew, or a gateway mixed them."""
        is_exchanged = self._battery.exchanges.found(self._battery.lanes)
        return "wrong_lane" in self.withdrawn or bool(is_exchanged.any())

    @property
    def sends_percent(self) -> Flags:
        """Which detectors send their occupancy in percent."""
        return self._battery.percent.verdicts()

    def usable(self, readings: MinuteReadings) -> MinuteReadings:
        """Give the readings without the fields that cannot be used.

        These are occupancies that are stuck or of detectors that lose on or off events, counts of
        more vehicles than can pass or of each vehicle twice, and speeds whose unit is in doubt.
        """
        usable = self._battery.conduct.plausible(self._felt(readings))
        is_stuck, is_twice = (self._verdicts == code for code in (OCCUPANCY_STUCK, COUNTED_TWICE))
        usable = replace(
            usable,
            occupancies=np.where(is_stuck, np.nan, usable.occupancies),
            counts=np.where(is_twice, np.nan, usable.counts),
        )
        is_doubted = self._battery.gateway.has_doubted_speed
        return replace(usable, speeds=np.where(is_doubted, np.nan, usable.speeds))

    def _felt(self, readings: MinuteReadings) -> MinuteReadings:
        is_unknown = self._battery.offs.has_no_occupancy(readings.unpaired)
        occupancies = np.where(is_unknown, np.nan, readings.occupancies)
        return replace(readings, occupancies=occupancies)

    def step(
        self,
        minute_start: Seconds,
        readings: MinuteReadings,
        against_probes: AgainstProbes | None = None,
        is_percent: Flags | None = None,
    ) -> list[DetectorFault]:
        """Take a minute's readings; give the faults that began or ended with it.

        `against_probes` is each detector's speed as a share of the probes'. `is_percent` marks the
        detectors that sent a percentage in the minute; such a reading is not among `readings`.
        """
        self._battery.offs.step(minute_start, readings.counts, readings.unpaired)
        readings = self._felt(readings)
        if is_percent is None:
            is_percent = np.zeros(len(readings.counts), np.bool_)
        if not (readings.has_reported | is_percent).any():
            self.fell_out[:] = False
            return []  # the feed is silent, not its detectors
        counts_are_right = self.is_healthy & (self._verdicts != COUNTED_TWICE)
        self._battery.step(
            minute_start, readings.ended(), against_probes, is_percent, counts_are_right,
            counts_are_right | (self._verdicts == WRONG_LANE),
        )  # fmt: skip
        return self._changes(minute_start, self._found(minute_start))

    def begin_day(self) -> Flags:
        """Forget what one day must not hold against the next; give which detectors stay accused."""
        self._verdicts[:] = 0
        self._since[:] = 0.0
        self._guard.begin_day()
        return self._battery.begin_day()

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self._battery, self._guard = (
            restored(self._battery, state.battery),
            restored(self._guard, state.guard),
        )
        self._verdicts, self._since = state.verdicts, state.since

    def _state(self) -> _DetectorHealthState:
        return _DetectorHealthState(
            self._ids, self._verdicts, self._since, self._battery.snapshot(), self._guard.snapshot()
        )

    def _found(self, minute_start: Seconds) -> Int64s:
        """Give the verdict on each detector by this minute, without the tests that withdrew."""
        by_test = accused(self._battery, self._settings)
        reporting = int((~self._battery.conduct.is_silent).sum())
        self._guard.step(minute_start, by_test, reporting, explained(self._battery))
        for name in self._guard.withdrawn:
            by_test[name] = np.zeros_like(by_test[name])
        return verdicts(self._battery, self._settings, by_test)

    def _changes(self, minute_start: Seconds, verdicts: Int64s) -> list[DetectorFault]:
        """Give the faults that end and begin with new verdicts, and take the verdicts over."""
        changes = []
        for d in np.flatnonzero(verdicts != self._verdicts).tolist():
            segment_id = self._region.segment_ids[self._region.detector_segment[d]]
            before, after = FAULTS[int(self._verdicts[d])], FAULTS[int(verdicts[d])]
            if before is not None:
                since = float(self._since[d])
                changes.append(
                    DetectorFault(self._ids[d], segment_id, before, since, minute_start, "")
                )
            if after is not None:
                since, seen = evidence(self._battery, minute_start, int(verdicts[d]), d)
                changes.append(DetectorFault(self._ids[d], segment_id, after, since, None, seen))
                self._since[d] = since
        was_healthy, was_silent = self.is_healthy, self._verdicts == NO_DATA
        is_part = np.isin(verdicts, (OCCUPANCY_STUCK, COUNTED_TWICE)) & (verdicts != self._verdicts)
        self._verdicts = verdicts
        self.fell_out = (was_healthy | was_silent) & ~self.is_healthy & (verdicts != NO_DATA)
        self.fell_out |= is_part
        return changes
