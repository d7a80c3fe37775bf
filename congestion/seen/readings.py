"""What the detectors of a region reported in a minute, and what it adds to the sums."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from congestion.kernels.probes import DISTANCE, TIME
from congestion.region import Region
from congestion.seen.sums import (
    AGE,
    COUNTED,
    DETECTORS,
    FELT,
    FLOW,
    LANES_COUNTED,
    OCCUPANCY,
    OCCUPANCY_MAX,
    OF_TAXIS,
    REPORTED,
    SPOT_COUNT,
    SPOT_PACE,
    SPOT_SPEED,
    TIMED_COUNT,
    TIMED_PACE,
)
from ingest.kernels.arrays import Flags, Floats, Int32s
from ingest.units import KMH, MINUTE_S
from mapmatch.network import NONE

QUEUED_OCCUPANCY = 0.35
"""A detector that is occupied for this share of a minute has a queue standing on it most of the
time. Unit: share. Source: chosen, well above the occupancy of flow at capacity (about 0.25)."""
BARE_COUNT = 3.0
"""So many vehicles without any occupancy make a minute of a broken line; fewer may have been
rounded to none. Unit: count. Source: chosen, three cars take a whole percent."""
BARE_OCCUPANCY = 0.0005
"""An occupancy below this is none. Unit: share. Source: chosen, a sixth of what one car of 4 m at
80 km/h takes of a minute."""
_UNCOUNTED = 5.0
"""So many vehicles a minute are taken to pass a lane where a speed comes without a count. Unit:
count. Source: chosen, a third of what a lane of a street passes at capacity."""
_STANDING_COUNT = 0.5
"""At least so many vehicles a minute are taken to pass a lane where a queue stands. Unit: count.
Source: chosen, half of the least that would be counted."""
_QUEUED_LENGTH_M = 6.5
"""Length of vehicle and detector where a queue is on it. Unit: m. Source: chosen, a car of 4 to 5 m
and a zone of 2 m."""
_WAVE_MPS = 5.0
"""A queue dissolves backwards at this speed. Unit: m/s. Source: 15 to 20 km/h on all roads measured
(Newell 1993, Treiber and Kesting 2013)."""
_SLOWEST_MPS = 0.3
"""A spot speed is taken for at least this, so that its pace is a number. Unit: m/s. Source: chosen,
a kilometre an hour."""
_COMPARED_S = 8.0
"""Probes must have driven so long in a minute for a spot speed to be compared with theirs. Unit: s.
Source: chosen, a segment of 110 m at 50 km/h."""
_COMPARED_SHARE = 0.6
"""Probes drive freely from this share of the limit on. Unit: share. Source: chosen on the
recordings of shanghai-core."""

_JAMMED_SHARE = 0.3
"""Probes crawl up to this share of the limit. Unit: share. Source: chosen, half of the free one."""


@dataclass(frozen=True)
class MinuteReadings:
    """What each of d detectors reported of a minute; NaN where it reported nothing.

    A detector may measure only one or two of the three.
    """

    counts: Floats  # vehicles
    occupancies: Floats  # 0..1
    speeds: Floats  # m/s, NaN too where it measured none
    longest_s: Floats | None = None  # of the intervals reported, 0 where none; None: a minute each
    age_s: Floats | None = None  # from the middle of the interval to the minute's end; None: half
    is_made: Flags | None = None  # speeds not measured, but made of flow and occupancy; None: none
    unpaired: Floats | None = None  # events without their other half; None: no detector sends any

    @property
    def has_reported(self) -> Flags:
        """Which detectors reported anything."""
        known = [np.isfinite(of) for of in (self.counts, self.occupancies, self.speeds)]
        return np.asarray(np.logical_or.reduce(known))

    @property
    def has_ended(self) -> Flags:
        """Which detectors reported an interval that ended in the minute: it is not held."""
        if self.age_s is None or self.longest_s is None:
            return self.has_reported
        return self.has_reported & (self.age_s <= np.maximum(self.longest_s, MINUTE_S) / 2.0)

    def ended(self) -> "MinuteReadings":
        """Give the readings that ended in the minute; those that are held are left out."""
        has_ended = self.has_ended
        counts, occupancies, speeds = (
            np.where(has_ended, of, np.nan) for of in (self.counts, self.occupancies, self.speeds)
        )
        return replace(self, counts=counts, occupancies=occupancies, speeds=speeds)


class AgainstProbes(NamedTuple):
    """Each detector's speed as a share of that of the probes that drove over its segment.

    NaN where traffic was not so, where no probe came for long enough, and where what was counted
    was not timed. 0 where nobody was counted.
    """

    free: Floats  # where the probes drove freely
    jammed: Floats  # where they crawled


def are_sums(rows: pa.Table) -> Flags:
    """Tell which readings that end in a minute sum up shorter ones of their detector beside them.

    Some gateways send a detector's minutes and their own sums of five side by side.
    """
    detector = pc.dictionary_encode(rows["detector_id"].combine_chunks()).indices.to_numpy()
    start_s = rows["interval_start"].cast(pa.int64()).to_numpy() / 1000.0
    seconds = rows["interval_s"].to_numpy().astype(np.float64)
    count = int(detector.max(initial=-1)) + 1
    shortest, first_end, its_start = (np.full(count, np.inf) for _ in range(3))
    np.minimum.at(shortest, detector, seconds)
    is_short = seconds == shortest[detector]
    np.minimum.at(first_end, detector[is_short], (start_s + seconds)[is_short])
    np.minimum.at(its_start, detector[is_short], start_s[is_short])
    holds = (start_s <= its_start[detector]) & (start_s + seconds >= first_end[detector])
    return np.asarray(~is_short & holds)


def minute_readings(region: Region, rows: pa.Table) -> MinuteReadings:
    """Give what each detector reported from a minute's rows, sorted by detector, then time.

    A reading that came twice counts once. Readings of parts of a minute are added up; where their
    seconds are more or less than a minute, the count is brought to a minute. A speed of 0 was not
    measured, for a vehicle that passes moves. Speeds are weighed by the vehicles; where these were
    not counted, by the time.
    """
    detector = indices(rows["detector_id"], region.detector_ids)
    start = rows["interval_start"].to_numpy().astype(np.int64)
    is_new = (detector[1:] != detector[:-1]) | (start[1:] != start[:-1])
    keep = np.flatnonzero(np.r_[True, is_new][: len(detector)] & (detector != NONE))
    detector = detector[keep]
    d = len(region.detector_segment)
    count, occupancy, speed, seconds = (
        rows[name].to_numpy()[keep].astype(np.float64)
        for name in ("vehicle_count", "occupancy", "speed_kmh", "interval_s")
    )
    longest = np.zeros(d)
    np.maximum.at(longest, detector, seconds)
    is_counted = np.isfinite(count)
    vehicles = np.where(is_counted, count, seconds / MINUTE_S)
    is_timed = (vehicles > 0) & (speed > 0)
    counts = _mean(detector, count, seconds, is_counted, d, scale=MINUTE_S / seconds)
    occupancies = _mean(detector, np.clip(occupancy, 0.0, 1.0), seconds, np.isfinite(occupancy), d)
    speeds = _mean(detector, speed, vehicles, is_timed, d) / KMH
    unpaired = rows["unpaired_count"].to_numpy()[keep].astype(np.float64)
    is_paired = np.isfinite(unpaired)
    lone = _mean(detector, unpaired, seconds, is_paired, d, scale=MINUTE_S / seconds)
    return MinuteReadings(counts, occupancies, speeds, longest, unpaired=lone)


def add_readings(
    region: Region,
    readings: MinuteReadings,
    lanes: Floats,
    is_healthy: Flags,
    sums: Floats,
) -> None:
    """Add what the healthy detectors reported to the sums; `lanes` is how many each one covers."""
    n, minute_age = len(region), np.full(len(lanes), MINUTE_S / 2.0)
    age_s = minute_age if readings.age_s is None else readings.age_s
    has_reported = readings.has_reported & is_healthy
    segment = region.detector_segment

    def total(values: Floats, is_used: Flags) -> Floats:
        used = np.flatnonzero(is_used)
        return np.asarray(np.bincount(segment[used], values[used], n), np.float64)

    one = np.ones(len(lanes))
    is_counted = has_reported & np.isfinite(readings.counts)
    is_felt = has_reported & np.isfinite(readings.occupancies)
    speeds, weights = _spot(readings, lanes)
    is_timed = has_reported & (weights > 0)
    counted, felt, reports = (total(one, which) for which in (is_counted, is_felt, has_reported))
    flow = total(readings.counts * (3600.0 / MINUTE_S), is_counted)
    sums[:, SPOT_SPEED] += total(weights * speeds, is_timed)
    pace = weights / np.maximum(speeds, _SLOWEST_MPS)
    sums[:, SPOT_PACE] += total(pace, is_timed)
    sums[:, SPOT_COUNT] += total(weights, is_timed)
    is_measured = is_timed & (readings.speeds > 0)
    if readings.is_made is not None:
        is_measured &= ~readings.is_made
    sums[:, TIMED_PACE] += total(pace, is_measured)
    sums[:, TIMED_COUNT] += total(weights, is_measured)
    sums[:, OCCUPANCY] += total(readings.occupancies, is_felt) / np.maximum(felt, 1.0)
    np.maximum.at(sums[:, OCCUPANCY_MAX], segment[is_felt], readings.occupancies[is_felt])
    sums[:, FELT] += felt > 0
    sums[:, FLOW] += flow
    sums[:, LANES_COUNTED] += total(lanes, is_counted)
    sums[:, COUNTED] += counted > 0
    sums[:, DETECTORS] += reports
    sums[:, AGE] += total(age_s / MINUTE_S, has_reported) / np.maximum(reports, 1.0)
    sums[:, REPORTED] += reports > 0


def _spot(readings: MinuteReadings, lanes: Floats) -> tuple[Floats, Floats]:
    """Give the spot speed (m/s) of each detector and for how many vehicles it counts, 0 for none.

    Where a queue is on a detector that timed nobody, its speed is that of its flow: length times
    flow over occupancy, or where nobody was counted that of a queue so dense (the congested branch
    of a triangular diagram, Newell 1993). A speed without a count stands for _UNCOUNTED vehicles.
    """
    counts, occupancies = readings.counts, readings.occupancies
    vehicles = np.where(np.isfinite(counts), counts, _UNCOUNTED * lanes)
    with np.errstate(invalid="ignore", divide="ignore"):
        is_timed = (readings.speeds > 0) & (vehicles > 0)
        stands = ~is_timed & (occupancies >= QUEUED_OCCUPANCY)
        passed = np.maximum(counts / lanes, _STANDING_COUNT)
        by_flow = _QUEUED_LENGTH_M * passed / (occupancies * MINUTE_S)
        by_density = _WAVE_MPS * (1.0 - occupancies) / occupancies
        crawl = np.where(np.isfinite(counts), by_flow, by_density)
    speeds = np.where(is_timed, readings.speeds, np.where(stands, crawl, np.nan))
    weights = np.where(is_timed, vehicles, np.where(stands, np.maximum(vehicles, lanes), 0.0))
    return speeds, weights


def against_probes(region: Region, readings: MinuteReadings, sums: Floats) -> AgainstProbes:
    """Give each detector's speed as a share of that of the minute's probes.

    Only taxis bear witness: buses stop where nobody else does.
    """
    at = region.detector_segment
    time, distance = sums[at, OF_TAXIS + TIME], sums[at, OF_TAXIS + DISTANCE]
    with np.errstate(invalid="ignore", divide="ignore"):
        speed = np.where(time >= _COMPARED_S, distance / time, np.nan)
    return shares_of_probes(readings.speeds, readings.counts, speed, region.limit_mps[at])


def shares_of_probes(
    speeds: Floats, counts: Floats, probes: Floats, limit_mps: Floats
) -> AgainstProbes:
    """Give speeds as shares of the probes' (m/s both), where these are free and where they crawl.

    0 where nobody was counted.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(counts == 0, 0.0, speeds / probes)
        free = np.where(probes >= _COMPARED_SHARE * limit_mps, share, np.nan)
        return AgainstProbes(free, np.where(probes <= _JAMMED_SHARE * limit_mps, share, np.nan))


def occupied_segments(region: Region, readings: MinuteReadings, is_healthy: Flags) -> Flags:
    """Tell on which segments vehicles stood on a healthy detector."""
    return segments_with(
        region, is_healthy & (np.nan_to_num(readings.occupancies) >= QUEUED_OCCUPANCY)
    )


def segments_with(region: Region, detectors: Flags) -> Flags:
    """Tell which segments have any of some detectors."""
    return np.bincount(region.detector_segment[detectors], minlength=len(region)) > 0


def _mean(
    at: Int32s,
    values: Floats,
    weights: Floats,
    is_known: Flags,
    d: int,
    scale: Floats | float = 1.0,
) -> Floats:
    """Give for each of d detectors the weighted mean of what is known of it, NaN without any."""
    of, weight = at[is_known], weights[is_known]
    summed = np.bincount(of, (values * scale * weights)[is_known], d)
    with np.errstate(invalid="ignore", divide="ignore"):
        return summed / np.bincount(of, weight, d)


def indices(ids: pa.ChunkedArray, known: pa.Array) -> Int32s:
    """Give the place of each id among the known ones, NONE where it is not there."""
    places = pc.index_in(ids.combine_chunks(), value_set=known)
    return np.array(places.fill_null(NONE).to_numpy(zero_copy_only=False), np.int32)
