"""What the detectors of a region reported in a minute, and what it adds to the sums."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from congestion.kernels.probes import DISTANCE, TIME
from congestion.region import Region
from congestion.seen.sums import (
    DETECTED,
    DETECTORS,
    FLOW,
    OCCUPANCY,
    OCCUPANCY_MAX,
    REPORTED,
    SPOT_COUNT,
    SPOT_SPEED,
    probe_sum,
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
_COMPARED_S = 8.0
"""Probes must have driven so long in a minute for a spot speed to be compared with theirs. Unit: s.
Source: chosen, a segment of 110 m at 50 km/h."""
_COMPARED_SHARE = 0.6
"""Probes drive freely from this share of the limit on. Unit: share. Source: chosen on the
recordings of shanghai-core."""


@dataclass(frozen=True)
class MinuteReadings:
    """What each of d detectors reported in a minute; NaN where it reported nothing."""

    counts: Floats  # vehicles
    occupancies: Floats  # 0..1
    speeds: Floats  # m/s, NaN too where it measured none
    longest_s: Floats | None = None  # of the intervals reported, 0 where none; None: a minute each


def minute_readings(region: Region, rows: pa.Table) -> MinuteReadings:
    """Give what each detector reported from a minute's rows, sorted by detector, then time.

    A reading that came twice counts once. Readings of parts of a minute are added up; where their
    seconds are more or less than a minute, the count is brought to a minute. A speed of 0 was not
    measured, for a vehicle that passes moves.
    """
    detector = _indices(rows["detector_id"], region.detector_index)
    start = rows["interval_start"].to_numpy().astype(np.int64)
    is_new = (detector[1:] != detector[:-1]) | (start[1:] != start[:-1])
    keep = np.flatnonzero(np.r_[True, is_new][: len(detector)] & (detector != NONE))
    detector = detector[keep]
    d = len(region.detector_segment)
    count, occupancy, speed, seconds = (
        rows[name].to_numpy()[keep].astype(np.float64)
        for name in ("vehicle_count", "occupancy", "speed_kmh", "interval_s")
    )
    reported_s = np.bincount(detector, seconds, d)
    longest = np.zeros(d)
    np.maximum.at(longest, detector, seconds)
    is_timed = (count > 0) & (speed > 0)
    is_felt = np.isfinite(occupancy)
    with np.errstate(invalid="ignore", divide="ignore"):
        counts = np.asarray(np.bincount(detector, count, d) * (MINUTE_S / reported_s), np.float64)
        felt_s = np.bincount(detector[is_felt], seconds[is_felt], d)
        occupied_s = (np.clip(occupancy, 0.0, 1.0) * seconds)[is_felt]
        occupancies = np.bincount(detector[is_felt], occupied_s, d) / felt_s
        timed = np.bincount(detector[is_timed], count[is_timed], d)
        speeds = np.bincount(detector[is_timed], (count * speed)[is_timed], d) / timed / KMH
    return MinuteReadings(counts, occupancies, speeds, longest)


def add_readings(region: Region, readings: MinuteReadings, is_healthy: Flags, sums: Floats) -> None:
    """Add what the healthy detectors reported to the sums."""
    used = np.flatnonzero(np.isfinite(readings.counts) & is_healthy)
    at, n = region.detector_segment[used], len(region)
    counts, occupancies, speeds = (
        values[used] for values in (readings.counts, readings.occupancies, readings.speeds)
    )
    timed = np.where(np.isfinite(speeds), counts, 0.0)
    reports = np.bincount(at, minlength=n)
    sums[:, DETECTED] += np.bincount(at, counts, n)
    sums[:, SPOT_SPEED] += np.bincount(at, np.where(timed > 0, timed * speeds, 0.0), n)
    sums[:, SPOT_COUNT] += np.bincount(at, timed, n)
    is_felt = np.isfinite(occupancies)
    occupied = np.bincount(at[is_felt], occupancies[is_felt], n)
    sums[:, OCCUPANCY] += occupied / np.maximum(np.bincount(at[is_felt], minlength=n), 1)
    np.maximum.at(sums[:, OCCUPANCY_MAX], at[is_felt], occupancies[is_felt])
    sums[:, DETECTORS] += reports
    sums[:, REPORTED] += reports > 0
    sums[:, FLOW] += np.bincount(at, counts * 60.0, n)


def against_probes(region: Region, readings: MinuteReadings, sums: Floats) -> Floats:
    """Give each detector's speed as a share of that of the minute's probes, in free traffic only.

    0 where it counted nobody. NaN where what it counted was not timed, and where the probes of its
    segment drove for too short a time or not freely.
    """
    at = region.detector_segment
    time, distance = probe_sum(sums, TIME)[at], probe_sum(sums, DISTANCE)[at]
    with np.errstate(invalid="ignore", divide="ignore"):
        speed = np.where(time >= _COMPARED_S, distance / time, np.nan)
    return share_of_free(readings.speeds, readings.counts, speed, region.limit_mps[at])


def share_of_free(speeds: Floats, counts: Floats, probes: Floats, limit_mps: Floats) -> Floats:
    """Give speeds as shares of the probes' (m/s both) where these are free, NaN elsewhere.

    0 where nobody was counted.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        is_free = (probes >= _COMPARED_SHARE * limit_mps) & np.isfinite(counts)
        return np.where(is_free, np.where(counts > 0, speeds / probes, 0.0), np.nan)


def occupied_segments(region: Region, readings: MinuteReadings, is_healthy: Flags) -> Flags:
    """Tell on which segments vehicles stood on a healthy detector."""
    queued = is_healthy & (np.nan_to_num(readings.occupancies) >= QUEUED_OCCUPANCY)
    return np.bincount(region.detector_segment[queued], minlength=len(region)) > 0


def _indices(ids: pa.ChunkedArray, index: dict[str, int]) -> Int32s:
    """Give the index of each id, NONE where it is not known."""
    names = ids.combine_chunks().dictionary_encode()
    known = np.array([index.get(name, NONE) for name in names.dictionary.to_pylist()], np.int32)
    codes = names.indices.to_numpy()
    return known[codes] if len(codes) else np.zeros(0, np.int32)
