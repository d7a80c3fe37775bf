"""Refuses a camera's event that cannot be true by itself."""

import numpy as np
import pyarrow as pa

from ingest.approaches import UNKNOWN, Approach, ApproachIndex
from ingest.checks.check import (
    HIGHEST_SPEED_KMH,
    Check,
    Checked,
    ahead_checks,
    floats,
    id_checks,
    not_among,
    outside,
    split_rows,
    time_checks,
)
from ingest.checks.set_aside import Range, set_aside
from ingest.recorded.assets import HIGHEST_LANE, Assets
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
LONGEST_DWELL_S = 86400.0
"""Unit: s. Source: chosen; who stood for over a day is a clock that was set, not a vehicle."""


def check_camera_events(
    batch: pa.RecordBatch, known: ApproachIndex | None, now: Seconds | None = None
) -> Checked:
    """Give the camera events that can be true, of known approaches (None: of any).

    A speed or dwell that cannot be, and a lane that says "none", cost themselves only.
    """
    if not batch.num_rows:
        return Checked(batch, [])
    batch, left_out = set_aside(
        batch,
        [
            Range("speed_kmh", 0.0, HIGHEST_SPEED_KMH),
            Range("dwell_s", 0.0, LONGEST_DWELL_S),
            Range("lane", 0, HIGHEST_LANE, costs_itself=False),
        ],
    )
    is_unknown = np.zeros(batch.num_rows, np.bool_)
    if known is not None:
        is_unknown = known.places(batch) == UNKNOWN
    expected = "a camera and approach of cameras.csv"
    checks = [
        *id_checks(batch, "camera_id"),
        *id_checks(batch, "approach_id"),
        Check(is_unknown, Reason.UNKNOWN_CAMERA, "approach_id", expected),
        *time_checks(batch, "event_time", now),
        *ahead_checks(batch, "event_time", now),
        not_among(batch, "kind", CAMERA_KINDS, Reason.UNKNOWN_KIND, ", ".join(CAMERA_KINDS)),
        outside(floats(batch, "lane"), 0, HIGHEST_LANE, "lane"),
    ]
    return split_rows("camera-events", batch, checks)._replace(set_aside=left_out)


def known_approaches(assets: Assets) -> ApproachIndex:
    """Give the approaches of cameras that events may carry."""
    return ApproachIndex([Approach(c.camera_id, c.approach_id) for c in assets.cameras])
