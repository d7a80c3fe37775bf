"""The speed of a whole segment from a detector's spot speed: a line learnt for each detector."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from congestion.profile.week import ProfileError
from congestion.region import Region
from congestion.seen.readings import MinuteReadings
from ingest.kernels.arrays import Flags, Floats, Int64s
from ingest.recorded.feed_error import FeedError
from ingest.recorded.table import read_table

RELATIONS = pa.schema(
    [
        ("detector_id", pa.string()),
        ("level", pa.float64()),  # of log pace, s/m
        ("slope", pa.float64()),  # of log pace on log spot pace
        ("occupancy_slope", pa.float64()),  # of log pace on occupancy
        ("spread", pa.float64()),  # standard deviation of log pace about the line
        ("minutes", pa.float64()),  # learnt from
    ]
)
FILE = "detectors.parquet"
PRIOR_MINUTES = 10.0
"""The line of a detector's class counts like so many of its own minutes. Unit: min. Source: chosen
on the recordings of shanghai-core (benchmarks/detector_lines.py leaves each out)."""
_CLASS_MINUTES = 60.0
"""A class seen for fewer minutes has the line of all classes. Unit: min. Source: chosen, an
hour."""
_LEAST_PACE, _MOST_PACE = 0.02, 3.0
"""Paces are taken to lie between these: beyond, they are of standing or of an error. Unit: s/m.
Source: chosen, 180 and 1.2 km/h."""
_LEAST_SHARE, _MOST_SHARE = 0.02, 1.15
"""The speeds given are between these shares of the limit. Unit: share. Source: those of the speed
model (congestion/states/speed_model.py)."""
_TERMS = 3


class Lines(NamedTuple):
    """k lines: log pace of the segment (s/m) = terms . (1, log spot pace, occupancy)."""

    terms: Floats  # k x 3, NaN where there is no line
    spread: Floats  # k, standard deviation of log pace
    minutes: Floats  # k


class RelationSums:
    """Remembers the normal equations of each detector's line, 13 numbers a detector."""

    def __init__(self, detector_count: int) -> None:
        self._xx = np.zeros((detector_count, _TERMS, _TERMS))
        self._xy = np.zeros((detector_count, _TERMS))
        self._yy = np.zeros(detector_count)

    def add(self, detector: Int64s, spot_mps: Floats, occupancy: Floats, pace: Floats) -> None:
        """Take minutes of detectors, and the pace (s/m) of probes that drove the whole segment."""
        with np.errstate(invalid="ignore", divide="ignore"):
            keep = np.isfinite(spot_mps) & (spot_mps > 0) & np.isfinite(occupancy) & (pace > 0)
        at, x = detector[keep], _terms(spot_mps[keep], occupancy[keep])
        y = np.log(np.clip(pace[keep], _LEAST_PACE, _MOST_PACE))
        np.add.at(self._xx, at, x[:, :, None] * x[:, None, :])
        np.add.at(self._xy, at, x * y[:, None])
        np.add.at(self._yy, at, y * y)

    def lines(self, kind: Int64s) -> tuple[Lines, Lines]:
        """Give each detector's line and that of each kind of detector (0, 1, ...).

        A kind's line is that of least squares over its minutes. A detector's line is drawn to it by
        a ridge that counts PRIOR_MINUTES at the kind's mean square of each term (Hoerl and Kennard
        1970).
        """
        kinds = int(kind.max()) + 1 if len(kind) else 0
        xx, xy, yy = np.zeros((kinds, _TERMS, _TERMS)), np.zeros((kinds, _TERMS)), np.zeros(kinds)
        for sums, mine in ((xx, self._xx), (xy, self._xy), (yy, self._yy)):
            np.add.at(sums, kind, mine)
        few = xx[:, 0, 0] < _CLASS_MINUTES
        minutes = xx[:, 0, 0].copy()
        xx[few], xy[few], yy[few] = xx.sum(axis=0), xy.sum(axis=0), yy.sum(axis=0)
        terms = _solved(xx, xy)
        of_kind = Lines(terms, _spread(xx, xy, yy, terms), minutes)
        if not kinds:
            return of_kind, of_kind
        with np.errstate(invalid="ignore", divide="ignore"):
            weight = np.diagonal(xx, axis1=1, axis2=2) / xx[:, :1, 0]
        prior = terms[kind]
        ridge = self._xx + PRIOR_MINUTES * weight[kind][:, :, None] * np.eye(_TERMS)
        off = self._xy - np.einsum("nij,nj->ni", self._xx, prior)
        own = prior + _solved(ridge, off)
        spread = _spread(self._xx, self._xy, self._yy, own)
        seen = self._xx[:, 0, 0]
        spread = np.sqrt(
            (seen * np.nan_to_num(spread) ** 2 + PRIOR_MINUTES * of_kind.spread[kind] ** 2)
            / (seen + PRIOR_MINUTES)
        )
        return Lines(own, spread, seen), of_kind


@dataclass(frozen=True)
class SpotRelation:
    """Lines of named detectors, as a profile holds them."""

    ids: tuple[str, ...]
    lines: Lines

    def of(self, region: Region) -> Floats:
        """Give the terms of the region's detectors, d x 3, NaN where one is not known."""
        place = {name: number for number, name in enumerate(self.ids)}
        terms = np.full((len(region.detector_segment), _TERMS), np.nan)
        for number, name in enumerate(region.detector_index):
            if name in place:
                terms[number] = self.lines.terms[place[name]]
        return terms


def line_speeds(terms: Floats, spot_mps: Floats, occupancy: Floats) -> Floats:
    """Give the speed (m/s) of the segment by each line, NaN where a term is missing."""
    return np.asarray(np.exp(-np.einsum("ni,ni->n", terms, _terms(spot_mps, occupancy))))


def segment_speeds(terms: Floats, spot_mps: Floats, occupancy: Floats, limit_mps: Floats) -> Floats:
    """Give the speed (m/s) of the segment by each detector's line; the spot speed without one."""
    speed = line_speeds(terms, spot_mps, occupancy)
    within = np.clip(speed, _LEAST_SHARE * limit_mps, _MOST_SHARE * limit_mps)
    return np.where(np.isfinite(speed), within, spot_mps)


def detector_speeds(
    region: Region, readings: MinuteReadings, is_used: Flags, terms: Floats | None
) -> Floats:
    """Give the speed (m/s) of each segment by its detectors alone, NaN where none gives one.

    The mean over the vehicles counted by detectors that are used, or over the detectors where they
    do not count. Where a detector has no line, its
    spot speed stands for the segment's.
    """
    at, speed = region.detector_segment, readings.speeds
    if terms is not None:
        speed = segment_speeds(terms, speed, readings.occupancies, region.limit_mps[at])
    vehicles = np.where(np.isfinite(readings.counts), readings.counts, 1.0)
    use = np.flatnonzero(is_used & (vehicles > 0) & np.isfinite(speed))
    with np.errstate(invalid="ignore"):
        summed = np.bincount(at[use], (vehicles * speed)[use], len(region))
        return summed / np.bincount(at[use], vehicles[use], len(region))


def save_relation(relation: SpotRelation, folder: Path) -> None:
    """Write the lines into a profile's folder."""
    terms, spread, minutes = relation.lines
    columns = [list(relation.ids), *terms.T, spread, minutes]
    arrays = [pa.array(c, f.type) for c, f in zip(columns, RELATIONS, strict=True)]
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_arrays(arrays, schema=RELATIONS), folder / FILE)


def load_relation(folder: Path) -> SpotRelation | None:
    """Give the lines in a profile's folder, None where it has none.

    Raises ProfileError where they cannot be read.
    """
    try:
        table = read_table(folder / FILE, RELATIONS)
    except FeedError as error:
        raise ProfileError(f"{error}; build the profile again") from error
    if table is None:
        return None
    ids, *numbers = (column.to_pylist() for column in table.columns)
    level, slope, occupancy, spread, minutes = (np.array(of, np.float64) for of in numbers)
    return SpotRelation(
        tuple(ids), Lines(np.column_stack([level, slope, occupancy]), spread, minutes)
    )


def _terms(spot_mps: Floats, occupancy: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        log_pace = np.log(np.clip(1.0 / spot_mps, _LEAST_PACE, _MOST_PACE))
    return np.column_stack([np.ones(len(spot_mps)), log_pace, np.minimum(occupancy, 1.0)])


def _solved(xx: Floats, xy: Floats) -> Floats:
    """Give the solutions of the normal equations, NaN where nothing was seen."""
    some = xx[:, 0, 0] > 0
    found = np.full(xy.shape, np.nan)
    found[some] = np.einsum("nij,nj->ni", np.linalg.pinv(xx[some], hermitian=True), xy[some])
    return found


def _spread(xx: Floats, xy: Floats, yy: Floats, terms: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        squares = yy - 2.0 * np.einsum("ni,ni->n", terms, xy)
        squares += np.einsum("ni,nij,nj->n", terms, xx, terms)
        return np.sqrt(np.maximum(squares, 0.0) / xx[:, 0, 0])
