"""What is told of a region between its minutes: who stands now, and what cameras just said."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from congestion.cameras.sightings import camera_sightings
from congestion.records import Sighting
from congestion.region import Region
from congestion.seen.minutes import first_open, marks_of, minutes_of_events
from congestion.seen.standing import StandingVehicles
from congestion.seen.vehicle_order import by_vehicle
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
        self._rows: list[pa.RecordBatch] = []
        self._words: list[pa.RecordBatch] = []

    def add_progress(self, batch: pa.RecordBatch, watermark: Seconds | None) -> None:
        """Take rows of PROGRESS; provisional ones come again settled and are left out."""
        settled = batch.filter(pc.invert(batch["is_provisional"].fill_null(False)))
        if settled.num_rows:
            self._rows.append(_marked(settled.select(PROGRESS.names), watermark, _ROWS))

    def add_camera_events(self, batch: pa.RecordBatch, watermark: Seconds | None) -> None:
        """Take camera events; of passes nothing is told."""
        words = batch.filter(pc.not_equal(batch["kind"], "pass"))
        if words.num_rows:
            self._words.append(_marked(words.select(CAMERA_EVENTS.names), watermark, _WORDS))

    def at(self, time: Seconds) -> list[Sighting]:
        """Give who stands at a time, and what cameras said in the minutes that are open then."""
        rows, self._rows = _until(self._rows, time)
        if rows:
            told = pa.Table.from_batches(rows, _ROWS).drop_columns("mark")
            self._standing.follow(by_vehicle(told))
        self._standing.forget_before(time - self._settings.forget_vehicle_s)
        return self._standing.standing_at(time) + (self._said(time) if self._words else [])

    def _said(self, time: Seconds) -> list[Sighting]:
        """Give what cameras said in the minutes open at a time; forget what they said before."""
        words = pa.Table.from_batches(self._words, _WORDS)
        first = first_open(np.maximum(words["mark"].to_numpy(), time), self._settle_s)
        words = words.filter(pa.array(minutes_of_events(words) >= first))
        self._words = words.to_batches()
        there, _ = _until(self._words, time)
        said = pa.Table.from_batches(there, _WORDS).drop_columns("mark")
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
        self._rows, self._words = state.rows.to_batches(), state.words.to_batches()

    def _state(self) -> _TicksState:
        rows, words = (
            pa.Table.from_batches(batches, schema)
            for batches, schema in ((self._rows, _ROWS), (self._words, _WORDS))
        )
        return _TicksState(rows, words, self._standing.snapshot())


_ORDER = ("event_time", "camera_id", "approach_id", "kind", "lane")


def _marked(batch: pa.RecordBatch, watermark: Seconds | None, schema: pa.Schema) -> pa.RecordBatch:
    mark = pa.array(marks_of(batch, watermark))
    return pa.RecordBatch.from_arrays([*batch.columns, mark], schema=schema)


def _until(
    batches: list[pa.RecordBatch], time: Seconds
) -> tuple[list[pa.RecordBatch], list[pa.RecordBatch]]:
    """Give the rows that were there by a time, and those that came later."""
    there, later = [], []
    for batch in batches:
        is_there = batch["mark"].to_numpy() < time
        if is_there.all():
            there.append(batch)
        elif not is_there.any():
            later.append(batch)
        else:
            there.append(batch.filter(pa.array(is_there)))
            later.append(batch.filter(pa.array(~is_there)))
    return there, later
