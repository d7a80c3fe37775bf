"""Which detectors can be believed: each one's readings tested against itself and others."""

from dataclasses import replace
from typing import Annotated

import msgspec
import numpy as np
import numpy.typing as npt

from congestion.detectors.effective_length import (
    CAR_M,
    WHOLE_PERCENTS,
    LengthSettings,
    LengthTest,
)
from congestion.detectors.exchanged_lanes import ExchangedLanesSettings, ExchangedLanesTest
from congestion.detectors.guard import Guard, GuardSettings
from congestion.detectors.lanes_covered import lanes_at_most
from congestion.detectors.lost_flow import LostFlow, LostFlowSettings
from congestion.detectors.lost_offs import LostOffs, LostOffsSettings
from congestion.detectors.occupancy_unit import OccupancyUnitSettings, OccupancyUnitTest
from congestion.detectors.repeated import RepeatedSettings, RepeatedValues
from congestion.records import DetectorFault, Fault
from congestion.region import Region
from congestion.seen.readings import (
    BARE_OCCUPANCY,
    AgainstProbes,
    MinuteReadings,
)
from ingest.detector_events import FORGET_MINUTES
from ingest.kernels.arrays import Flags, Floats
from ingest.saved_state import SAME, SavedState, pack, restored, unpack
from ingest.units import MINUTE_S, Seconds

Minutes = Annotated[int, msgspec.Meta(ge=1, le=10_080)]
Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Ratio = Annotated[float, msgspec.Meta(gt=0, le=100)]
Vehicles = Annotated[float, msgspec.Meta(gt=0, le=10_000)]
Codes = npt.NDArray[np.int64]

FAULTS: tuple[Fault | None, ...] = (
    None, "no_data", "stuck_on", "stuck_off", "chatter", "constant", "no_count", "too_short",
    "too_long", "wrong_lane", "no_occupancy", "disagrees", "offs_lost",
)  # fmt: skip
"""Verdicts by code.

`no_count`: occupancy moves, but no vehicle is counted. `too_short`: vehicles seem shorter than they
can be, since they are counted double or the occupancy is too low. `too_long`: the occupancy is too
high, or vehicles are missed. `wrong_lane`: it counts the traffic of the lane beside it.
`no_occupancy`: the vehicles counted occupy it for no time. `disagrees`: its speed is not that of
the probes that drive over it. `offs_lost`: most of its on or off events lack the other, so that its
occupancy is not known; its count is, and is used.
"""
(
    NO_DATA, STUCK_ON, STUCK_OFF, CHATTER, CONSTANT, NO_COUNT, TOO_SHORT, TOO_LONG, WRONG_LANE,
    NO_OCCUPANCY, DISAGREES, OFFS_LOST,
) = range(1, 13)  # fmt: skip


class HealthSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long a detector may be strange before it is believed no more.

    Daily tests of Chen et al. 2003, made live.
    """

    silent_minutes: Minutes = 10
    """A detector that has sent nothing for so long, or for two of its intervals where these are
    longer, is silent. Unit: min. Source: chosen, ten readings of a minute."""
    unseen_minutes: Minutes = 180
    """A detector that sends nothing but speeds is silent only after so long: it says nothing while
    nobody passes. Unit: min. Source: chosen, longer than a lane stays empty in most nights."""
    jam_minutes: Minutes = 60
    """A detector that is occupied throughout without a vehicle, while those around it are occupied
    too, has a fault after so long; before, it may stand in their jam. Unit: min. Source: chosen,
    longer than most jams keep a detector occupied without a vehicle."""
    held_minutes: Minutes = 12
    """A detector that is occupied throughout while probes drive freely over it has a fault after so
    long. Unit: min. Source: chosen, some reds."""
    passed_minutes: Minutes = 5
    """They must have driven over it in so many of these minutes. Unit: min. Source: chosen on the
    recordings of shanghai-core."""
    jam_occupancy: Share = 0.2
    """The detectors around another one stand in a jam if they are occupied for this share of the
    time. Unit: share. Source: chosen, about the occupancy of flow at capacity."""
    stuck_occupancy: Share = 0.95
    """A detector is occupied throughout a minute from this share of it on. Unit: share. Source:
    chosen, a vehicle may leave or come in the minute."""
    empty_occupancy: Share = 0.02
    """A dead detector is occupied for less than this share of a minute; else it is one that counts
    nothing. Unit: share. Source: chosen, a car at 50 km/h takes a third of that."""
    lost_vehicles: Vehicles = 15.0
    """A detector that counts nothing has a fault once so many vehicles are missing at it. Unit:
    count. Source: chosen on the recordings of shanghai-core with faults put in
    (benchmarks/detector_faults.py)."""
    lost_minutes: Minutes = 25
    """A detector that counts nothing has a fault after so long at the earliest. Unit: min. Source:
    chosen, longer than most lanes stay blocked."""
    chatter_count: Vehicles = 55.0
    """More vehicles in a minute than this cannot pass a lane, minute after minute. Unit: count.
    Source: nobody follows at 1.1 s for minutes; lanes of I-24, Nashville, passed 44 in each of
    three minutes in a row and 54 in one (radar, 2023)."""
    chatter_minutes: Minutes = 3
    """A detector that counts more than can pass the lanes that it may cover in so many minutes in a
    row has a fault. Unit: min. Source: chosen, two may hold a late reading."""
    bare_vehicles: Vehicles = 15.0
    """A detector has a fault once it has counted so many vehicles none of which occupied it for any
    time. Unit: count. Source: chosen on the recordings of shanghai-core with faults put in
    (benchmarks/detector_faults.py)."""
    least_ratio: Ratio = 0.62
    """In free traffic a spot speed is at least this multiple of the probes'. Unit: ratio. Source:
    chosen on the recordings of shanghai-core, where it is 0.7 to 1.75."""
    most_ratio: Ratio = 1.75
    """In free traffic a spot speed is at most this multiple of the probes'. Unit: ratio. Source:
    chosen on the recordings of shanghai-core, where it is 0.7 to 1.75."""
    disagrees_minutes: Minutes = 30
    """A detector has a fault after so many minutes, compared one after the other, in which its
    speed was not the probes', in free traffic or in a jam. Unit: min. Source: chosen, hours of
    minutes with probes; they may be of another lane, or stop, for some of them."""
    least_jam_ratio: Ratio = 0.4
    """In a jam a spot speed is at least this multiple of the probes'. Unit: ratio. Source: chosen,
    queues move in waves."""
    most_jam_ratio: Ratio = 2.5
    """In a jam a spot speed is at most this multiple of the probes'. Unit: ratio. Source: chosen,
    queues move in waves."""
    unit_detectors: Count = 20
    """Where the median of so many compared detectors is as far off as another unit of speed, none
    is believed. Unit: count. Source: chosen, fewer may be one street's."""
    occupancy_unit: OccupancyUnitSettings = OccupancyUnitSettings()
    lengths: LengthSettings = LengthSettings()
    lost_flow: LostFlowSettings = LostFlowSettings()
    lost_offs: LostOffsSettings = LostOffsSettings()
    lanes: ExchangedLanesSettings = ExchangedLanesSettings()
    repeated: RepeatedSettings = RepeatedSettings()
    guard: GuardSettings = GuardSettings()


_SEVERAL = 3.0
"""So many vehicles occupy a detector for over 1 % of a minute, which no percentage below 1 shows.
Unit: count. Source: three cars of 5 m at 70 km/h take 1.3 % of a minute."""
_FASTEST = 1.3
"""Vehicles without a speed are taken to drive at this share of the limit, where what is asked is
how long they occupy a detector at least. Unit: share. Source: chosen, the fastest of free
traffic."""
_OTHER_UNIT = 0.55
"""A median ratio of speeds beyond this or its inverse is another unit's. Unit: ratio. Source: m/s
and knots taken for km/h are 0.28 and 0.54 of what they are."""
# Minutes in a row that something was so; the verdict by code and from when it holds.
_RUNS = ("silent", "stuck_on", "chatter", "disagrees")
_MEMORY = (
    *_RUNS, "heard", "of_events", "held_free", "longest_s", "tells_empty", "bare",
    "bare_minutes", "ratio", "verdict", "since",
)  # fmt: skip
_GUARDED = (
    "stuck_on", "constant", "stuck_off", "no_count", "chatter", "no_occupancy", "length",
    "wrong_lane", "disagrees",
)  # fmt: skip
"""The tests that withdraw where they accuse too many. Not among them: silence, occupancies that
only a percentage can be, and speeds that are those of probes in another unit. A gateway breaks all
its detectors so at once, and what they sent shows it without any assumption about traffic."""


class _DetectorHealthState(SavedState, frozen=True):
    SCHEMA_VERSION = 11

    detector_ids: Annotated[list[str], SAME]
    now: dict[str, Floats]
    percent: bytes
    lengths: bytes
    lost: bytes
    offs: bytes
    lanes: bytes
    repeated: bytes
    guard: bytes


class DetectorHealth:
    """Remembers for each detector of a region how it has behaved; minutes must come in order."""

    def __init__(self, region: Region, settings: HealthSettings | None = None) -> None:
        self._settings = settings or HealthSettings()
        self._region = region
        self._ids = list(region.detector_index)
        count = len(region.detector_segment)
        self._now: dict[str, Floats] = {name: np.zeros(count) for name in _MEMORY}
        self._percent = OccupancyUnitTest(count, self._settings.occupancy_unit)
        self._lengths = LengthTest(region, self._settings.lengths)
        self._lost = LostFlow(region, self._settings.lost_flow)
        self._offs = LostOffs(count, self._settings.lost_offs)
        self._lanes = ExchangedLanesTest(region, self._settings.lanes)
        self._repeated = RepeatedValues(count, self._settings.repeated)
        self._guard = Guard(_GUARDED, self._settings.guard)
        self._fastest = _FASTEST * region.limit_mps[region.detector_segment]
        self._most_count = self._settings.chatter_count * lanes_at_most(region)

    @property
    def is_healthy(self) -> Flags:
        """Which detectors may be used."""
        return np.asarray((self._now["verdict"] == 0) | (self._now["verdict"] == OFFS_LOST))

    @property
    def verdicts(self) -> Codes:
        """Give the verdict on each detector as an index into FAULTS, 0 where it is believed."""
        return self._now["verdict"].astype(np.int64)

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
    def sends_percent(self) -> Flags:
        """Which detectors send their occupancy in percent."""
        return self._percent.verdicts()

    def felt(self, readings: MinuteReadings) -> MinuteReadings:
        """Give the readings without the occupancies of detectors that lose on or off events."""
        occupancies = np.where(self._offs.verdicts(), np.nan, readings.occupancies)
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
        self._offs.step(minute_start, readings.counts, readings.unpaired)
        now, settings, readings = self._now, self._settings, self.felt(readings)
        if is_percent is None:
            is_percent = np.zeros(len(readings.counts), np.bool_)
        if not (readings.has_reported | is_percent).any():
            return []  # the feed is silent, not its detectors
        readings = readings.ended()
        has_reported, has_counted = readings.has_reported, np.isfinite(readings.counts)
        counts = np.where(has_counted, readings.counts, 0.0)
        occupancies = self._occupancies(has_reported, counts, readings)
        is_held = has_reported & (occupancies >= settings.stuck_occupancy) & (counts == 0)
        self._percent.step(minute_start, counts >= _SEVERAL, is_percent)
        _run(now["silent"], ~has_reported & ~is_percent, np.ones(len(has_reported), np.bool_))
        now["heard"][has_reported | is_percent] = 1.0
        if readings.unpaired is not None:
            now["of_events"][np.isfinite(readings.unpaired)] = 1.0
        _run(now["stuck_on"], is_held, has_reported)
        now["tells_empty"][has_counted | np.isfinite(readings.occupancies)] = 1.0
        if readings.longest_s is not None:
            now["longest_s"] = np.where(has_reported, readings.longest_s, now["longest_s"])
        _run(now["chatter"], counts > self._most_count, has_counted)
        self._count_bare(has_reported, readings)
        if against_probes is not None:
            self._compare(against_probes, has_reported, is_held)
        now["held_free"][now["stuck_on"] == 0] = 0.0
        is_trusted = self.is_healthy
        self._repeated.step(readings, is_held)
        self._lost.step(has_counted, counts, occupancies, is_trusted)
        self._lengths.step(minute_start, readings.counts, readings.occupancies, readings.speeds)
        self._lanes.step(
            minute_start, has_counted, counts, readings.occupancies, readings.speeds,
            self._may_share(is_trusted),
        )  # fmt: skip
        return self._changes(minute_start, self._verdicts(minute_start, occupancies))

    def begin_day(self) -> Flags:
        """Forget what one day must not hold against the next; give which detectors stay accused.

        What one day alone cannot show stays: the flow of each detector, without which nothing is
        missed at one that died before, and the lengths and lane shares of those accused of them.
        """
        for values in self._now.values():
            values[:] = 0.0
        for test in (
            self._percent, self._lengths, self._lost, self._offs, self._lanes, self._repeated,
            self._guard,
        ):  # fmt: skip
            test.begin_day()
        return (self._lengths.verdicts != 0) | self._lanes.verdicts()

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        (
            self._percent, self._lengths, self._lost, self._offs, self._lanes, self._repeated,
            self._guard,
        ) = (
            restored(self._percent, state.percent),
            restored(self._lengths, state.lengths),
            restored(self._lost, state.lost),
            restored(self._offs, state.offs),
            restored(self._lanes, state.lanes),
            restored(self._repeated, state.repeated),
            restored(self._guard, state.guard),
        )  # fmt: skip
        self._now = state.now

    def _state(self) -> _DetectorHealthState:
        return _DetectorHealthState(
            self._ids, self._now, self._percent.snapshot(), self._lengths.snapshot(),
            self._lost.snapshot(), self._offs.snapshot(), self._lanes.snapshot(),
            self._repeated.snapshot(), self._guard.snapshot(),
        )  # fmt: skip

    def _occupancies(self, has_reported: Flags, counts: Floats, readings: MinuteReadings) -> Floats:
        """Give the occupancies, 0 where unknown; one occupied throughout is so until a vehicle."""
        is_missing = has_reported & np.isnan(readings.occupancies)
        hangs = is_missing & (counts == 0) & (self._now["stuck_on"] > 0)
        return np.where(
            hangs, 1.0, np.where(has_reported, np.nan_to_num(readings.occupancies), 0.0)
        )

    def _count_bare(self, has_reported: Flags, readings: MinuteReadings) -> None:
        """Count the vehicles since the last minute in which any took time to pass."""
        now = self._now
        with np.errstate(invalid="ignore", divide="ignore"):
            speeds = np.where(readings.speeds > 0.0, readings.speeds, self._fastest)
            cars = readings.counts * CAR_M / (speeds * MINUTE_S)
        is_bare = (cars >= WHOLE_PERCENTS) & (readings.occupancies < BARE_OCCUPANCY)
        is_felt = has_reported & (readings.occupancies >= BARE_OCCUPANCY) & (readings.counts > 0)
        for name, value in (("bare", np.nan_to_num(readings.counts)), ("bare_minutes", 1.0)):
            now[name] = np.where(is_felt, 0.0, now[name] + np.where(is_bare, value, 0.0))

    def _compare(self, against: AgainstProbes, has_reported: Flags, is_held: Flags) -> None:
        """Count for how many comparisons in a row a detector's speed was not that of the probes."""
        now, settings = self._now, self._settings
        free, jammed = against
        is_free, is_jammed = has_reported & (free > 0.0), has_reported & (jammed > 0.0)
        agrees = is_free & (free >= settings.least_ratio) & (free <= settings.most_ratio)
        agrees |= (
            is_jammed & (jammed >= settings.least_jam_ratio) & (jammed <= settings.most_jam_ratio)
        )
        now["held_free"] += is_held & np.isfinite(free)
        _run(now["disagrees"], ~agrees, is_free | is_jammed)
        now["ratio"] = np.where(is_free, free, now["ratio"])

    def _is_other_unit(self) -> bool:
        """Tell whether the compared speeds are, by their median, in another unit."""
        ratios = self._ratios()
        if len(ratios) < self._settings.unit_detectors:
            return False
        return not _OTHER_UNIT <= float(np.median(ratios)) <= 1.0 / _OTHER_UNIT

    def _ratios(self) -> Floats:
        """Give the last comparison of each detector that was compared."""
        return self._now["ratio"][self._now["ratio"] > 0.0]

    def _may_share(self, is_trusted: Flags) -> Flags:
        """Tell whose counts may be compared between lanes: those without a fault but of lanes."""
        return is_trusted | (self._now["verdict"] == WRONG_LANE)

    def _silent_minutes(self) -> Floats:
        """Give after how many minutes without a reading each detector is silent.

        One of single events sends nothing until its first vehicle; after that it has readings, of
        empty minutes too, for FORGET_MINUTES. What was never heard is of events where most are.
        """
        now, silent_minutes = self._now, float(self._settings.silent_minutes)
        of_events = now["of_events"].sum() > 0.5 * now["heard"].sum()
        longest = max(silent_minutes, float(FORGET_MINUTES)) if of_events else silent_minutes
        only_speeds = (now["tells_empty"] == 0) & (now["longest_s"] > 0)
        heard_minutes = np.where(only_speeds, self._settings.unseen_minutes, silent_minutes)
        minutes = np.where(now["heard"] > 0, heard_minutes, longest)
        return np.maximum(minutes, now["longest_s"] * 2.0 / MINUTE_S)

    def _verdicts(self, minute_start: Seconds, occupancies: Floats) -> Codes:
        """Give the verdict on each detector by this minute, the first that applies."""
        now, settings, lost = self._now, self._settings, self._lost
        run = lost.state["run"]
        is_lost = (lost.lost() >= settings.lost_vehicles) & (run >= settings.lost_minutes)
        is_jammed = lost.occupied_around() >= settings.jam_occupancy
        is_held = is_lost & ~is_jammed & (now["stuck_on"] >= settings.lost_minutes)
        is_held |= (now["stuck_on"] >= settings.jam_minutes) & (
            lost.passed_around() >= settings.lost_vehicles
        )
        is_passed = now["held_free"] >= settings.passed_minutes
        is_passed &= now["stuck_on"] >= settings.held_minutes
        is_empty = occupancies < settings.empty_occupancy
        is_chatter = now["chatter"] >= settings.chatter_minutes
        counts_only = self._offs.verdicts() & ~is_lost & ~is_chatter
        lengths = self._lengths.verdicts
        accused = {
            "stuck_on": is_passed | is_held,
            "constant": self._repeated.occupancy_is_stuck | self._repeated.speed_is_stuck,
            "stuck_off": is_lost & is_empty,
            "no_count": is_lost & ~is_empty & ~is_jammed,
            "chatter": is_chatter,
            "no_occupancy": now["bare"] >= settings.bare_vehicles,
            "length": lengths != 0,
            "wrong_lane": self._lanes.verdicts(),
            "disagrees": now["disagrees"] >= settings.disagrees_minutes,
        }
        is_silent = now["silent"] >= self._silent_minutes()
        self._guard.step(minute_start, accused, int((~is_silent).sum()))
        for name in self._guard.withdrawn:
            accused[name] = np.zeros(len(is_silent), np.bool_)
        return np.select(
            [
                is_silent,
                self.sends_percent,
                counts_only,
                accused["stuck_on"],
                accused["constant"],
                accused["stuck_off"],
                accused["no_count"],
                accused["chatter"],
                accused["no_occupancy"],
                accused["length"] & (lengths < 0),
                accused["length"],
                accused["wrong_lane"],
                accused["disagrees"] | self._is_other_unit(),
            ],
            [
                NO_DATA, TOO_LONG, OFFS_LOST, STUCK_ON, CONSTANT, STUCK_OFF, NO_COUNT, CHATTER,
                NO_OCCUPANCY, TOO_SHORT, TOO_LONG, WRONG_LANE, DISAGREES,
            ],
            0,
        )  # fmt: skip

    def _began(self, minute_start: Seconds, verdict: int, detector: int) -> tuple[Seconds, str]:
        """Give since when a fault is thought to have been there, and what was seen of it."""
        if verdict == TOO_LONG and self.sends_percent[detector]:
            return self._percent.since(detector), self._percent.evidence(detector)
        if verdict == OFFS_LOST:
            return self._offs.since(detector), self._offs.evidence(detector)
        if verdict in (TOO_SHORT, TOO_LONG):
            return float(self._lengths.since(minute_start)[detector]), self._lengths.evidence(
                detector
            )
        if verdict == WRONG_LANE:
            return float(self._lanes.since()[detector]), self._lanes.evidence(detector)
        if verdict in (STUCK_OFF, NO_COUNT):
            run = float(self._lost.state["run"][detector])
            return minute_start - MINUTE_S * (run - 1.0), self._lost.evidence(detector)
        if verdict == CONSTANT:
            run = self._repeated.readings(detector)
            return minute_start - MINUTE_S * (run - 1.0), self._repeated.evidence(detector)
        if verdict == NO_OCCUPANCY:
            run, count = (float(self._now[name][detector]) for name in ("bare_minutes", "bare"))
            words = f"{count:.0f} vehicles in {run:.0f} minutes, none of which took time to pass"
            return minute_start - MINUTE_S * (run - 1.0), words
        if verdict == DISAGREES and self._is_other_unit():
            ratios = self._ratios()
            words = f"{len(ratios)} detectors tell {np.median(ratios):.2f} of the speed of probes"
            return minute_start, f"{words}: another unit"
        if verdict == DISAGREES:
            run, ratio = (float(self._now[name][detector]) for name in ("disagrees", "ratio"))
            words = f"{ratio:.2f} of the speed of probes, the {run:.0f}th time in a row"
            return minute_start, words
        name, words = {
            NO_DATA: ("silent", "no reading in {:.0f} minutes"),
            STUCK_ON: ("stuck_on", "occupied throughout {:.0f} minutes"),
            CHATTER: ("chatter", "more vehicles than can pass in {:.0f} minutes"),
        }[verdict]
        run = float(self._now[name][detector])
        return minute_start - MINUTE_S * (run - 1.0), words.format(run)

    def _changes(self, minute_start: Seconds, verdicts: Codes) -> list[DetectorFault]:
        """Give the faults that end and begin with new verdicts, and take the verdicts over."""
        now, changes = self._now, []
        for d in np.flatnonzero(verdicts != now["verdict"]).tolist():
            segment_id = self._region.segment_ids[self._region.detector_segment[d]]
            before, after = FAULTS[int(now["verdict"][d])], FAULTS[int(verdicts[d])]
            if before is not None:
                since = float(now["since"][d])
                changes.append(
                    DetectorFault(self._ids[d], segment_id, before, since, minute_start, "")
                )
            if after is not None:
                since, evidence = self._began(minute_start, int(verdicts[d]), d)
                changes.append(
                    DetectorFault(self._ids[d], segment_id, after, since, None, evidence)
                )
                now["since"][d] = since
        now["verdict"] = verdicts.astype(np.float64)
        return changes


def _run(length: Floats, holds: Flags, counts: Flags) -> None:
    """Count on, in place, for how many minutes in a row something held, where `counts` is true."""
    length[:] = np.where(counts, np.where(holds, length + 1.0, 0.0), length)
