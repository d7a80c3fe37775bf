"""Refuses a fix that cannot be true by itself; `traces` refuses it beside those before it."""

import numpy as np
import pyarrow as pa

from ingest.checks.check import (
    HIGHEST_SPEED_KMH,
    Bounds,
    Check,
    Checked,
    ahead_checks,
    floats,
    id_checks,
    not_among,
    place_checks,
    split_rows,
    time_checks,
)
from ingest.checks.set_aside import Range, set_aside
from ingest.refusals import Reason
from ingest.units import Seconds

FLEETS = pa.array(["bus", "taxi"])


def check_fixes(
    batch: pa.RecordBatch, bounds: Bounds | None = None, now: Seconds | None = None
) -> Checked:
    """Give the fixes that can be true: named, timed within a day of `now`, inside the bounds.

    A speed or heading that cannot be does not cost the fix but only itself. Without `now` or bounds
    those checks are left out. Every row that came in is in the batch or among the refusals.
    """
    if not batch.num_rows:
        return Checked(batch, [])
    batch, left_out = set_aside(
        batch,
        [Range("speed_kmh", 0.0, HIGHEST_SPEED_KMH), Range("heading_deg", 0.0, 360.0)],
    )
    longitudes, latitudes = floats(batch, "longitude"), floats(batch, "latitude")
    checks = [
        *id_checks(batch, "vehicle_id"),
        not_among(batch, "fleet", FLEETS, Reason.UNKNOWN_FLEET, "bus or taxi"),
        *time_checks(batch, "event_time", now),
        *time_checks(batch, "arrival_time", now),
        *ahead_checks(batch, "event_time", now),
        *ahead_checks(batch, "arrival_time", now),
        Check(~np.isfinite(longitudes), Reason.NOT_A_NUMBER, "longitude", "a number"),
        Check(~np.isfinite(latitudes), Reason.NOT_A_NUMBER, "latitude", "a number"),
        *place_checks(longitudes, latitudes, bounds),
    ]
    return split_rows("fixes", batch, checks)._replace(set_aside=left_out)
