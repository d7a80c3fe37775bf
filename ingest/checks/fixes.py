"""Refuses a fix that cannot be true by itself; `traces` refuses it beside those before it."""

import numpy as np
import pyarrow as pa

from ingest.checks.check import (
    Bounds,
    Check,
    Checked,
    floats,
    id_checks,
    not_among,
    place_checks,
    split_rows,
    time_checks,
)
from ingest.refusals import Reason
from ingest.units import Seconds

FLEETS = ("bus", "taxi")


def check_fixes(
    batch: pa.RecordBatch, bounds: Bounds | None = None, now: Seconds | None = None
) -> Checked:
    """Give the fixes that can be true: named, timed within a day of `now`, inside the bounds.

    Speed and heading are not looked at: an implausible one is blanked later and does not cost the
    fix (see `traces`). Without `now` or bounds those checks are left out. Every row that came in
    is in the batch or among the refusals.
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
