"""Rows of minutes that are still open, stored until the minute closes."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ingest.kernels.arrays import Flags, Floats
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import MINUTE_S, Seconds

Order = Callable[[pa.Table], pa.Table]
"""Puts a minute's rows in an order that does not depend on how they came."""


def by_columns(*names: str) -> Order:
    """Give the order by some columns, the first counting most."""
    keys = [(name, "ascending") for name in names]
    return lambda rows: rows.sort_by(keys)


def first_open(watermark: Floats | Seconds, settle_s: Seconds) -> Floats:
    """Give the start of the first minute that a channel of this watermark has not finished."""
    return np.asarray(np.floor((watermark - settle_s) / MINUTE_S) * MINUTE_S)


def minutes_of_ends(readings: pa.RecordBatch) -> Floats:
    """Give the start of the minute that each reading's interval ends in."""
    start = readings["interval_start"].cast(pa.int64()).to_numpy() / 1000.0
    end = start + readings["interval_s"].to_numpy()
    return np.asarray((np.ceil(end / MINUTE_S) - 1.0) * MINUTE_S)


def minutes_of_events(events: pa.RecordBatch | pa.Table) -> Floats:
    """Give the start of the minute that each event was in."""
    times = events["event_time"].cast(pa.int64()).to_numpy() / 1000.0
    return np.asarray(np.floor(times / MINUTE_S) * MINUTE_S)


def marks_of(batch: pa.RecordBatch, watermark: Seconds | None) -> Floats:
    """Give for each row what its channel had promised before it, -inf if nothing."""
    return np.full(batch.num_rows, -np.inf if watermark is None else watermark)


class _OpenMinutesState(SavedState, frozen=True):
    SCHEMA_VERSION = 4

    late_count: int
    repeat_count: int
    minutes: list[tuple[int, int]]  # its start and how many of the rows are its own
    rows: pa.Table


class OpenMinutes:
    """Remembers the rows of each minute not yet closed; a closed minute forgets its rows.

    A row is late when its channel had already promised, by its watermark, that nothing of that
    minute would follow. Only its own channel makes a row late: neither the other channels nor the
    order of their frames change what is counted. `is_sent` means that rows are as a gateway sent
    them; then a row that equals another in every column is that row sent again, and so is one that
    equals another in `once`: of these the first in the order is kept, which must begin with `once`.
    So is what `again` finds among those that are left.
    """

    def __init__(
        self,
        schema: pa.Schema,
        ordered: Order,
        settle_s: Seconds,
        *,
        is_sent: bool = False,
        once: tuple[str, ...] = (),
        again: Callable[[pa.Table], Flags] | None = None,
    ) -> None:
        self._schema = schema
        self._ordered = ordered
        self._settle_s = settle_s
        self._open: dict[int, list[pa.RecordBatch]] = {}
        self._is_sent = is_sent
        self._once, self._again = once, again
        self.late_count = 0
        self.repeat_count = 0

    def is_late(self, minute: Floats, watermark: Floats) -> Flags:
        """Tell which rows belong to minutes (given by start) that their channel had finished.

        `watermark` is what each row's channel had promised before it, -inf if nothing.
        """
        return np.asarray(minute + MINUTE_S + self._settle_s <= watermark)

    def first_open(self, watermark: Floats) -> Floats:
        """Give the start of the first minute that a channel of this watermark has not finished."""
        return first_open(watermark, self._settle_s)

    def add(self, batch: pa.RecordBatch, minute: Floats, watermark: Floats) -> None:
        """Store each row under the minute (its start, s since 1970 UTC) that it belongs to."""
        is_late = self.is_late(minute, watermark)
        self.late_count += int(is_late.sum())
        for start in np.unique(minute[~is_late]):
            rows = np.flatnonzero((minute == start) & ~is_late)
            mine = batch if len(rows) == batch.num_rows else batch.take(pa.array(rows))
            self._open.setdefault(int(start), []).append(mine.select(self._schema.names))

    def first_start(self) -> Seconds:
        """Give the start of the first minute that has rows, inf where none has."""
        return float(min(self._open, default=np.inf))

    def close(self, minute_start: Seconds) -> pa.Table:
        """Give the minute's rows in canonical order, each once, and forget them and any before."""
        rows = self._open.pop(int(minute_start), [])
        for earlier in [start for start in self._open if start < minute_start]:
            self.late_count += sum(batch.num_rows for batch in self._open.pop(earlier))
        table = pa.Table.from_batches(rows, schema=self._schema)
        if self._is_sent and table.num_rows > 1:
            table = table.group_by(self._schema.names, use_threads=False).aggregate([])
            table = _each_once(self._ordered(table), self._once)
            if self._again is not None:
                table = table.filter(pa.array(~self._again(table)))
            self.repeat_count += sum(batch.num_rows for batch in rows) - table.num_rows
            return table
        return self._ordered(table) if table.num_rows else table

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        counts = [count for _, count in state.minutes]
        if min(counts, default=0) < 0 or sum(counts) != state.rows.num_rows:
            raise ValueError(f"open minutes of {sum(counts)} rows, expected {state.rows.num_rows}")
        self.late_count, self.repeat_count = state.late_count, state.repeat_count
        self._open, row = {}, 0
        for start, count in state.minutes:
            self._open[start] = state.rows.slice(row, count).to_batches()
            row += count

    def _state(self) -> _OpenMinutesState:
        batches = [batch for of_minute in self._open.values() for batch in of_minute]
        minutes = [(s, sum(b.num_rows for b in rows)) for s, rows in self._open.items()]
        table = pa.Table.from_batches(batches, self._schema)
        return _OpenMinutesState(self.late_count, self.repeat_count, minutes, table)


def _each_once(rows: pa.Table, names: tuple[str, ...]) -> pa.Table:
    """Give sorted rows without those that equal the one before in the columns, if any are named."""
    if not names:
        return rows
    columns = [rows[name].combine_chunks() for name in names]
    differs = [pc.not_equal(column[1:], column[:-1]).to_numpy(False) for column in columns]
    return rows.filter(pa.array(np.r_[True, np.logical_or.reduce(differs)]))


def cut_at_minutes(
    enter_s: Floats, exit_s: Floats
) -> tuple[npt.NDArray[np.intp], Floats, Floats, Floats]:
    """Cut r intervals at whole minutes.

    Gives for each piece the row that it comes from, the start of its minute, and where in the row
    it starts and ends, as shares of the row's duration. A row without duration is one piece.
    """
    first = np.floor(enter_s / MINUTE_S)
    last = np.maximum(np.ceil(exit_s / MINUTE_S) - 1.0, first)
    counts = (last - first).astype(np.int64) + 1
    row = np.repeat(np.arange(len(counts)), counts)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    minute = (first[row] + nth) * MINUTE_S
    duration = np.where(exit_s > enter_s, exit_s - enter_s, 1.0)[row]
    start = np.clip((minute - enter_s[row]) / duration, 0.0, 1.0)
    end = np.clip((minute + MINUTE_S - enter_s[row]) / duration, 0.0, 1.0)
    return row, np.asarray(minute, np.float64), start, end
