"""What matching gives: answered fixes, progress, traversals, breaks; bus lines on segments."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_TIME = pa.timestamp("ms", tz="UTC")

MATCHED = pa.schema(
    [
        ("vehicle_id", pa.string()),
        ("event_time", _TIME),
        ("segment_id", pa.string()),  # null where unmatched
        ("offset_m", pa.float32()),
        ("longitude", pa.float64()),  # snapped; null where unmatched
        ("latitude", pa.float64()),
        ("reason", pa.string()),  # null where matched; see REASONS
        ("row", pa.int64()),  # the caller's number of the fix, -1 if it gave none
    ]
)
"""One row a fix, each answered once, in time order per vehicle."""

PROGRESS = pa.schema(
    [
        ("vehicle_id", pa.string()),
        ("fleet", pa.string()),
        ("segment", pa.int32()),  # index into the network
        ("enter_time", pa.float64()),  # seconds since 1970 UTC
        ("exit_time", pa.float64()),
        ("enter_offset_m", pa.float32()),
        ("exit_offset_m", pa.float32()),
        ("is_provisional", pa.bool_()),
    ]
)
"""How far a vehicle got on a segment between two settled fixes; standing is a row without metres.

A vehicle's rows follow each other in time without overlap, and without a hole except at a break.
A provisional row is read from fixes that are still open: it comes beside these, and the settled
rows of the same driving, here or elsewhere, follow later.
"""

TRAVERSALS = pa.schema(
    [
        ("vehicle_id", pa.string()),
        ("segment_id", pa.string()),
        ("enter_time", _TIME),
        ("exit_time", _TIME),
        ("is_complete", pa.bool_()),
        ("fleet", pa.string()),
        ("enter_offset_m", pa.float32()),
        ("exit_offset_m", pa.float32()),
    ]
)
"""One row a segment crossed, in the order driven; incomplete where a trace is cut."""

BREAKS = pa.schema(
    [
        ("vehicle_id", pa.string()),
        ("event_time", _TIME),  # until when the vehicle was known
        ("resume_time", _TIME),  # null after a gap: the next trace is a new one
        ("reason", pa.string()),
    ]
)

REASONS = ("", "no_road_near", "outlier", "out_of_order", "repeated", "ambiguous")
"""Why a fix is on no segment, by code; but an `ambiguous` one is on the likelier of two roads over
one another that nothing tells apart."""
BREAK_REASONS = ("no_route", "gap", "off_road")


@dataclass(frozen=True)
class MatchOutput:
    """What one call of the matcher settled: batches of MATCHED, PROGRESS, TRAVERSALS and BREAKS.

    The last two are the segments of `matched` and `traversals` by index, NONE where unmatched, for
    whoever would look their ids up again.
    """

    matched: pa.RecordBatch
    progress: pa.RecordBatch
    traversals: pa.RecordBatch
    breaks: pa.RecordBatch
    matched_segment: pa.Int32Array
    traversal_segment: pa.Int32Array


@dataclass(frozen=True)
class BusLinePlacement:
    """Which segments bus lines drive, and how much of the lines could not be put on any."""

    is_on_line: npt.NDArray[np.bool_]  # one a segment
    names: tuple[str, ...]
    placed_share: float  # of the lines' length
    doubtful: tuple[str, ...]  # names of lines that are far from placed whole
    driven: Mapping[str, frozenset[int]]  # by line the segments that it drives

    @property
    def segment_count(self) -> int:
        """Segments that some line drives."""
        return int(self.is_on_line.sum())

    def line(self) -> str:
        """Give what was placed as a line for a person."""
        placed = (
            f"{len(self.names):,} bus lines on {self.segment_count:,} segments, "
            f"{self.placed_share:.0%} of their length placed"
        )
        return f"{placed}; far from whole: {', '.join(self.doubtful)}" if self.doubtful else placed
