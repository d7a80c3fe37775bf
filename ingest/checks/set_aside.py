"""Values that say "none" or cannot be: they cost their field, not their row, and are counted."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from ingest.checks.check import floats
from ingest.kernels.arrays import Flags, Floats

NONE_VALUES = (-1.0, -99.0, -999.0, -9999.0, 99.0, 255.0, 999.0, 9999.0, 65535.0)
"""What gateways write where nothing was measured; it says so only where it cannot be a value of its
field. Unit: that of the field. Source: -1 in Madrid's and NDW's feeds; 255 and 65535 are a byte and
a word of ones, missing in NTCIP 1209 and JT/T 808; nines are what tables are filled with."""


class Range(NamedTuple):
    """What a field can be; of values outside all are set aside, or only those that say none.

    A value of NONE_VALUES above `rare` is taken to say none though it can be.
    """

    field: str
    low: float
    high: float | Floats
    costs_itself: bool = True
    rare: float | Floats = np.inf


def set_aside(
    batch: pa.RecordBatch, fields: Sequence[Range]
) -> tuple[pa.RecordBatch, dict[str, int]]:
    """Give the batch with what is set aside absent, and of each field how many values that were.

    Absent is NaN in a column of floats, also where it was null, and null in others.
    """
    counts: dict[str, int] = {}
    for field, low, high, costs_itself, rare in fields:
        values = floats(batch, field)
        is_bad, says_none = (values < low) | (values > high), np.isin(values, NONE_VALUES)
        if not costs_itself:
            is_bad &= says_none
        is_bad |= says_none & (values > rare)
        if is_bad.any():
            counts[field] = int(is_bad.sum())
        if is_bad.any() or batch.column(field).null_count:
            batch = _without(batch, field, values, is_bad)
    return batch, counts


def _without(batch: pa.RecordBatch, field: str, values: Floats, is_bad: Flags) -> pa.RecordBatch:
    place = batch.schema.get_field_index(field)
    kind = batch.schema.field(place)
    if pa.types.is_floating(kind.type):
        kept = pa.array(np.where(is_bad, np.nan, values).astype(kind.type.to_pandas_dtype()))
    else:
        kept = pa.array(values, mask=is_bad | np.isnan(values)).cast(kind.type)
    return batch.set_column(place, kind, kept)
