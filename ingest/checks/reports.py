"""Refuses a person's report that cannot be true by itself."""

import pyarrow as pa

from ingest.checks.camera_events import CAMERA_KINDS
from ingest.checks.check import (
    Bounds,
    Checked,
    ahead_checks,
    floats,
    id_checks,
    not_among,
    place_checks,
    split_rows,
    time_checks,
)
from ingest.refusals import Reason
from ingest.units import Seconds

REPORT_KINDS = (*CAMERA_KINDS, "jam", "works", "flood", "other")


def check_reports(batch: pa.RecordBatch, bounds: Bounds | None, now: Seconds | None) -> Checked:
    """Give the reports that can be true, of places inside the bounds (None: anywhere).

    `now` is when they arrived, None where nobody says.
    """
    if not batch.num_rows:
        return Checked(batch, [])
    checks = [
        *id_checks(batch, "report_id"),
        *id_checks(batch, "source"),
        *time_checks(batch, "event_time", None),
        *ahead_checks(batch, "event_time", now),
        *place_checks(floats(batch, "longitude"), floats(batch, "latitude"), bounds),
        not_among(batch, "kind", REPORT_KINDS, Reason.UNKNOWN_KIND, ", ".join(REPORT_KINDS)),
    ]
    return split_rows("reports", batch, checks)
