"""Which detectors can be believed: each one's readings tested against itself and others."""

from typing import Annotated

import msgspec
import numpy as np
import numpy.typing as npt

from congestion.detectors.effective_length import LengthSettings, LengthTest
from congestion.detectors.exchanged_lanes import ExchangedLanesSettings, ExchangedLanesTest
from congestion.detectors.lost_flow import LostFlow, LostFlowSettings
from congestion.detectors.occupancy_unit import OccupancyUnitSettings, OccupancyUnitTest
from congestion.packing import pack, unpack
from congestion.records import DetectorFault, Fault
from congestion.region import Region
from congestion.seen.observation import BARE_COUNT, BARE_OCCUPANCY, MinuteReadings
from ingest.kernels.arrays import Flags, Floats
from ingest.units import Seconds

Minutes = Annotated[int, msgspec.Meta(ge=1, le=10_080)]
Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Ratio = Annotated[float, msgspec.Meta(gt=0, le=100)]
Vehicles = Annotated[float, msgspec.Meta(gt=0, le=10_000)]
Codes = npt.NDArray[np.int64]

FAULTS: tuple[Fault | None, ...] = (
    None, "no_data", "stuck_on", "stuck_off", "chatter", "constant", "no_count", "too_short",
    "too_long", "wrong_lane", "no_occupancy", "disagrees",
)  # fmt: skip
"""Verdicts by code. `no_count`: occupancy moves, but no vehicle is counted; `too_short`: vehicles
seem shorter than they can be (counted double, or occupancy told too low); `too_long`: occupancy
told too high, or vehicles missed; `wrong_lane`: it tells the traffic of the lane beside it;
`no_occupancy`: vehicles are counted that occupy it for no time; `disagrees`: its speed is not that
of the probes that drive over it."""
(
    NO_DATA, STUCK_ON, STUCK_OFF, CHATTER, CONSTANT, NO_COUNT, TOO_SHORT, TOO_LONG, WRONG_LANE,
    NO_OCCUPANCY, DISAGREES,
) = range(1, 12)  # fmt: skip


class HealthSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long a detector may be strange (daily tests of Chen et al. 2003, made live).

    It is silent after `silent_minutes`, or two of its intervals if these are longer. A detector
    that counts nothing is told from a jam and from a blocked lane by what passes around it
    (`congestion.detectors.lost_flow`): `lost_vehicles` must be missing over `lost_minutes`, which
    outlast most blocked lanes. Where the detectors around it are occupied for `jam_occupancy` of
    the time too, one that is occupied throughout may be standing in their jam for `jam_minutes`.
    While probes drive freely over it in `disagrees_minutes`, it does so for `held_minutes`: some
    reds. `bare_vehicles` counted without occupying it are a broken line. In free traffic a spot
    speed is `least_ratio` to `most_ratio` of the probes'; `disagrees_minutes` in a row beyond are a
    fault. Where the median of `unit_detectors` is as far off as another unit, none is believed.
    """

    silent_minutes: Minutes = 10
    jam_minutes: Minutes = 60
    held_minutes: Minutes = 12
    jam_occupancy: Share = 0.2
    stuck_occupancy: Share = 0.95
    empty_occupancy: Share = 0.02
    lost_vehicles: Vehicles = 15.0
    lost_minutes: Minutes = 25
    # Nobody follows closer than 1.5 s for a whole minute (HCM: 1.9 s at saturation).
    chatter_count: Vehicles = 40.0
    chatter_minutes: Minutes = 3
    constant_minutes: Minutes = 8
    bare_vehicles: Vehicles = 15.0
    least_ratio: Ratio = 0.62
    most_ratio: Ratio = 1.75
    disagrees_minutes: Minutes = 5
    unit_detectors: Count = 20
    occupancy_unit: OccupancyUnitSettings = OccupancyUnitSettings()
    lengths: LengthSettings = LengthSettings()
    lost_flow: LostFlowSettings = LostFlowSettings()
    lanes: ExchangedLanesSettings = ExchangedLanesSettings()


# So many vehicles occupy a detector for over 1 % of a minute, which no percentage below 1 says.
_SEVERAL = 3.0
# Speeds in m/s or knots taken for km/h are 0.28 or 0.54 of what they are.
_OTHER_UNIT = 0.55
# Minutes in a row that something was so; the verdict by code and from when it holds.
_RUNS = ("silent", "stuck_on", "constant", "chatter", "disagrees")
_MEMORY = (
    *_RUNS, "held_free", "longest_s", "last_occupancy", "bare", "bare_minutes", "ratio", "verdict",
    "since",
)  # fmt: skip


class DetectorHealth:
    """Remembers for each detector of a region how it has behaved; minutes must come in order."""

    VERSION = 7

    def __init__(self, region: Region, settings: HealthSettings | None = None) -> None:
        self._settings = settings or HealthSettings()
        self._region = region
        self._ids = list(region.detector_index)
        count = len(region.detector_segment)
        self._now: dict[str, Floats] = {name: np.zeros(count) for name in _MEMORY}
        self._percent = OccupancyUnitTest(count, self._settings.occupancy_unit)
        self._lengths = LengthTest(count, self._settings.lengths)
        self._lost = LostFlow(region, self._settings.lost_flow)
        self._lanes = ExchangedLanesTest(region, self._settings.lanes)

    @property
    def is_healthy(self) -> Flags:
        """Which detectors may be used."""
        return np.asarray(self._now["verdict"] == 0)

    @property
    def verdicts(self) -> Codes:
        """Give the verdict on each detector as an index into FAULTS, 0 where it is believed."""
        return self._now["verdict"].astype(np.int64)

    @property
    def excluded(self) -> dict[str, Fault]:
        """Which detectors may not be used, and why."""
        codes = self.verdicts.tolist()
        faults = ((name, FAULTS[code]) for name, code in zip(self._ids, codes, strict=True))
        return {name: fault for name, fault in faults if fault is not None}

    @property
    def sends_percent(self) -> Flags:
        """Which detectors' occupancies are percentages."""
        return self._percent.verdicts()

    def step(
        self,
        minute_start: Seconds,
        heard: MinuteReadings,
        against_probes: Floats | None = None,
        is_percent: Flags | None = None,
    ) -> list[DetectorFault]:
        """Take what was heard in a minute; give the faults that began or ended with it.

        `against_probes` is each detector's speed as a share of the probes', NaN where traffic was
        not free or no probe came. `is_percent` says which sent a percentage, which is not heard.
        """
        now, settings = self._now, self._settings
        spoke = np.isfinite(heard.counts)
        if is_percent is None:
            is_percent = np.zeros(len(spoke), np.bool_)
        if not (spoke | is_percent).any():
            return []  # the feed is silent, not its detectors
        counts = np.where(spoke, heard.counts, 0.0)
        occupancies = self._occupancies(spoke, counts, heard)
        is_held = spoke & (occupancies >= settings.stuck_occupancy) & (counts == 0)
        is_same = spoke & (occupancies > 0.0) & (occupancies == now["last_occupancy"]) & ~is_held
        self._percent.step(minute_start, counts >= _SEVERAL, is_percent)
        _run(now["silent"], ~spoke & ~is_percent, np.ones(len(spoke), np.bool_))
        _run(now["stuck_on"], is_held, spoke)
        if heard.longest_s is not None:
            now["longest_s"] = np.where(spoke, heard.longest_s, now["longest_s"])
        _run(now["constant"], is_same, spoke)
        _run(now["chatter"], counts > settings.chatter_count, spoke)
        self._count_bare(spoke, heard)
        if against_probes is not None:
            self._compare(against_probes, is_held)
        now["held_free"][now["stuck_on"] == 0] = 0.0
        now["last_occupancy"] = np.where(spoke, occupancies, now["last_occupancy"])
        is_trusted = self.is_healthy
        self._lost.step(spoke, counts, occupancies, is_trusted)
        self._lengths.step(minute_start, heard.counts, heard.occupancies, heard.speeds)
        self._lanes.step(minute_start, spoke, counts, occupancies, self._may_share(is_trusted))
        return self._tell(minute_start, self._verdicts(occupancies))

    def begin_day(self) -> Flags:
        """Forget what days apart must not hold against each other; give who stays accused.

        What one day alone cannot tell stays: the flow of each detector, without which none is
        missed at one that died before, and how those accused of lengths or lanes were before.
        """
        for values in self._now.values():
            values[:] = 0.0
        for test in (self._percent, self._lengths, self._lost, self._lanes):
            test.begin_day()
        return (self._lengths.verdicts != 0) | self._lanes.verdicts()

    def snapshot(self) -> bytes:
        """Give what restore() needs."""
        return pack({"version": np.array(self.VERSION), **self._arrays()})

    def restore(self, data: bytes) -> None:
        """Take over a snapshot. Raises ValueError where it is of other detectors or version."""
        arrays, mine = unpack(data), self._arrays()
        version = int(arrays.pop("version", np.array(0)))
        shapes = {name: array.shape for name, array in arrays.items()}
        if version != self.VERSION or shapes != {k: a.shape for k, a in mine.items()}:
            raise ValueError(
                f"detector health of version {version} or other detectors, expected version "
                f"{self.VERSION} of {len(self._ids)}"
            )
        for part, state in self._parts().items():
            for name in state:
                state[name] = arrays[f"{part}.{name}"]

    def _parts(self) -> dict[str, dict[str, npt.NDArray]]:
        return {
            "now": self._now,
            "percent": self._percent.state,
            "lengths": self._lengths.state,
            "lost": self._lost.state,
            "lanes": self._lanes.state,
        }

    def _arrays(self) -> dict[str, npt.NDArray]:
        parts = self._parts().items()
        return {f"{part}.{name}": array for part, state in parts for name, array in state.items()}

    def _occupancies(self, spoke: Flags, counts: Floats, heard: MinuteReadings) -> Floats:
        """Give the occupancies, 0 where unknown; one held without a vehicle since is held still."""
        is_untold = spoke & np.isnan(heard.occupancies)
        hangs = is_untold & (counts == 0) & (self._now["stuck_on"] > 0)
        return np.where(hangs, 1.0, np.where(spoke, np.nan_to_num(heard.occupancies), 0.0))

    def _count_bare(self, spoke: Flags, heard: MinuteReadings) -> None:
        """Count the vehicles since the last that took any time to pass."""
        now = self._now
        is_bare = (heard.counts >= BARE_COUNT) & (heard.occupancies < BARE_OCCUPANCY)
        is_felt = spoke & (heard.occupancies >= BARE_OCCUPANCY) & (heard.counts > 0)
        for name, value in (("bare", np.nan_to_num(heard.counts)), ("bare_minutes", 1.0)):
            now[name] = np.where(is_felt, 0.0, now[name] + np.where(is_bare, value, 0.0))

    def _compare(self, against_probes: Floats, is_held: Flags) -> None:
        """Count for how many comparisons in a row a detector's speed was not that of the probes."""
        now, settings = self._now, self._settings
        is_off = (against_probes < settings.least_ratio) | (against_probes > settings.most_ratio)
        told = against_probes > 0.0
        now["held_free"] += is_held & np.isfinite(against_probes)
        _run(now["disagrees"], is_off, told)
        now["ratio"] = np.where(told, against_probes, now["ratio"])

    def _is_other_unit(self) -> bool:
        """Tell whether the compared speeds are by their median told in another unit."""
        told = self._ratios()
        if len(told) < self._settings.unit_detectors:
            return False
        return not _OTHER_UNIT <= float(np.median(told)) <= 1.0 / _OTHER_UNIT

    def _ratios(self) -> Floats:
        """Give the last comparison of each detector that was compared."""
        return self._now["ratio"][self._now["ratio"] > 0.0]

    def _may_share(self, is_trusted: Flags) -> Flags:
        """Tell whose counts may be compared between lanes: any fault but that of lanes forbids."""
        return is_trusted | (self._now["verdict"] == WRONG_LANE)

    def _verdicts(self, occupancies: Floats) -> Codes:
        now, settings = self._now, self._settings
        run = self._lost.state["run"]
        is_lost = (self._lost.lost() >= settings.lost_vehicles) & (run >= settings.lost_minutes)
        is_jammed = self._lost.occupied_around() >= settings.jam_occupancy
        is_held = (now["stuck_on"] >= settings.lost_minutes) & ~is_jammed
        is_held |= now["stuck_on"] >= settings.jam_minutes
        is_passed = now["held_free"] >= settings.disagrees_minutes
        is_passed &= now["stuck_on"] >= settings.held_minutes
        is_empty = occupancies < settings.empty_occupancy
        lengths = self._lengths.verdicts
        return np.select(
            [
                now["silent"] >= np.maximum(settings.silent_minutes, now["longest_s"] / 30.0),
                self.sends_percent,
                is_passed | is_held & (is_lost | is_jammed),
                now["constant"] >= settings.constant_minutes,
                is_lost & is_empty,
                is_lost & ~is_jammed,
                now["chatter"] >= settings.chatter_minutes,
                now["bare"] >= settings.bare_vehicles,
                lengths < 0,
                lengths > 0,
                self._lanes.verdicts(),
                (now["disagrees"] >= settings.disagrees_minutes) | self._is_other_unit(),
            ],
            [
                NO_DATA, TOO_LONG, STUCK_ON, CONSTANT, STUCK_OFF, NO_COUNT, CHATTER, NO_OCCUPANCY,
                TOO_SHORT, TOO_LONG, WRONG_LANE, DISAGREES,
            ],
            0,
        )  # fmt: skip

    def _began(self, minute_start: Seconds, verdict: int, detector: int) -> tuple[Seconds, str]:
        """Give since when a fault is thought to have been there, and what was seen of it."""
        if verdict == TOO_LONG and self.sends_percent[detector]:
            return self._percent.since(detector), self._percent.evidence(detector)
        if verdict in (TOO_SHORT, TOO_LONG):
            return float(self._lengths.since()[detector]), self._lengths.evidence(detector)
        if verdict == WRONG_LANE:
            return float(self._lanes.since()[detector]), self._lanes.evidence(detector)
        if verdict in (STUCK_OFF, NO_COUNT):
            run = float(self._lost.state["run"][detector])
            return minute_start - 60.0 * (run - 1.0), self._lost.evidence(detector)
        if verdict == NO_OCCUPANCY:
            run, count = (float(self._now[name][detector]) for name in ("bare_minutes", "bare"))
            words = f"{count:.0f} vehicles in {run:.0f} minutes, none of which took time to pass"
            return minute_start - 60.0 * (run - 1.0), words
        if verdict == DISAGREES and self._is_other_unit():
            told = self._ratios()
            words = f"{len(told)} detectors tell {np.median(told):.2f} of the speed of probes"
            return minute_start, f"{words}: another unit"
        if verdict == DISAGREES:
            run, ratio = (float(self._now[name][detector]) for name in ("disagrees", "ratio"))
            words = f"{ratio:.2f} of the speed of probes, the {run:.0f}th time in a row"
            return minute_start, words
        name, words = {
            NO_DATA: ("silent", "no reading in {:.0f} minutes"),
            STUCK_ON: ("stuck_on", "occupied throughout {:.0f} minutes"),
            CHATTER: ("chatter", "more vehicles than can pass in {:.0f} minutes"),
            CONSTANT: ("constant", "the same occupancy in {:.0f} minutes"),
        }[verdict]
        run = float(self._now[name][detector])
        return minute_start - 60.0 * (run - 1.0), words.format(run)

    def _tell(self, minute_start: Seconds, verdicts: Codes) -> list[DetectorFault]:
        now, told = self._now, []
        for d in np.flatnonzero(verdicts != now["verdict"]).tolist():
            segment_id = self._region.segment_ids[self._region.detector_segment[d]]
            before, after = FAULTS[int(now["verdict"][d])], FAULTS[int(verdicts[d])]
            if before is not None:
                since = float(now["since"][d])
                told.append(
                    DetectorFault(self._ids[d], segment_id, before, since, minute_start, "")
                )
            if after is not None:
                since, evidence = self._began(minute_start, int(verdicts[d]), d)
                told.append(DetectorFault(self._ids[d], segment_id, after, since, None, evidence))
                now["since"][d] = since
        now["verdict"] = verdicts.astype(np.float64)
        return told


def _run(length: Floats, holds: Flags, counts: Flags) -> None:
    """Carry on, in place, for how many minutes in a row something held; unheard ones stay."""
    length[:] = np.where(counts, np.where(holds, length + 1.0, 0.0), length)
