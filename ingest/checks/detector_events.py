"""Refuses a detector's on or off event that cannot be true by itself."""

from collections.abc import Collection

import pyarrow as pa

from ingest.checks.check import Checked, id_checks, not_among, split_rows, time_checks
from ingest.recorded.assets import Assets
from ingest.refusals import Reason
from ingest.units import Seconds


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


def known_sensors(assets: Assets) -> pa.Array:
    """Give the ids that events may carry: those of detectors and of the sensors that lead them."""
    leads = [d.lead_id for d in assets.detectors if d.lead_id is not None]
    return pa.array([*(d.detector_id for d in assets.detectors), *leads], pa.string())
