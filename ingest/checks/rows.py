"""What a fix, a reading or a camera event must be by itself."""

from collections.abc import Collection

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.checks.check import (
    Bounds,
    Check,
    Checked,
    absent,
    floats,
    id_checks,
    not_among,
    outside,
    place_checks,
    split_rows,
    time_checks,
)
from ingest.recorded.assets import Assets
from ingest.refusals import Reason
from ingest.units import Seconds

__all__ = [
    "Bounds",
    "Checked",
    "check_camera_events",
    "check_detector_events",
    "check_fixes",
    "check_readings",
    "known_approaches",
    "known_detectors",
    "known_sensors",
]


FLEETS = ("bus", "taxi")
CAMERA_KINDS = (
    "pass",
    "stopped_vehicle",
    "illegal_parking",
    "violation",
    "wrong_way",
    "crash",
)
HIGHEST_SPEED_KMH = 250.0
LONGEST_INTERVAL_S = 3600
# A lane passes at most one vehicle a second for a moment; three is a sensor that lies.
MOST_VEHICLES_PER_S = 3.0
LONGEST_DWELL_S = 86400.0
# An interval whose vehicles were counted to the edge may sum to a hair over all of it.
HIGHEST_OCCUPANCY = 1.02

_KEY_SEPARATOR = "\x1f"


def check_fixes(
    batch: pa.RecordBatch, bounds: Bounds | None = None, now: Seconds | None = None
) -> Checked:
    """Give the fixes that can be true: named, timed within a day of `now`, inside the bounds.

    Speed and heading are not looked at: an implausible one costs itself, not the fix (cleaning).
    Without `now` or bounds those checks fall away. Rows in = rows out + refusals, always.
    """
    if not batch.num_rows:
        return Checked(batch, [])
    longitudes, latitudes = floats(batch, "longitude"), floats(batch, "latitude")
    checks = [
        *id_checks(batch, "vehicle_id"),
        not_among(batch, "fleet", FLEETS, Reason.UNKNOWN_FLEET, "bus or taxi"),
        *time_checks(batch, "event_time", now),
        *time_checks(batch, "arrival_time", now),
        Check(~np.isfinite(longitudes), Reason.NOT_A_NUMBER, "longitude", "a number"),
        Check(~np.isfinite(latitudes), Reason.NOT_A_NUMBER, "latitude", "a number"),
        *place_checks(longitudes, latitudes, bounds),
    ]
    return split_rows("fixes", batch, checks)


def check_readings(
    batch: pa.RecordBatch,
    known_ids: pa.Array | Collection[str] | None,
    now: Seconds | None = None,
) -> Checked:
    """Give the readings that can be true, of known detectors (None: of any)."""
    if not batch.num_rows:
        return Checked(batch, [])
    lengths, counts = floats(batch, "interval_s"), floats(batch, "vehicle_count")
    occupancies = floats(batch, "occupancy")
    most = MOST_VEHICLES_PER_S * np.nan_to_num(lengths)
    percent = "a share between 0 and 1, not percent"
    checks = [
        *id_checks(batch, "detector_id"),
        not_among(
            batch, "detector_id", known_ids, Reason.UNKNOWN_DETECTOR, "an id of detectors.csv"
        ),
        *time_checks(batch, "interval_start", now),
        Check(np.isnan(lengths), Reason.MISSING, "interval_s", "a number of seconds"),
        outside(lengths, 1, LONGEST_INTERVAL_S, "interval_s"),
        Check(np.isnan(counts), Reason.MISSING, "vehicle_count", "a number of vehicles"),
        Check(
            (counts < 0) | (counts > most),
            Reason.OUT_OF_RANGE,
            "vehicle_count",
            f"0 to {MOST_VEHICLES_PER_S:g} vehicles a second",
        ),
        Check(np.isinf(occupancies), Reason.NOT_A_NUMBER, "occupancy", percent),
        Check(
            (occupancies > HIGHEST_OCCUPANCY) & (occupancies <= 100.0),
            Reason.OCCUPANCY_IN_PERCENT,
            "occupancy",
            percent,
        ),
        outside(occupancies, 0.0, HIGHEST_OCCUPANCY, "occupancy"),
        outside(floats(batch, "speed_kmh"), 0.0, HIGHEST_SPEED_KMH, "speed_kmh"),
    ]
    return _whole_at_most(split_rows("readings", batch, checks))


def check_detector_events(
    batch: pa.RecordBatch, known_ids: pa.Array | Collection[str] | None, now: Seconds | None = None
) -> Checked:
    """Give the on and off events that can be true, of known sensors (None: of any)."""
    if not batch.num_rows:
        return Checked(batch, [])
    expected = "a detector_id or lead_id of detectors.csv"
    checks = [
        *id_checks(batch, "detector_id"),
        not_among(batch, "detector_id", known_ids, Reason.UNKNOWN_DETECTOR, expected),
        *time_checks(batch, "event_time", now),
    ]
    return split_rows("magnetometer", batch, checks)


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
        *id_checks(batch, "camera_id"),
        *id_checks(batch, "approach_id"),
        Check(absent(keys, known), Reason.UNKNOWN_CAMERA, "approach_id", expected),
        *time_checks(batch, "event_time", now),
        not_among(batch, "kind", CAMERA_KINDS, Reason.UNKNOWN_KIND, ", ".join(CAMERA_KINDS)),
        outside(floats(batch, "lane"), 0, 32, "lane"),
        outside(floats(batch, "speed_kmh"), 0.0, HIGHEST_SPEED_KMH, "speed_kmh"),
        outside(floats(batch, "dwell_s"), 0.0, LONGEST_DWELL_S, "dwell_s"),
    ]
    return split_rows("camera-events", batch, checks)


def _whole_at_most(checked: Checked) -> Checked:
    """Give the readings with the hair over 1 cut from their occupancies."""
    occupancies = floats(checked.batch, "occupancy")
    if not np.any(occupancies > 1.0):
        return checked
    index = checked.batch.schema.get_field_index("occupancy")
    field = checked.batch.schema.field(index)
    cut = pa.array(np.minimum(occupancies, 1.0)).cast(field.type)
    return Checked(checked.batch.set_column(index, field, cut), checked.refusals)


def known_detectors(assets: Assets) -> pa.Array:
    """Give the ids that readings may carry."""
    return pa.array([d.detector_id for d in assets.detectors], pa.string())


def known_sensors(assets: Assets) -> pa.Array:
    """Give the ids that events may carry: detectors and what leads them."""
    leads = [d.lead_id for d in assets.detectors if d.lead_id is not None]
    return pa.array([*(d.detector_id for d in assets.detectors), *leads], pa.string())


def known_approaches(assets: Assets) -> pa.Array:
    """Give the cameras with their approaches that events may carry."""
    keys = {c.camera_id + _KEY_SEPARATOR + c.approach_id for c in assets.cameras}
    return pa.array(sorted(keys), pa.string())
