"""Checks of single rows, vectorised: what a fix, a reading or a camera event must be by itself."""

from collections.abc import Collection
from typing import Annotated, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ingest.assets import Assets
from ingest.refusals import Reason, Refusal, shorten

Seconds = Annotated[float, "s"]
Degrees = Annotated[float, "deg"]
Mask = NDArray[np.bool_]

FLEETS = ("bus", "taxi")
CAMERA_KINDS = (
    "pass",
    "stopped_vehicle",
    "illegal_parking",
    "violation",
    "wrong_way",
    "crash",
)
# A time further than this from the arrival clock is not late or early but wrong.
FURTHEST_TIME_S = 86400.0
LONGEST_ID = 64
HIGHEST_SPEED_KMH = 250.0
LONGEST_INTERVAL_S = 3600
# A lane passes at most one vehicle a second for a moment; three is a sensor that lies.
MOST_VEHICLES_PER_S = 3.0
LONGEST_DWELL_S = 86400.0
# An interval whose vehicles were counted to the edge may sum to a hair over all of it.
HIGHEST_OCCUPANCY = 1.02

_KEY_SEPARATOR = "\x1f"


class Bounds(NamedTuple):
    """The rectangle that rows must lie in, the network's with a margin (deg, WGS-84)."""

    west: Degrees
    south: Degrees
    east: Degrees
    north: Degrees


class Checked(NamedTuple):
    """The rows that passed, in their order and with all their columns, and the others by reason."""

    batch: pa.RecordBatch
    refusals: list[Refusal]


class _Check(NamedTuple):
    bad: Mask
    reason: Reason
    field: str
    expected: str


def check_fixes(
    batch: pa.RecordBatch, bounds: Bounds | None = None, now: Seconds | None = None
) -> Checked:
    """Give the fixes that can be true: named, timed within a day of `now`, inside the bounds.

    Speed and heading are not looked at: an implausible one costs itself, not the fix (cleaning).
    Without `now` or bounds those checks fall away. Rows in = rows out + refusals, always.
    """
    if not batch.num_rows:
        return Checked(batch, [])
    longitudes, latitudes = _floats(batch, "longitude"), _floats(batch, "latitude")
    checks = [
        *_id_checks(batch, "vehicle_id"),
        _not_among(batch, "fleet", FLEETS, Reason.UNKNOWN_FLEET, "bus or taxi"),
        *_time_checks(batch, "event_time", now),
        *_time_checks(batch, "arrival_time", now),
        _Check(~np.isfinite(longitudes), Reason.NOT_A_NUMBER, "longitude", "a number"),
        _Check(~np.isfinite(latitudes), Reason.NOT_A_NUMBER, "latitude", "a number"),
        *_place_checks(longitudes, latitudes, bounds),
    ]
    return _apply("fixes", batch, checks)


def check_readings(
    batch: pa.RecordBatch,
    known_ids: pa.Array | Collection[str] | None,
    now: Seconds | None = None,
) -> Checked:
    """Give the readings that can be true, of known detectors (None: of any)."""
    if not batch.num_rows:
        return Checked(batch, [])
    lengths, counts = _floats(batch, "interval_s"), _floats(batch, "vehicle_count")
    occupancies = _floats(batch, "occupancy")
    most = MOST_VEHICLES_PER_S * np.nan_to_num(lengths)
    percent = "a share between 0 and 1, not percent"
    checks = [
        *_id_checks(batch, "detector_id"),
        _not_among(
            batch, "detector_id", known_ids, Reason.UNKNOWN_DETECTOR, "an id of detectors.csv"
        ),
        *_time_checks(batch, "interval_start", now),
        _Check(np.isnan(lengths), Reason.MISSING, "interval_s", "a number of seconds"),
        _outside(lengths, 1, LONGEST_INTERVAL_S, "interval_s"),
        _Check(np.isnan(counts), Reason.MISSING, "vehicle_count", "a number of vehicles"),
        _Check(
            (counts < 0) | (counts > most),
            Reason.OUT_OF_RANGE,
            "vehicle_count",
            f"0 to {MOST_VEHICLES_PER_S:g} vehicles a second",
        ),
        _Check(np.isinf(occupancies), Reason.NOT_A_NUMBER, "occupancy", percent),
        _Check(
            (occupancies > HIGHEST_OCCUPANCY) & (occupancies <= 100.0),
            Reason.OCCUPANCY_IN_PERCENT,
            "occupancy",
            percent,
        ),
        _outside(occupancies, 0.0, HIGHEST_OCCUPANCY, "occupancy"),
        _outside(_floats(batch, "speed_kmh"), 0.0, HIGHEST_SPEED_KMH, "speed_kmh"),
    ]
    return _whole_at_most(_apply("readings", batch, checks))


def check_camera_events(
    batch: pa.RecordBatch, known: pa.Array | None, now: Seconds | None = None
) -> Checked:
    """Give the camera events that can be true, of known approaches (see `known_approaches`)."""
    if not batch.num_rows:
        return Checked(batch, [])
    keys = pc.binary_join_element_wise(
        batch.column("camera_id"), batch.column("approach_id"), _KEY_SEPARATOR
    )
    expected = "a camera and approach of cameras.csv"
    checks = [
        *_id_checks(batch, "camera_id"),
        *_id_checks(batch, "approach_id"),
        _Check(_absent(keys, known), Reason.UNKNOWN_CAMERA, "approach_id", expected),
        *_time_checks(batch, "event_time", now),
        _not_among(batch, "kind", CAMERA_KINDS, Reason.UNKNOWN_KIND, ", ".join(CAMERA_KINDS)),
        _outside(_floats(batch, "lane"), 0, 32, "lane"),
        _outside(_floats(batch, "speed_kmh"), 0.0, HIGHEST_SPEED_KMH, "speed_kmh"),
        _outside(_floats(batch, "dwell_s"), 0.0, LONGEST_DWELL_S, "dwell_s"),
    ]
    return _apply("camera-events", batch, checks)


def _whole_at_most(checked: Checked) -> Checked:
    """Give the readings with the hair over 1 cut from their occupancies."""
    occupancies = _floats(checked.batch, "occupancy")
    if not np.any(occupancies > 1.0):
        return checked
    index = checked.batch.schema.get_field_index("occupancy")
    field = checked.batch.schema.field(index)
    cut = pa.array(np.minimum(occupancies, 1.0)).cast(field.type)
    return Checked(checked.batch.set_column(index, field, cut), checked.refusals)


def known_detectors(assets: Assets) -> pa.Array:
    """Give the ids that readings may carry."""
    return pa.array([d.detector_id for d in assets.detectors], pa.string())


def known_approaches(assets: Assets) -> pa.Array:
    """Give the cameras with their approaches that events may carry."""
    keys = {c.camera_id + _KEY_SEPARATOR + c.approach_id for c in assets.cameras}
    return pa.array(sorted(keys), pa.string())


def _apply(source: str, batch: pa.RecordBatch, checks: list[_Check]) -> Checked:
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


def _id_checks(batch: pa.RecordBatch, field: str) -> list[_Check]:
    lengths = pc.utf8_length(batch.column(field))
    lengths = _numpy(lengths.fill_null(0) if lengths.null_count else lengths)
    expected = f"an id of 1 to {LONGEST_ID} characters"
    return [
        _Check(lengths == 0, Reason.MISSING, field, expected),
        _Check(lengths > LONGEST_ID, Reason.OUT_OF_RANGE, field, expected),
    ]


def _not_among(
    batch: pa.RecordBatch,
    field: str,
    known: pa.Array | Collection[str] | None,
    reason: Reason,
    expected: str,
) -> _Check:
    return _Check(_absent(batch.column(field), known), reason, field, expected)


def _absent(values: pa.Array, known: pa.Array | Collection[str] | None) -> Mask:
    if known is None:
        return np.zeros(len(values), np.bool_)
    among = known if isinstance(known, pa.Array) else pa.array(sorted(known), pa.string())
    return ~_numpy(pc.is_in(values, value_set=among))


def _time_checks(batch: pa.RecordBatch, field: str, now: float | None) -> list[_Check]:
    column = batch.column(field)
    missing = _nulls(column)
    checks = [_Check(missing, Reason.MISSING, field, "a time")]
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
        _Check(is_other_unit, Reason.WRONG_TIME_UNIT, field, "milliseconds since 1970 UTC"),
        _Check(is_far, Reason.BAD_TIME, field, near),
    ]


def _place_checks(
    longitudes: NDArray[np.float64], latitudes: NDArray[np.float64], bounds: Bounds | None
) -> list[_Check]:
    world = Bounds(-180.0, -90.0, 180.0, 90.0)
    area = Bounds(*bounds) if bounds is not None else world
    swapped = ~_within(longitudes, latitudes, area) & _within(latitudes, longitudes, area)
    span = f"{area.west:.4f} to {area.east:.4f} E, {area.south:.4f} to {area.north:.4f} N"
    return [
        _Check(swapped, Reason.SWAPPED_COORDINATES, "longitude", f"longitude first: {span}"),
        _outside(longitudes, -180.0, 180.0, "longitude"),
        _outside(latitudes, -90.0, 90.0, "latitude"),
        _Check(
            (longitudes < area.west) | (longitudes > area.east),
            Reason.OUTSIDE_NETWORK,
            "longitude",
            span,
        ),
        _Check(
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


def _outside(values: NDArray[np.float64], low: float, high: float, field: str) -> _Check:
    """Give the check of a number that may be absent (NaN) but not outside [low, high]."""
    bad = (values < low) | (values > high)
    return _Check(bad, Reason.OUT_OF_RANGE, field, f"{low:g} to {high:g}")


def _floats(batch: pa.RecordBatch, field: str) -> NDArray[np.float64]:
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
