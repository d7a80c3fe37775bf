"""What the matcher's kernels wrote, as record batches."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mapmatch.kernels.layout import Memory, Records
from mapmatch.projection import LocalPlane
from mapmatch.records import (
    BREAK_REASONS,
    BREAKS,
    MATCHED,
    PROGRESS,
    REASONS,
    TRAVERSALS,
    MatchOutput,
)
from mapmatch.roster import Named, Roster

Array = npt.NDArray
TIME = pa.timestamp("ms", tz="UTC")
_REASON_WORDS, _BREAK_WORDS = pa.array(REASONS, pa.string()), pa.array(BREAK_REASONS, pa.string())
_NOTHING = [
    pa.RecordBatch.from_pylist([], schema=schema)
    for schema in (MATCHED, PROGRESS, TRAVERSALS, BREAKS)
]
"""Most frames of few fixes end no traversal and break nothing off."""


def answers(
    memory: Memory,
    roster: Roster,
    segment_ids: pa.Array,
    plane: LocalPlane,
    *,
    tells_fixes: bool,
) -> MatchOutput:
    """Give the rows written since the last call, and count them as taken.

    `segment_ids` are by segment. Where nobody `tells_fixes`, none of them is given back.
    """
    matched, progress, traversals, breaks = (int(n) for n in memory.written)
    rows = (
        memory.matched[: matched if tells_fixes else 0].view(np.ndarray),
        memory.progress[:progress].view(np.ndarray),
        memory.traversals[:traversals].view(np.ndarray),
        memory.breaks[:breaks].view(np.ndarray),
    )
    named = roster.named([some["slot"] for some in rows])
    output = MatchOutput(
        _matched(rows[0], named, segment_ids, plane) if len(rows[0]) else _NOTHING[0],
        _progress(rows[1], named) if len(rows[1]) else _NOTHING[1],
        _traversals(rows[2], named, segment_ids) if len(rows[2]) else _NOTHING[2],
        _breaks(rows[3], named) if len(rows[3]) else _NOTHING[3],
        pa.array(_column(rows[0], "segment")),
        pa.array(_column(rows[2], "segment")),
    )
    memory.written[:] = 0
    return output


def provisional(memory: Memory, roster: Roster) -> pa.RecordBatch:
    """Give the progress written since the last call, flagged provisional; all rows are taken."""
    rows = memory.progress[: int(memory.written[1])]
    given = _progress(rows, roster.named([rows["slot"]]), is_provisional=True)
    memory.written[:] = 0
    return given


def joined(parts: list[MatchOutput]) -> MatchOutput:
    """Give several outputs as one."""
    return MatchOutput(
        pa.concat_batches([part.matched for part in parts]),
        pa.concat_batches([part.progress for part in parts]),
        pa.concat_batches([part.traversals for part in parts]),
        pa.concat_batches([part.breaks for part in parts]),
        pa.concat_arrays([part.matched_segment for part in parts]),
        pa.concat_arrays([part.traversal_segment for part in parts]),
    )


def _matched(
    rows: Records, named: Named, segment_ids: pa.Array, plane: LocalPlane
) -> pa.RecordBatch:
    segments, reasons = _column(rows, "segment"), _column(rows, "reason")
    is_unmatched = segments < 0
    longitude, latitude = plane.to_degrees(_column(rows, "x"), _column(rows, "y"))
    return pa.RecordBatch.from_arrays(
        [
            named.id_of(rows["slot"]),
            _times(rows["time"]),
            segment_ids.take(pa.array(segments, mask=is_unmatched)),
            pa.array(_column(rows, "offset"), mask=is_unmatched),
            pa.array(longitude, mask=is_unmatched),
            pa.array(latitude, mask=is_unmatched),
            _REASON_WORDS.take(pa.array(reasons, mask=reasons == 0)),
            pa.array(_column(rows, "tag")),
        ],
        schema=MATCHED,
    )


def _progress(rows: Records, named: Named, *, is_provisional: bool = False) -> pa.RecordBatch:
    columns = ("segment", "enter", "exit", "enter_offset", "exit_offset")
    return pa.RecordBatch.from_arrays(
        [
            named.id_of(rows["slot"]),
            named.fleet_of(rows["slot"]),
            *(pa.array(_column(rows, name)) for name in columns),
            pa.array(np.full(len(rows), is_provisional)),
        ],
        schema=PROGRESS,
    )


def _traversals(rows: Records, named: Named, segment_ids: pa.Array) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(
        [
            named.id_of(rows["slot"]),
            segment_ids.take(pa.array(_column(rows, "segment"))),
            _times(rows["enter"]),
            _times(rows["exit"]),
            pa.array(rows["is_complete"].astype(bool)),
            named.fleet_of(rows["slot"]),
            pa.array(_column(rows, "enter_offset")),
            pa.array(_column(rows, "exit_offset")),
        ],
        schema=TRAVERSALS,
    )


def _breaks(rows: Records, named: Named) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(
        [
            named.id_of(rows["slot"]),
            _times(rows["since"]),
            _times(rows["time"]),
            _BREAK_WORDS.take(pa.array(_column(rows, "reason"))),
        ],
        schema=BREAKS,
    )


def _column(rows: Records, name: str) -> Array:
    return np.ascontiguousarray(rows[name])


def _times(seconds: Array) -> pa.Array:
    is_missing = np.isnan(seconds)
    millis = np.rint(np.where(is_missing, 0.0, seconds) * 1000.0).astype(np.int64)
    return pa.array(millis, mask=is_missing).view(TIME)
