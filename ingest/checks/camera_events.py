"""Refuses a camera's event that cannot be true by itself."""

import pyarrow as pa
import pyarrow.compute as pc

from ingest.checks.check import (
    HIGHEST_SPEED_KMH,
    Check,
    Checked,
    absent,
    floats,
    id_checks,
    not_among,
    outside,
    split_rows,
    time_checks,
)
from ingest.recorded.assets import Assets
from ingest.refusals import Reason
from ingest.units import Seconds

CAMERA_KINDS = (
    "pass",
    "stopped_vehicle",
    "illegal_parking",
    "violation",
    "wrong_way",
    "crash",
)
HIGHEST_LANE = 32
"""Unit: none, the number of a lane. Source: chosen, more than any carriageway has."""
LONGEST_DWELL_S = 86400.0
"""Unit: s. Source: chosen; who stood for over a day is a clock that was set, not a vehicle."""

_KEY_SEPARATOR = "\x1f"


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
        outside(floats(batch, "lane"), 0, HIGHEST_LANE, "lane"),
        outside(floats(batch, "speed_kmh"), 0.0, HIGHEST_SPEED_KMH, "speed_kmh"),
        outside(floats(batch, "dwell_s"), 0.0, LONGEST_DWELL_S, "dwell_s"),
    ]
    return split_rows("camera-events", batch, checks)


def known_approaches(assets: Assets) -> pa.Array:
    """Give the cameras with their approaches that events may carry."""
    keys = {c.camera_id + _KEY_SEPARATOR + c.approach_id for c in assets.cameras}
    return pa.array(sorted(keys), pa.string())
