"""The health of every detector on every day, by the live tests over stored minutes.

Chen et al. 2003 (Detecting errors and imputing missing data for single-loop surveillance systems,
TRR 1855) count a day's samples without occupancy, with occupancy and no flow, of high occupancy,
and the entropy of occupancy; the verdicts here are those of the live tests, by their settings.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from congestion.detectors.health import DetectorHealth
from congestion.detectors.settings.health import HealthSettings
from congestion.detectors.verdicts import FAULTS
from congestion.profile_build.stored_states import (
    Detectors,
    StoredReadings,
    UnusableRows,
    first_minute,
    stored_readings,
)
from congestion.seen.readings import (
    BARE_COUNT,
    BARE_OCCUPANCY,
    AgainstProbes,
    MinuteReadings,
    shares_of_probes,
)
from ingest.kernels.arrays import Floats, Floats32
from ingest.recorded.assets import Assets
from ingest.recorded.feed_error import FeedError
from ingest.units import MINUTE_S, Seconds

Codes = npt.NDArray[np.int64]

DETECTOR_DAYS = pa.schema(
    [
        ("detector_id", pa.string()),
        ("date", pa.string()),  # local, YYYY-MM-DD
        ("segment_id", pa.string()),
        ("lane", pa.int32()),
        ("samples", pa.int32()),  # minutes in which it reported
        ("expected_samples", pa.int32()),  # minutes in which any detector of the city did
        ("sample_share", pa.float32()),
        ("vehicles", pa.int32()),
        ("zero_flow", pa.int32()),  # minutes without a vehicle
        ("occupancy_without_flow", pa.int32()),
        ("flow_without_occupancy", pa.int32()),
        ("stuck_occupancy", pa.int32()),  # minutes without a vehicle, occupied all the time
        ("longest_constant", pa.int32()),  # minutes in a row of the same occupancy over 0
        ("occupancy_entropy", pa.float32()),  # of whole percents, in nats; 0 where it never changes
        ("over_probes", pa.float32()),  # median of its speed over that of free probes, NaN if none
        ("compared_minutes", pa.int32()),
        ("over_neighbours", pa.float32()),  # its flow over the mean of the segment's other lanes
        ("unbelieved_minutes", pa.int32()),
        ("verdict", pa.string()),  # the fault that held longest, "" where it was believed all day
        ("reason", pa.string()),
    ]
)
_DAY = timedelta(days=1)


@dataclass
class DetectorDays:
    """Rows of DETECTOR_DAYS, one a detector and day, and what in the files could not be used."""

    rows: pa.Table
    unusable: list[UnusableRows] = field(default_factory=list)


class _Day:
    """Remembers what each detector reported in each minute of a local day; NaN where nothing."""

    def __init__(self, date: datetime, detectors: Detectors) -> None:
        self.name = f"{date:%Y-%m-%d}"
        self.start = date.timestamp()
        minutes = round(((date + _DAY).timestamp() - self.start) / MINUTE_S)
        shape = (minutes, len(detectors))
        self.counts, self.occupancies, self.speeds, self.free, self.jammed = (
            np.full(shape, np.nan, np.float32) for _ in range(5)
        )

    def take(self, readings: StoredReadings, limit_mps: Floats) -> None:
        """Store readings; of a detector's minute that comes twice the last one stays."""
        at = (readings.minute - round(self.start)) // 60, readings.detector
        self.counts[at], self.occupancies[at] = readings.counts, readings.occupancies
        self.speeds[at] = readings.speeds
        speeds, counts, probes = (
            of.astype(np.float64) for of in (readings.speeds, readings.counts, readings.probes)
        )
        against = shares_of_probes(speeds, counts, probes, limit_mps[readings.detector])
        self.free[at], self.jammed[at] = against


class _Tests:
    """Remembers each region's live tests from day to day, and the evidence of the day's faults."""

    def __init__(self, detectors: Detectors, settings: HealthSettings) -> None:
        self._detectors = detectors
        self._health = [DetectorHealth(region, settings) for region in detectors.regions]
        self._why: dict[tuple[str, str], str] = {}

    def run(self, day: _Day) -> Codes:
        """Give for how many minutes of the day each verdict held, detectors x FAULTS.

        An accusation of the day before that this day takes back held for none.
        """
        held = np.zeros((len(self._detectors), len(FAULTS)), np.int64)
        everyone = np.arange(len(held))
        self._why.clear()
        is_old = np.concatenate([health.begin_day() for health in self._health])
        for minute in np.flatnonzero(np.isfinite(day.counts).any(axis=1)).tolist():
            for number, health in enumerate(self._health):
                mine = slice(*self._detectors.starts[number : number + 2])
                counts, occupancies, speeds, free, jammed = (
                    of[minute, mine].astype(np.float64)
                    for of in (day.counts, day.occupancies, day.speeds, day.free, day.jammed)
                )
                readings = MinuteReadings(counts, occupancies, speeds)
                for fault in health.step(
                    day.start + MINUTE_S * minute, readings, AgainstProbes(free, jammed)
                ):
                    if fault.until is None:
                        self._why[fault.detector_id, fault.fault] = fault.evidence
            verdicts = np.concatenate([health.verdicts for health in self._health])
            held[is_old & (verdicts == 0)] = 0
            is_old &= verdicts > 0
            held[everyone, verdicts] += 1
        return held

    def why(self, detector_id: str, fault: str) -> str:
        """Give what was seen when a fault last began, "" where it did not."""
        return self._why.get((detector_id, fault), "")


def detector_days(
    files: Sequence[Path],
    detectors: Detectors,
    assets: Assets,
    timezone: str,
    settings: HealthSettings | None = None,
) -> DetectorDays:
    """Give the health of every detector on every local day that is in some files of states.

    Files and rows that cannot be read are left out and named. Files are read in the order of their
    first minutes. Memory: 16 bytes a detector and minute of one day.
    """
    settings = settings or HealthSettings()
    tests, zone = _Tests(detectors, settings), ZoneInfo(timezone)
    lanes = {detector.detector_id: detector.lane for detector in assets.detectors}
    found, open_days = DetectorDays(DETECTOR_DAYS.empty_table()), dict[str, _Day]()
    tables: list[pa.Table] = []
    for readings in _in_order(files, detectors, found.unusable):
        dates = {m: _date(m, zone) for m in np.unique(readings.minute).tolist()}
        first = f"{min(dates.values()):%Y-%m-%d}" if dates else ""
        for name in sorted(name for name in open_days if name < first):
            tables.append(_rows(open_days.pop(name), detectors, lanes, tests, settings))
        for date in sorted(set(dates.values())):
            day = open_days.setdefault(f"{date:%Y-%m-%d}", _Day(date, detectors))
            mine = np.array([m for m, of in dates.items() if of == date])
            day.take(readings.only(np.isin(readings.minute, mine)), detectors.limit_mps)
    for name in sorted(open_days):
        tables.append(_rows(open_days.pop(name), detectors, lanes, tests, settings))
    if tables:
        found.rows = pa.concat_tables(tables)
    return found


def _date(minute: Seconds, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(minute, zone).replace(hour=0, minute=0, second=0, fold=0)


def _in_order(
    files: Sequence[Path], detectors: Detectors, unusable: list[UnusableRows]
) -> Iterator[StoredReadings]:
    """Give each file's readings, the earliest file first; add what is unusable to the list."""
    starts: list[tuple[float, Path]] = []
    for file in files:
        try:
            starts.append((first_minute(file), file))
        except FeedError as error:
            unusable.append(UnusableRows(error, 1))
    for _, file in sorted(starts):
        try:
            readings, found = stored_readings(file, detectors)
        except FeedError as error:
            unusable.append(UnusableRows(error, 1))
            continue
        unusable += found
        yield readings


def _rows(
    day: _Day,
    detectors: Detectors,
    lanes: dict[str, int],
    tests: _Tests,
    settings: HealthSettings,
) -> pa.Table:
    counts, occupancies = day.counts, day.occupancies
    has_reported = np.isfinite(counts)
    samples, expected = has_reported.sum(axis=0), int(has_reported.any(axis=1).sum())
    held = tests.run(day)
    worst = np.where(held[:, 1:].any(axis=1), held[:, 1:].argmax(axis=1) + 1, 0)
    verdicts = [FAULTS[code] or "" for code in worst.tolist()]
    vehicles = np.nansum(counts, axis=0)
    is_none = has_reported & (counts == 0)
    is_bare = (counts >= BARE_COUNT) & (occupancies < BARE_OCCUPANCY)
    columns = [
        detectors.ids,
        [day.name] * len(detectors),
        [detectors.segment_ids[segment] for segment in detectors.segment.tolist()],
        [lanes.get(name) for name in detectors.ids],
        samples,
        [expected] * len(detectors),
        samples / max(expected, 1),
        vehicles,
        is_none.sum(axis=0),
        (is_none & (occupancies > 0)).sum(axis=0),
        is_bare.sum(axis=0),
        (is_none & (occupancies >= settings.stuck_occupancy)).sum(axis=0),
        _longest_constant(occupancies),
        _entropy(occupancies),
        _median(np.where(day.free > 0, day.free, np.nan)),
        (day.free > 0).sum(axis=0),
        _over_neighbours(detectors, vehicles, samples),
        held[:, 1:].sum(axis=1),
        verdicts,
        [tests.why(name, fault) for name, fault in zip(detectors.ids, verdicts, strict=True)],
    ]
    arrays = [
        pa.array(
            np.asarray(c).astype(f.type.to_pandas_dtype()) if isinstance(c, np.ndarray) else c,
            f.type,
        )
        for c, f in zip(columns, DETECTOR_DAYS, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=DETECTOR_DAYS)


def _longest_constant(occupancies: Floats32) -> Codes:
    """Give for how many reported minutes in a row each column had the same value over 0."""
    longest, run = (np.zeros(occupancies.shape[1], np.int64) for _ in range(2))
    last = np.full(occupancies.shape[1], np.nan)
    for values in occupancies:
        has_reported = np.isfinite(values)
        run = np.where(
            has_reported, np.where((values == last) & (values > 0), run + 1, values > 0), run
        )
        last = np.where(has_reported, values, last)
        longest = np.maximum(longest, run)
    return longest


def _entropy(occupancies: Floats32) -> Floats:
    """Give the entropy of each column's whole percents (Chen et al. 2003, statistic 4), nats."""
    percents = np.clip(np.nan_to_num(occupancies) * 100.0, 0, 100).astype(np.int64)
    minute, detector = np.nonzero(np.isfinite(occupancies))
    seen = np.zeros((occupancies.shape[1], 101))
    np.add.at(seen, (detector, percents[minute, detector]), 1.0)
    share = seen / np.maximum(seen.sum(axis=1, keepdims=True), 1.0)
    return -np.sum(share * np.log(np.where(share > 0, share, 1.0)), axis=1) + 0.0


def _median(values: Floats32) -> Floats:
    middle = np.full(values.shape[1], np.nan)
    some = np.isfinite(values).any(axis=0)
    middle[some] = np.nanmedian(values[:, some], axis=0)
    return middle


def _over_neighbours(detectors: Detectors, vehicles: Floats, samples: Codes) -> Floats:
    """Give each detector's vehicles a minute over the mean of the other lanes, NaN where alone."""
    with np.errstate(invalid="ignore", divide="ignore"):
        flow = vehicles / samples
        has_reported = np.isfinite(flow)
        n = len(detectors.segment_ids)
        at = detectors.segment[has_reported]
        total = np.bincount(at, flow[has_reported], n)[detectors.segment]
        lanes = np.bincount(at, minlength=n)[detectors.segment]
        others = (total - flow) / (lanes - 1)
        return np.where(has_reported & (others > 0), flow / others, np.nan)


def save_detector_days(rows: pa.Table, assets: Assets, path: Path) -> None:
    """Write rows of DETECTOR_DAYS as GeoParquet, a point a detector (WGS-84)."""
    place = {d.detector_id: (d.longitude, d.latitude) for d in assets.detectors}
    where = [place[name] for name in rows["detector_id"].to_pylist()]
    points = gpd.points_from_xy([x for x, _ in where], [y for _, y in where], crs="EPSG:4326")
    path.parent.mkdir(parents=True, exist_ok=True)
    gpd.GeoDataFrame(rows.to_pandas(), geometry=points).to_parquet(path)
