"""Checks that sources share, a whole batch at once: the first that a row fails names its reason."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ingest.recorded.arrivals import AHEAD_S
from ingest.refusals import Reason, Refusal, shorten
from ingest.units import Degrees

Mask = NDArray[np.bool_]

FURTHEST_TIME_S = 86400.0
"""Unit: s. Source: chosen; a time further than a day from the clock is not late but wrong."""
LONGEST_ID = 64
"""Unit: characters. Source: chosen; a UUID has 36."""
HIGHEST_SPEED_KMH = 250.0
"""Unit: km/h. Source: chosen; faster than any vehicle in a city, so such a speed is an error."""


class Bounds(NamedTuple):
    """The rectangle that rows must lie in, the network's with a margin (deg, WGS-84).

    Where it lies across the antimeridian `east` is more than 180.
    """

    west: Degrees
    south: Degrees
    east: Degrees
    north: Degrees


class Checked(NamedTuple):
    """The rows that passed, in their order and with all their columns, and the others by reason.

    `set_aside` says how many values of each field were left out of rows, passed or refused.
    """

    batch: pa.RecordBatch
    refusals: list[Refusal]
    set_aside: Mapping[str, int] = MappingProxyType({})


class Check(NamedTuple):
    """Which rows fail, and what a refusal then says."""

    bad: Mask
    reason: Reason
    field: str
    expected: str


def split_rows(source: str, batch: pa.RecordBatch, checks: list[Check]) -> Checked:
    """Split the batch; the first check that a row fails names its reason."""
    failed = np.full(batch.num_rows, -1, np.int16)
    for number, check in enumerate(checks):
        if check.bad.any():
            failed[check.bad & (failed < 0)] = number
    if not (failed >= 0).any():
        return Checked(batch, [])
    refusals = []
    for row in np.flatnonzero(failed >= 0).tolist():
        check = checks[failed[row]]
        value = _shown(batch, check.field, row)
        refusals.append(Refusal(source, row, check.reason, check.expected, check.field, value))
    return Checked(batch.filter(pa.array(failed < 0)), refusals)


def _shown(batch: pa.RecordBatch, field: str, row: int) -> str:
    scalar = batch.column(field)[row]
    if not scalar.is_valid:
        return "null"
    if pa.types.is_timestamp(scalar.type):
        return f"{np.datetime64(scalar.value, 'ms')}Z"
    return shorten(str(scalar.as_py()))


def id_checks(batch: pa.RecordBatch, field: str) -> list[Check]:
    """Give the checks of an id: there, and not too long."""
    lengths = pc.utf8_length(batch.column(field))
    lengths = _numpy(lengths.fill_null(0) if lengths.null_count else lengths)
    expected = f"an id of 1 to {LONGEST_ID} characters"
    return [
        Check(lengths == 0, Reason.MISSING, field, expected),
        Check(lengths > LONGEST_ID, Reason.OUT_OF_RANGE, field, expected),
    ]


def not_among(
    batch: pa.RecordBatch,
    field: str,
    known: pa.Array | Collection[str] | None,
    reason: Reason,
    expected: str,
) -> Check:
    """Give the check that a text is one of the known ones."""
    return Check(absent(batch.column(field), known), reason, field, expected)


def absent(values: pa.Array, known: pa.Array | Collection[str] | None) -> Mask:
    """Give which values are not among the known ones; none where nothing is known."""
    if known is None:
        return np.zeros(len(values), np.bool_)
    among = known if isinstance(known, pa.Array) else pa.array(sorted(known), pa.string())
    return ~_numpy(pc.is_in(values, value_set=among))


def time_checks(batch: pa.RecordBatch, field: str, now: float | None) -> list[Check]:
    """Give the checks of a time: there, and near `now` (s) in the right unit."""
    column = batch.column(field)
    missing = _nulls(column)
    checks = [Check(missing, Reason.MISSING, field, "a time")]
    if now is None:
        return checks
    seconds = _milliseconds(column) / 1000.0
    is_far = ~missing & (np.abs(seconds - now) > FURTHEST_TIME_S)
    if not is_far.any():
        return checks
    # Seconds, microseconds or nanoseconds that were read as milliseconds.
    is_other_unit = np.zeros(len(seconds), np.bool_)
    for factor in (1e3, 1e-3, 1e-6):
        is_other_unit |= is_far & (np.abs(seconds * factor - now) <= FURTHEST_TIME_S)
    near = f"a time within {FURTHEST_TIME_S / 3600:g} h of {np.datetime64(int(now), 's')}Z"
    return [
        *checks,
        Check(is_other_unit, Reason.WRONG_TIME_UNIT, field, "milliseconds since 1970 UTC"),
        Check(is_far, Reason.BAD_TIME, field, near),
    ]


def ahead_checks(batch: pa.RecordBatch, field: str, now: float | None) -> list[Check]:
    """Give the check that a time is not further ahead of the arrival `now` (s) than AHEAD_S."""
    if now is None or not batch.num_rows:
        return []
    column = batch.column(field)
    is_ahead = ~_nulls(column) & (_milliseconds(column) / 1000.0 > now + AHEAD_S)
    until = f"a time until {AHEAD_S / 60:g} min after {np.datetime64(int(now), 's')}Z"
    return [Check(is_ahead, Reason.CLOCK_SKEW, field, until)] if is_ahead.any() else []


def place_checks(
    longitudes: NDArray[np.float64], latitudes: NDArray[np.float64], bounds: Bounds | None
) -> list[Check]:
    """Give the checks of a place: on earth, inside the bounds, longitude first."""
    world = Bounds(-180.0, -90.0, 180.0, 90.0)
    area = Bounds(*bounds) if bounds is not None else world
    given = longitudes
    if area.east > 180.0:
        longitudes = np.where(given < area.west, given + 360.0, given)
    swapped = ~_within(longitudes, latitudes, area) & _within(latitudes, longitudes, area)
    span = f"{area.west:.4f} to {area.east:.4f} E, {area.south:.4f} to {area.north:.4f} N"
    return [
        Check(swapped, Reason.SWAPPED_COORDINATES, "longitude", f"longitude first: {span}"),
        outside(given, -180.0, 180.0, "longitude"),
        outside(latitudes, -90.0, 90.0, "latitude"),
        Check(
            (longitudes < area.west) | (longitudes > area.east),
            Reason.OUTSIDE_NETWORK,
            "longitude",
            span,
        ),
        Check(
            (latitudes < area.south) | (latitudes > area.north),
            Reason.OUTSIDE_NETWORK,
            "latitude",
            span,
        ),
    ]


def _within(longitudes: NDArray[np.float64], latitudes: NDArray[np.float64], area: Bounds) -> Mask:
    return (
        (longitudes >= area.west)
        & (longitudes <= area.east)
        & (latitudes >= area.south)
        & (latitudes <= area.north)
    )


def outside(values: NDArray[np.float64], low: float, high: float, field: str) -> Check:
    """Give the check of a number that may be absent (NaN) but not outside [low, high]."""
    bad = (values < low) | (values > high)
    return Check(bad, Reason.OUT_OF_RANGE, field, f"{low:g} to {high:g}")


def floats(batch: pa.RecordBatch, field: str) -> NDArray[np.float64]:
    """Give a numeric column with NaN for nulls."""
    column = batch.column(field)
    if column.null_count:
        column = column.cast(pa.float64()).fill_null(np.nan)
    return _numpy(column).astype(np.float64, copy=False)


def _milliseconds(column: pa.Array) -> NDArray[np.int64]:
    if column.null_count:
        column = column.fill_null(0)
    return np.asarray(column.view(pa.int64()).to_numpy())


def _nulls(column: pa.Array) -> Mask:
    if not column.null_count:
        return np.zeros(len(column), np.bool_)
    return _numpy(column.is_null())


def _numpy(array: pa.Array) -> NDArray:
    return np.asarray(array.to_numpy(zero_copy_only=False))
