"""Refuses a detector's reading that cannot be true by itself."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

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
from ingest.frames import LONGEST_INTERVAL_S
from ingest.kernels.arrays import Floats
from ingest.recorded.assets import Assets
from ingest.refusals import Reason
from ingest.units import Seconds

MOST_VEHICLES_PER_S = 3.0
"""Of a lane. Unit: veh/s. Source: chosen; a lane passes one vehicle a second for a moment at most,
so three is a sensor that lies."""
USUAL_VEHICLES_PER_S = 1.0
"""Of a lane. A count above that is also what gateways write for none says none. Unit: veh/s.
Source: chosen, a lane at capacity passes 0.6."""
MOST_OF_A_STATION_PER_S = 12.0
"""Of a detector that may count a whole carriageway. Unit: veh/s. Source: chosen; MOST_LANES lanes
that each pass one vehicle a second."""
_HIGHEST_PERCENT = 100.0
MEASURED = ("vehicle_count", "occupancy", "speed_kmh")
"""What a detector measures; a reading has at least one of them."""
ONE_MEASURED = f"at least one of {', '.join(MEASURED)} that is not absent and says not none"
HIGHEST_OCCUPANCY = 1.02
"""Unit: share. Source: chosen; a sensor that sums whole milliseconds or counts the vehicles at
the edges of its interval may come out a little over 1."""


@dataclass(frozen=True)
class KnownDetectors:
    """The detectors that readings may be of."""

    ids: pa.Array
    lanes: Floats  # that each one counts, NaN where nobody said


def check_readings(
    batch: pa.RecordBatch,
    known: KnownDetectors | None,
    now: Seconds | None = None,
) -> Checked:
    """Give the readings that can be true, of known detectors (None: of any).

    A reading may lack count, occupancy or speed, but not all three. What says "none" is absent, and
    so is a speed that cannot be; another count or occupancy that cannot be refuses the reading, for
    it is what the detector measures. How many vehicles can pass goes
    by the lanes that its detector counts; where nobody said how many, it may be a station's total.
    An occupancy above 1 by no more than HIGHEST_OCCUPANCY allows is set to 1.
    """
    if not batch.num_rows:
        return Checked(batch, [])
    lengths, ids = floats(batch, "interval_s"), None if known is None else known.ids
    most = _most_vehicles(batch, known)
    batch, left_out = without_none(batch, known)
    counts, occupancies = floats(batch, "vehicle_count"), floats(batch, "occupancy")
    is_empty = np.isnan(counts) & np.isnan(occupancies) & np.isnan(floats(batch, "speed_kmh"))
    share = "a share between 0 and 1, not percent"
    checks = [
        *id_checks(batch, "detector_id"),
        not_among(batch, "detector_id", ids, Reason.UNKNOWN_DETECTOR, "an id of detectors.csv"),
        *time_checks(batch, "interval_start", now),
        *ahead_checks(batch, "interval_start", now),
        Check(np.isnan(lengths), Reason.MISSING, "interval_s", "a number of seconds"),
        outside(lengths, 1, LONGEST_INTERVAL_S, "interval_s"),
        Check(is_empty, Reason.MISSING, MEASURED[0], ONE_MEASURED),
        Check(
            (counts < 0) | (counts > most),
            Reason.OUT_OF_RANGE,
            "vehicle_count",
            f"0 to {MOST_VEHICLES_PER_S:g} vehicles a second and lane of detectors.csv"
            f" ({MOST_OF_A_STATION_PER_S:g} where no lanes are given)",
        ),
        Check(np.isinf(occupancies), Reason.NOT_A_NUMBER, "occupancy", share),
        Check(
            (occupancies > HIGHEST_OCCUPANCY) & (occupancies <= _HIGHEST_PERCENT),
            Reason.OCCUPANCY_IN_PERCENT,
            "occupancy",
            share,
        ),
        outside(occupancies, 0.0, HIGHEST_OCCUPANCY, "occupancy"),
    ]
    return _at_most_one(split_rows("readings", batch, checks))._replace(set_aside=left_out)


def without_none(
    batch: pa.RecordBatch, known: KnownDetectors | None
) -> tuple[pa.RecordBatch, dict[str, int]]:
    """Give readings without what says "none" or costs only itself, and how many values by field."""
    return set_aside(
        batch,
        [
            Range(
                "vehicle_count",
                0.0,
                _most_vehicles(batch, known),
                costs_itself=False,
                rare=_rare_count(batch, known),
            ),
            Range("occupancy", 0.0, _HIGHEST_PERCENT, costs_itself=False),
            Range("speed_kmh", 0.0, HIGHEST_SPEED_KMH),
        ],
    )


def _at_most_one(checked: Checked) -> Checked:
    """Give the readings with occupancies above 1 set to 1."""
    occupancies = floats(checked.batch, "occupancy")
    if not np.any(occupancies > 1.0):
        return checked
    index = checked.batch.schema.get_field_index("occupancy")
    field = checked.batch.schema.field(index)
    cut = pa.array(np.minimum(occupancies, 1.0)).cast(field.type)
    return Checked(checked.batch.set_column(index, field, cut), checked.refusals)


def _most_vehicles(batch: pa.RecordBatch, known: KnownDetectors | None) -> Floats:
    """Give how many vehicles each row's detector can count at most in its interval."""
    lengths = np.nan_to_num(floats(batch, "interval_s"))
    lanes = _lanes(batch, known)
    a_second = np.where(np.isnan(lanes), MOST_OF_A_STATION_PER_S, MOST_VEHICLES_PER_S * lanes)
    return np.asarray(lengths * a_second, np.float64)


def _rare_count(batch: pa.RecordBatch, known: KnownDetectors | None) -> Floats:
    """Give from how many vehicles on a count that is a value for none says none.

    Where nobody said how many lanes it counts it may be a station of three.
    """
    lanes = np.nan_to_num(_lanes(batch, known), nan=3.0)
    return np.asarray(np.nan_to_num(floats(batch, "interval_s")) * USUAL_VEHICLES_PER_S * lanes)


def _lanes(batch: pa.RecordBatch, known: KnownDetectors | None) -> Floats:
    """Give how many lanes each row's detector counts, NaN where nobody said."""
    if known is None or not len(known.ids):
        return np.full(batch.num_rows, np.nan)
    places = pc.index_in(batch.column("detector_id"), value_set=known.ids).fill_null(0)
    return np.asarray(known.lanes[places.to_numpy(zero_copy_only=False)])


def known_detectors(assets: Assets) -> KnownDetectors:
    """Give the detectors that readings may be of."""
    detectors = assets.detectors
    lanes = np.array([np.nan if d.lanes is None else d.lanes for d in detectors], np.float64)
    return KnownDetectors(pa.array([d.detector_id for d in detectors], pa.string()), lanes)
