"""What the states of each segment of an area came to over a period."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from congestion.records import MEASURED
from congestion.reports.area_rows import summands
from ingest.kernels.arrays import Floats, Int32s, Int64s
from mapmatch.network import Network

STATE_COLUMNS = ["segment_id", "speed_kmh", "free_flow_kmh", "quality"]
"""What is read of each state."""


@dataclass(frozen=True)
class SegmentSums:
    """What s segments of an area came to in the period, in order of their index."""

    segment: Int32s
    speed_kmh: Floats  # space-mean, over time
    free_flow_kmh: Floats
    delay_veh_h: Floats
    known: Int64s  # minutes
    observed: Int64s  # minutes


def sums_of_states(network: Network, parts: Iterable[pa.Table]) -> SegmentSums:
    """Sum up states of a network's own, each once; parts have STATE_COLUMNS.

    The sums are those of a report over the same states, see `segment_days.by_segment`.
    """
    ids = pa.array(network.segment_ids, pa.string())
    totals = np.zeros((5, network.segment_count))
    for states in parts:
        segment = pc.index_in(states["segment_id"], value_set=ids).to_numpy().astype(np.int64)
        is_measured = pc.is_in(states["quality"], value_set=pa.array(sorted(MEASURED))).to_numpy()
        known, (*_, delay) = summands(network, segment, states)
        pace, free_pace = (
            1.0 / np.where(known, states[name].cast(pa.float64()).to_numpy(), np.inf)
            for name in ("speed_kmh", "free_flow_kmh")
        )
        rows = (known, is_measured & known, pace, free_pace, delay)
        totals += [np.bincount(segment, row, network.segment_count) for row in rows]
    found = np.flatnonzero(totals[0] > 0)
    known_count, observed, pace, free_pace, delay = totals[:, found]
    return SegmentSums(
        found.astype(np.int32), known_count / pace, known_count / free_pace, delay,
        known_count.astype(np.int64), observed.astype(np.int64),
    )  # fmt: skip
