"""What every source saw of each segment in one minute, as sums that can be faded and added."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from congestion.kernels.probes import (
    DISTANCE,
    PROBE_FIELDS,
    QUEUE_REACH_M,
    QUEUED,
    STANDING,
    TIME,
    VEHICLES,
    sum_probes,
)
from congestion.region import Region
from congestion.seen.parked import Parked
from ingest.approaches import UNKNOWN
from ingest.kernels.arrays import Flags, Floats, Int32s
from ingest.units import KMH, Metres
from mapmatch.network import NONE

# Columns of the sums: two fleets' probe fields as sum_probes has them, then what stands at the
# roadside.
TAXI, BUS = 0, PROBE_FIELDS
DETECTED = 2 * PROBE_FIELDS  # vehicles counted
SPOT_SPEED = DETECTED + 1  # m/s times the vehicles it is of
SPOT_COUNT = DETECTED + 2  # vehicles with a speed
OCCUPANCY = DETECTED + 3  # mean over the segment's detectors, 0..1
OCCUPANCY_MAX = DETECTED + 4
DETECTORS = DETECTED + 5  # detectors that reported
REPORTED = DETECTED + 6  # 1 where any did
FLOW = DETECTED + 7  # veh/h over the segment's lanes
PASSES = DETECTED + 8  # vehicles a camera saw pass
PASS_SPEED = DETECTED + 9  # m/s times passes
PASS_DWELL = DETECTED + 10  # seconds on the stop line times passes
TAIL = DETECTED + 11  # farthest (m) from the downstream end that a probe stood
SUM_FIELDS = DETECTED + 12

# From this share of a minute's time on a detector's vehicles stand on it.
QUEUED_OCCUPANCY = 0.35
# Seconds and share of the limit that probes must have driven to be compared with a spot speed.
_COMPARED_S, _COMPARED_SHARE = 8.0, 0.6
# From so many vehicles without any occupancy a minute is one of a broken line: a minute of fewer
# may be rounded to none; one vehicle alone takes more than this share of it.
BARE_COUNT, BARE_OCCUPANCY = 3.0, 0.0005


def add_probes(
    region: Region, rows: pa.Table, stop_reach_m: Metres, sums: Floats, tail_m: Floats
) -> None:
    """Add a minute's progress (sorted by vehicle) to the sums, row by row; tail_m starts at 0."""
    if rows.num_rows == 0:
        return
    names = rows["vehicle_id"].combine_chunks().dictionary_encode()
    # Copies, since Arrow's own arrays cannot be written and kernels have one signature.
    sum_probes(
        np.array(names.indices.to_numpy(), np.int32),
        np.array(pc.equal(rows["fleet"], "bus").fill_null(False).to_numpy()),
        region.local[rows["segment"].to_numpy()],
        rows["exit_time"].to_numpy() - rows["enter_time"].to_numpy(),
        rows["enter_offset_m"].to_numpy().astype(np.float64),
        rows["exit_offset_m"].to_numpy().astype(np.float64),
        region.length_m,
        region.stop_offsets,
        region.stop_m,
        stop_reach_m,
        np.full(len(region), NONE, np.int32),
        sums,
        tail_m,
    )
    sums[:, TAIL] = tail_m


@dataclass(frozen=True)
class MinuteReadings:
    """What each of d detectors said in a minute; NaN where it said nothing."""

    counts: Floats  # vehicles
    occupancies: Floats  # 0..1
    speeds: Floats  # m/s, NaN too where it measured none
    longest_s: Floats | None = None  # of the intervals told, 0 where none; None: all of a minute


def minute_readings(region: Region, rows: pa.Table) -> MinuteReadings:
    """Give what each detector said from a minute's readings (sorted by detector, then time).

    A reading told twice counts once. Readings of part of a minute are added up, and what they
    leave out, tell twice or have beyond the minute is made up for by the seconds they cover. A
    speed of 0 is one that was not measured, for who passes moves.
    """
    place = _places(rows["detector_id"], region.detector_index)
    start = rows["interval_start"].to_numpy().astype(np.int64)
    is_new = np.r_[True, (place[1:] != place[:-1]) | (start[1:] != start[:-1])][: len(place)]
    keep = np.flatnonzero(is_new & (place != NONE))
    place = place[keep]
    d = len(region.detector_segment)
    count, occupancy, speed, seconds = (
        rows[name].to_numpy()[keep].astype(np.float64)
        for name in ("vehicle_count", "occupancy", "speed_kmh", "interval_s")
    )
    spoke = np.bincount(place, seconds, d)
    has_speed = (count > 0) & (speed > 0)
    longest = np.zeros(d)
    np.maximum.at(longest, place, seconds)
    with np.errstate(invalid="ignore", divide="ignore"):
        counts = np.asarray(np.bincount(place, count, d) * (60.0 / spoke), np.float64)
        held = np.isfinite(occupancy)
        timed_s = np.bincount(place[held], seconds[held], d)
        occupied_s = (np.clip(occupancy, 0.0, 1.0) * seconds)[held]
        occupancies = np.bincount(place[held], occupied_s, d) / timed_s
        timed = np.bincount(place[has_speed], count[has_speed], d)
        speeds = np.bincount(place[has_speed], (count * speed)[has_speed], d) / timed / KMH
    return MinuteReadings(counts, occupancies, speeds, longest)


def add_readings(region: Region, heard: MinuteReadings, is_healthy: Flags, sums: Floats) -> None:
    """Add what the healthy detectors said to the sums."""
    spoke = np.flatnonzero(np.isfinite(heard.counts) & is_healthy)
    at, n = region.detector_segment[spoke], len(region)
    counts, occupancies, speeds = (
        v[spoke] for v in (heard.counts, heard.occupancies, heard.speeds)
    )
    timed = np.where(np.isfinite(speeds), counts, 0.0)
    reports = np.bincount(at, minlength=n)
    sums[:, DETECTED] += np.bincount(at, counts, n)
    sums[:, SPOT_SPEED] += np.bincount(at, np.where(timed > 0, timed * speeds, 0.0), n)
    sums[:, SPOT_COUNT] += np.bincount(at, timed, n)
    held = np.isfinite(occupancies)
    occupied = np.bincount(at[held], occupancies[held], n)
    sums[:, OCCUPANCY] += occupied / np.maximum(np.bincount(at[held], minlength=n), 1)
    np.maximum.at(sums[:, OCCUPANCY_MAX], at[held], occupancies[held])
    sums[:, DETECTORS] += reports
    sums[:, REPORTED] += reports > 0
    sums[:, FLOW] += np.bincount(at, counts * 60.0, n)


def against_probes(region: Region, heard: MinuteReadings, sums: Floats) -> Floats:
    """Give each detector's speed as a share of that of the minute's probes, in free traffic only.

    0 where it counted nobody; NaN where what it counted was not timed, or the probes of its segment
    drove less than most of the limit.
    """
    at = region.detector_segment
    time = (sums[:, TAXI + TIME] + sums[:, BUS + TIME])[at]
    distance = (sums[:, TAXI + DISTANCE] + sums[:, BUS + DISTANCE])[at]
    with np.errstate(invalid="ignore", divide="ignore"):
        speed = np.where(time >= _COMPARED_S, distance / time, np.nan)
    return share_of_free(heard.speeds, heard.counts, speed, region.limit_mps[at])


def share_of_free(speeds: Floats, counts: Floats, probes: Floats, limit_mps: Floats) -> Floats:
    """Give speeds as shares of the probes' (m/s both) where these are free, NaN elsewhere.

    0 where nobody was counted.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        is_free = (probes >= _COMPARED_SHARE * limit_mps) & np.isfinite(counts)
        return np.where(is_free, np.where(counts > 0, speeds / probes, 0.0), np.nan)


def occupied_segments(region: Region, heard: MinuteReadings, is_healthy: Flags) -> Flags:
    """Tell on which segments a healthy detector had vehicles standing on it."""
    queued = is_healthy & (np.nan_to_num(heard.occupancies) >= QUEUED_OCCUPANCY)
    return np.bincount(region.detector_segment[queued], minlength=len(region)) > 0


def take_back(
    region: Region, parked: Parked, minute_start: float, keep: float, memory: Floats
) -> None:
    """Take out of a faded memory, in place, what vehicles added before they were known to park."""
    new = np.flatnonzero(parked.is_new)
    at, fleet = parked.segment[new], np.where(parked.is_bus[new], BUS, TAXI)
    minutes = np.maximum(np.floor((minute_start - parked.since[new]) / 60.0), 0.0)
    faded = (1.0 - keep**minutes) / (1.0 - keep)  # minutes, each as far as it is remembered
    to_end = region.length_m[at] - parked.offset_m[new]
    queued = np.where(to_end < QUEUE_REACH_M, 60.0, 0.0)
    for field, share in ((TIME, 60.0), (STANDING, 60.0), (QUEUED, queued), (VEHICLES, 1.0)):
        np.subtract.at(memory, (at, fleet + field), share * faded)
    np.subtract.at(memory, (at, np.full(len(at), TAIL)), to_end * faded)
    memory[at] = np.maximum(memory[at], 0.0)


def add_passes(region: Region, rows: pa.Table, sums: Floats) -> None:
    """Add a minute's camera passes to the sums."""
    passes = rows.filter(pc.equal(rows["kind"], "pass"))
    if passes.num_rows == 0:
        return
    place = region.approach_index.places(passes)
    speed = passes["speed_kmh"].to_numpy().astype(np.float64) / KMH
    dwell = passes["dwell_s"].to_numpy().astype(np.float64)
    keep = (place != UNKNOWN) & np.isfinite(speed) & np.isfinite(dwell)
    segment = region.camera_segment[place[keep]]
    np.add.at(sums[:, PASSES], segment, 1.0)
    np.add.at(sums[:, PASS_SPEED], segment, speed[keep])
    np.add.at(sums[:, PASS_DWELL], segment, dwell[keep])


def _places(ids: pa.ChunkedArray, places: dict[str, int]) -> Int32s:
    names = ids.combine_chunks().dictionary_encode()
    known = np.array([places.get(name, NONE) for name in names.dictionary.to_pylist()], np.int32)
    codes = names.indices.to_numpy()
    return known[codes] if len(codes) else np.zeros(0, np.int32)
