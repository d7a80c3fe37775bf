"""What is told of a region between its minutes: who stands now, and what cameras just said."""

import math
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from congestion.cameras.sightings import camera_sightings
from congestion.records import Sighting
from congestion.region import Region
from congestion.seen.minutes import first_open, minutes_of_events
from congestion.seen.pieces import Pieces
from congestion.seen.standing import StandingVehicles
from congestion.settings import EstimatorSettings
from ingest.frames import CAMERA_EVENTS
from ingest.saved_state import SavedState, pack, restored, unpack
from ingest.units import Seconds
from mapmatch.records import PROGRESS

_ROWS = PROGRESS.append(pa.field("mark", pa.float64()))
_WORDS = CAMERA_EVENTS.append(pa.field("mark", pa.float64()))


class _TicksState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    rows: pa.Table
    words: pa.Table
    standing: bytes


class Ticks:
    """Remembers where vehicles came to rest, and what cameras said in the minutes still open.

    Rows may come in any order and in any batches. Each counts from the first tick on that its
    channel had not promised before it, so that what is told at a tick depends on the rows only.
    Ticks must come in order. Nothing of this is used by the minutes.
    """

    def __init__(self, region: Region, settings: EstimatorSettings, settle_s: Seconds) -> None:
        self._region, self._settings, self._settle_s = region, settings, settle_s
        self._standing = StandingVehicles(region, settings)
        self._rows: list[_Marked] = []
        self._words: list[_Marked] = []

    def add_progress(self, batch: pa.RecordBatch, watermark: Seconds | None) -> None:
        """Take rows of PROGRESS; provisional ones come again settled and are left out."""
        is_provisional = batch["is_provisional"]
        if is_provisional.true_count:
            batch = batch.filter(pc.invert(is_provisional.fill_null(False)))
        if batch.num_rows:
            self._rows.append(_marked(batch, watermark, PROGRESS))

    def add_camera_events(self, batch: pa.RecordBatch, watermark: Seconds | None) -> None:
        """Take camera events; of passes nothing is told."""
        is_word = pc.not_equal(batch["kind"], "pass")
        if is_word.true_count:
            self._words.append(_marked(batch.filter(is_word), watermark, CAMERA_EVENTS))

    def at(self, time: Seconds) -> list[Sighting]:
        """Give who stands at a time, and what cameras said in the minutes that are open then."""
        rows, self._rows = _until(self._rows, time)
        if rows:
            told = pa.Table.from_batches([batch for batch, _ in rows], PROGRESS)
            self._standing.follow(Pieces.of(told))
        self._standing.forget_before(time - self._settings.forget_vehicle_s)
        return self._standing.standing_at(time) + (self._said(time) if self._words else [])

    def _said(self, time: Seconds) -> list[Sighting]:
        """Give what cameras said in the minutes open at a time; forget what they said before."""
        still_open = []
        for words, mark in self._words:
            is_open = minutes_of_events(words) >= first_open(max(mark, time), self._settle_s)
            if is_open.any():
                still_open.append((words.filter(pa.array(is_open)), mark))
        self._words = still_open
        there, _ = _until(self._words, time)
        said = pa.Table.from_batches([words for words, _ in there], CAMERA_EVENTS)
        return camera_sightings(
            self._region, said.sort_by([(name, "ascending") for name in _ORDER])
        )

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self._standing = restored(self._standing, state.standing)
        self._rows, self._words = _apart(state.rows), _apart(state.words)

    def _state(self) -> _TicksState:
        rows, words = _with_marks(self._rows, _ROWS), _with_marks(self._words, _WORDS)
        return _TicksState(rows, words, self._standing.snapshot())


_ORDER = ("event_time", "camera_id", "approach_id", "kind", "lane")
_Marked = tuple[pa.RecordBatch, Seconds]
"""Rows, and what their channel had promised before them, -inf if nothing."""


def _marked(batch: pa.RecordBatch, watermark: Seconds | None, schema: pa.Schema) -> _Marked:
    return batch.select(schema.names), -math.inf if watermark is None else watermark


def _until(batches: list[_Marked], time: Seconds) -> tuple[list[_Marked], list[_Marked]]:
    """Give the rows that were there by a time, and those that came later."""
    there = [(batch, mark) for batch, mark in batches if mark < time]
    return there, [(batch, mark) for batch, mark in batches if mark >= time]


def _with_marks(batches: list[_Marked], schema: pa.Schema) -> pa.Table:
    """Give rows as one table with their marks."""
    marked = [
        batch.append_column("mark", pa.array(np.full(batch.num_rows, mark)))
        for batch, mark in batches
    ]
    return pa.Table.from_batches(marked, schema)


def _apart(table: pa.Table) -> list[_Marked]:
    """Give the rows of a table in runs of one mark."""
    marks = table["mark"].to_numpy()
    ends = np.flatnonzero(np.r_[marks[1:] != marks[:-1], True][: len(marks)]) + 1
    runs = pairwise([0, *ends.tolist()])
    rows = table.drop_columns("mark").combine_chunks()
    return [
        (rows.slice(first, stop - first).to_batches()[0], float(marks[first]))
        for first, stop in runs
    ]
