"""The progress of minutes that are still open: settled, belated and provisional pieces."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from congestion.seen.minutes import OpenMinutes, cut_at_minutes
from congestion.seen.pieces import Pieces
from ingest.kernels.arrays import Floats
from ingest.saved_state import SavedState, pack, restored, unpack
from ingest.units import Seconds

_PIECES = pa.schema(
    [
        ("vehicle_id", pa.string()),
        ("fleet", pa.string()),
        ("segment", pa.int32()),
        ("enter_time", pa.float64()),
        ("exit_time", pa.float64()),
        ("enter_offset_m", pa.float32()),
        ("exit_offset_m", pa.float32()),
    ]
)
_ROWS = _PIECES.append(pa.field("is_provisional", pa.bool_()))


class _OpenProgressState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    settled: bytes
    belated: bytes
    provisional: bytes


class OpenProgress:
    """Remembers the pieces of progress of each minute not yet closed.

    A minute has pieces of three kinds. Settled pieces were driven in it and settled before its
    channel had finished it. Belated pieces were driven in an earlier minute, at most `belated_s`
    ago, and settled after that one was finished. Provisional pieces were driven in it and are read
    from fixes that were still open when its channel finished it; the same driving comes again as
    belated. So what is remembered is made of the first two kinds, and the minute's own state of
    the first and the last.
    """

    def __init__(self, settle_s: Seconds, belated_s: Seconds) -> None:
        self._belated_s = belated_s
        self._settled = OpenMinutes(_PIECES, _as_they_came, settle_s)
        self._belated = OpenMinutes(_PIECES, _as_they_came, settle_s)
        self._provisional = OpenMinutes(_PIECES, _as_they_came, settle_s)
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_marks: list[Floats] = []

    @property
    def late_count(self) -> int:
        """Pieces that came too late even to be belated."""
        return self._settled.late_count

    def add(self, batch: pa.RecordBatch, watermark: Seconds | None, now: Seconds | None) -> None:
        """Take rows of PROGRESS.

        `watermark` is what their channel had promised before them, `now` what it promises with
        them.
        """
        if batch.num_rows:
            promises = [-np.inf if time is None else time for time in (watermark, now)]
            self._waiting.append(batch.select(_ROWS.names))
            self._waiting_marks.append(np.tile(promises, (batch.num_rows, 1)))

    def first_start(self) -> Seconds:
        """Give the start of the first minute that has pieces, inf where none has."""
        self._sort()
        return min(kind.first_start() for kind in (self._settled, self._belated, self._provisional))

    def close(self, minute_start: Seconds) -> tuple[Pieces, Pieces, Pieces]:
        """Give the minute's pieces, settled, belated and provisional, and forget them."""
        self._sort()
        kinds = (self._settled, self._belated, self._provisional)
        settled, belated, provisional = (Pieces.of(kind.close(minute_start)) for kind in kinds)
        return settled, belated, provisional

    def _sort(self) -> None:
        """Cut the rows that came since the last minute was closed, all at once."""
        if not self._waiting:
            return
        table = pa.Table.from_batches(self._waiting, _ROWS).combine_chunks()
        rows, marks = table.to_batches()[0], np.concatenate(self._waiting_marks)
        self._waiting, self._waiting_marks = [], []
        row, minute, cut = _cut(rows)
        mark, now = marks[row].T
        is_provisional = rows["is_provisional"].fill_null(False).to_numpy(zero_copy_only=False)[row]
        is_late = self._settled.is_late(minute, mark)
        first = self._settled.first_open(mark)
        is_belated = ~is_provisional & is_late & (first - minute <= self._belated_s)
        ends_now = is_provisional & ~is_late & self._settled.is_late(minute, now)
        for kind, chosen, of in (
            (self._settled, ~is_provisional & ~is_belated, minute),
            (self._belated, is_belated, first),
            (self._provisional, ends_now, minute),
        ):
            kind.add(cut.filter(pa.array(chosen)), of[chosen], mark[chosen])

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self._settled, self._belated, self._provisional = (
            restored(self._settled, state.settled),
            restored(self._belated, state.belated),
            restored(self._provisional, state.provisional),
        )

    def _state(self) -> _OpenProgressState:
        self._sort()
        kinds = (self._settled, self._belated, self._provisional)
        return _OpenProgressState(*(kind.snapshot() for kind in kinds))


def _as_they_came(rows: pa.Table) -> pa.Table:
    return rows  # Pieces have an order of their own


def _cut(rows: pa.RecordBatch) -> tuple[npt.NDArray[np.intp], Floats, pa.RecordBatch]:
    """Cut rows at whole minutes; gives each piece's row and minute, and the pieces."""
    enter, leave = rows["enter_time"].to_numpy(), rows["exit_time"].to_numpy()
    row, minute, start, end = cut_at_minutes(enter, leave)
    pieces = rows.select(["vehicle_id", "fleet", "segment"]).take(pa.array(row))
    from_m, to_m = (
        rows[name].to_numpy().astype(np.float64)[row]
        for name in ("enter_offset_m", "exit_offset_m")
    )
    duration = (leave - enter)[row]
    columns = [
        *pieces.columns,
        pa.array(enter[row] + start * duration),
        pa.array(enter[row] + end * duration),
        pa.array((from_m + start * (to_m - from_m)).astype(np.float32)),
        pa.array((from_m + end * (to_m - from_m)).astype(np.float32)),
    ]
    return row, minute, pa.RecordBatch.from_arrays(columns, schema=_PIECES)
