"""What the states of each segment came to over a period: sums of one scan, also kept for a day."""

from collections.abc import Sequence
from typing import Any

import ibis
import pyarrow as pa
from ibis import _

from congestion.reports.stored import on_segments

SEGMENT_DAYS = pa.schema(
    [
        ("segment_id", pa.string()),
        ("row_count", pa.int64()),
        ("known_count", pa.int64()),  # minutes of known speed
        ("observed_count", pa.int64()),  # of these seen in the minute
        ("pace_h_km", pa.float64()),  # sum over the known minutes
        ("free_pace_h_km", pa.float64()),
        ("delay_veh_h", pa.float64()),
    ]
)
"""One row a segment, of a day of states; one that the network has not has its row count alone."""
_SUMS = tuple(SEGMENT_DAYS.names[1:])


def by_segment(states: Any, segments: Any) -> Any:
    """Give a query of the sums of each segment that has states, the columns as in SEGMENT_DAYS."""
    rows = on_segments(states, segments, "left")
    counts = rows.is_known & rows.segment.notnull()
    rows = rows.mutate(is_known=counts, is_observed=counts & rows.is_measured)
    return rows.group_by("segment_id").agg(
        row_count=_.count(),
        known_count=_.is_known.cast("int64").sum(),
        observed_count=_.is_observed.cast("int64").sum(),
        pace_h_km=ibis.ifelse(_.is_known, 1.0 / _.speed_kmh, None).sum().fill_null(0.0),
        free_pace_h_km=ibis.ifelse(_.is_known, 1.0 / _.free_flow_kmh, None).sum().fill_null(0.0),
        delay_veh_h=_.delay_veh_h.sum().fill_null(0.0),
    )


def segment_day_rows(states: Any, segments: Any) -> pa.Table:
    """Give the rows of SEGMENT_DAYS of a day's states, in order of their ids."""
    return by_segment(states, segments).order_by("segment_id").to_pyarrow().cast(SEGMENT_DAYS)


def summed(parts: Sequence[pa.Table]) -> pa.Table:
    """Give the sums of each segment over several tables of them, in order of their ids."""
    rows = pa.concat_tables([part.select(["segment_id", *_SUMS]) for part in parts])
    totals = rows.group_by("segment_id").aggregate([(name, "sum") for name in _SUMS])
    totals = totals.rename_columns(
        [name.removesuffix("_sum") for name in totals.column_names]
    ).select(["segment_id", *_SUMS])
    return totals.sort_by("segment_id")
