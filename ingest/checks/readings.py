"""Refuses a detector's reading that cannot be true by itself."""

from collections.abc import Collection

import numpy as np
import pyarrow as pa

from ingest.checks.check import (
    HIGHEST_SPEED_KMH,
    Check,
    Checked,
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

LONGEST_INTERVAL_S = 3600
"""Unit: s. Source: chosen; agencies average loops over 20 s to 15 min, some publish hours."""
MOST_VEHICLES_PER_S = 3.0
"""Unit: veh/s. Source: chosen; a lane passes one vehicle a second for a moment at most, so three
is a sensor that lies."""
HIGHEST_OCCUPANCY = 1.02
"""Unit: share. Source: chosen; a sensor that sums whole milliseconds or counts the vehicles at
the edges of its interval may come out a little over 1."""


def check_readings(
    batch: pa.RecordBatch,
    known_ids: pa.Array | Collection[str] | None,
    now: Seconds | None = None,
) -> Checked:
    """Give the readings that can be true, of known detectors (None: of any).

    An occupancy above 1 by no more than HIGHEST_OCCUPANCY allows is set to 1.
    """
    if not batch.num_rows:
        return Checked(batch, [])
    lengths, counts = floats(batch, "interval_s"), floats(batch, "vehicle_count")
    occupancies = floats(batch, "occupancy")
    most = MOST_VEHICLES_PER_S * np.nan_to_num(lengths)
    share = "a share between 0 and 1, not percent"
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
        Check(np.isinf(occupancies), Reason.NOT_A_NUMBER, "occupancy", share),
        Check(
            (occupancies > HIGHEST_OCCUPANCY) & (occupancies <= 100.0),
            Reason.OCCUPANCY_IN_PERCENT,
            "occupancy",
            share,
        ),
        outside(occupancies, 0.0, HIGHEST_OCCUPANCY, "occupancy"),
        outside(floats(batch, "speed_kmh"), 0.0, HIGHEST_SPEED_KMH, "speed_kmh"),
    ]
    return _at_most_one(split_rows("readings", batch, checks))


def _at_most_one(checked: Checked) -> Checked:
    """Give the readings with occupancies above 1 set to 1."""
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
