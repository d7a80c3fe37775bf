"""Detectors' on and off events of a stream added up to readings, minute by minute."""

import copy
from collections import Counter
from collections.abc import Mapping
from typing import Annotated, NamedTuple

import numpy as np
import pyarrow as pa

from ingest.detector_events import (
    FORGET_MINUTES,
    INTERVAL_MS,
    INTERVAL_S,
    Events,
    Rows,
    counts_and_speeds,
    known_minutes,
    occupied_ms,
    pair,
    unpaired_counts,
)
from ingest.frames import READINGS
from ingest.kernels.arrays import Flags, Int64s
from ingest.leads import Lead, lead_arrays
from ingest.refusals import Reason
from ingest.saved_state import GROWS, SavedState, pack, unpack
from ingest.units import KMH, Seconds

EMPTY_MINUTES = 5
"""Minutes in which no sensor spoke that are published as empty. Unit: min. Source: chosen; after
more of them the gateway was silent, and nothing is known of the road."""
MOST_OPEN_EVENTS = 4_000_000
"""Events that wait for their minutes at most. Unit: count. Source: chosen; some minutes of 4,500
detectors with a vehicle every two seconds, 13 bytes each."""


class Summed(NamedTuple):
    """Readings, one a detector and minute, and by reason how many events were of no use for them.

    `late`: of a minute already published. `clock_skew`: ahead of all others. `duplicate`: sent
    twice. `missing`: without detector, time or kind. `out_of_range`: more than may wait.
    `unpaired`: an off without an on before it, or an on without an off before the next on; the
    vehicle of that on is counted all the same.
    """

    readings: pa.Table
    unused: dict[Reason, int]


class _EventMinutesState(SavedState, frozen=True):
    SCHEMA_VERSION = 3

    closed: int | None
    spoke: int | None
    names: list[str]
    last_ms: Annotated[Int64s, GROWS]
    last_on_ms: Annotated[Int64s, GROWS]
    is_on: Annotated[Flags, GROWS]
    open_sensor: Annotated[Int64s, GROWS]
    open_ms: Annotated[Int64s, GROWS]
    open_is_on: Annotated[Flags, GROWS]
    unused: dict[Reason, int]


class EventMinutes:
    """Adds events up to readings, a minute at a time; a minute is published once, when it closes.

    Remembers the events of minutes still open, and of each sensor its last event and its last on.
    Events may come in any order within the open minutes: readings do not depend on it, nor on how
    many minutes close in one call. A vehicle counts in the minute it came. A sensor has readings
    from the minute of its first event until it is silent for FORGET_MINUTES. Where it does not let
    go, its occupancy is NaN from when no vehicle stands so long. A detector with a lead has the
    mean speed of the vehicles that the two timed in the minute, NaN where there was none; leads
    have no readings of their own. Memory: MOST_OPEN_EVENTS of 13 bytes, and some 100 bytes a
    sensor.
    """

    def __init__(self, leads: Mapping[str, Lead] | None = None) -> None:
        """Take the lead of each detector that has one."""
        self._leads = dict(leads or {})
        self._is_lead = {lead.sensor_id for lead in self._leads.values()}
        self._closed: int | None = None  # the first minute not yet published, since 1970
        self._spoke: int | None = None  # the last published minute in which any sensor spoke
        self._numbers: dict[str, int] = {}
        self._last_ms = np.zeros(0, np.int64)
        self._last_on_ms = np.zeros(0, np.int64)  # -1 where none came
        self._is_on = np.zeros(0, np.bool_)  # of the last event
        self._open = _no_events()
        self._new: list[Events] = []  # not yet among the open ones: a message may be one event
        self._room = MOST_OPEN_EVENTS
        self._reach_ms = 0  # no open event is later
        self._unused: Counter[Reason] = Counter()

    def add(self, events: pa.RecordBatch | pa.Table) -> None:
        """Take events; those of published minutes and those beyond the room are only counted."""
        whole = events.drop_null()
        self._unused[Reason.MISSING] += events.num_rows - whole.num_rows
        if not whole.num_rows:
            return
        time = _column(whole, "event_time").cast(pa.int64()).to_numpy()
        is_bad = np.zeros(len(time), np.bool_)
        if self._closed is not None:
            is_bad = time < self._closed * INTERVAL_MS
            self._unused[Reason.LATE] += int(is_bad.sum())
        is_over = ~is_bad & (np.cumsum(~is_bad) > self._room)
        self._unused[Reason.OUT_OF_RANGE] += int(is_over.sum())
        keep = np.flatnonzero(~is_bad & ~is_over)
        sensor = self._number(_column(whole, "detector_id").take(pa.array(keep)))
        is_on = _column(whole, "is_on").to_numpy(zero_copy_only=False).astype(np.bool_)
        self._new.append(Events(sensor, time[keep], is_on[keep], np.zeros(len(keep), np.bool_)))
        self._room -= len(keep)
        self._reach_ms = max(self._reach_ms, int(time[keep].max(initial=0)))

    def close(self, until: Seconds, latest: Seconds) -> Summed:
        """Publish the whole minutes before `until` that are still open, and forget their events.

        The first call only says where minutes begin: nothing before it is published. Events not
        before `latest` are not believed. Both are seconds since 1970 UTC.
        """
        stop = int(until * 1000.0) // INTERVAL_MS
        if self._closed is not None and stop <= self._closed and self._reach_ms < latest * 1000.0:
            return Summed(READINGS.empty_table(), self._count_unused())
        self._gather()
        self._drop(self._open.time_ms >= latest * 1000.0, Reason.CLOCK_SKEW)
        if self._closed is None:
            self._closed = stop
            self._drop(self._open.time_ms < stop * INTERVAL_MS, Reason.LATE)
        tables = [self._readings(*run) for run in self._runs(stop)]
        self._closed = max(self._closed, stop)
        self._forget()
        self._measure()
        readings = pa.concat_tables(tables) if tables else READINGS.empty_table()
        return Summed(readings, self._count_unused())

    def _count_unused(self) -> dict[Reason, int]:
        unused, self._unused = self._unused, Counter()
        return {reason: count for reason, count in unused.items() if count}

    def _gather(self) -> None:
        """Put what is new among the open events."""
        if self._new:
            self._open, self._new = _joined(self._open, *self._new), []

    def _measure(self) -> None:
        self._room = MOST_OPEN_EVENTS - len(self._open.sensor)
        self._reach_ms = int(self._open.time_ms.max(initial=0))

    def ahead(self, until: Seconds) -> pa.Table:
        """Give what `close` would publish as far as events reach, and change nothing."""
        if self._closed is None or not self._reach_ms:
            return READINGS.empty_table()
        reach = (self._reach_ms // INTERVAL_MS + 1) * INTERVAL_S
        return copy.deepcopy(self).close(min(until, reach), np.inf).readings

    def _drop(self, is_bad: Flags, reason: Reason) -> None:
        if is_bad.any():
            self._unused[reason] += int(is_bad.sum())
            self._open = self._open.only(~is_bad)

    def _runs(self, stop: int) -> list[tuple[int, int, bool]]:
        """Give the runs of minutes to publish before `stop`: first, end, whether after silence."""
        assert self._closed is not None
        minutes = np.unique(self._open.time_ms // INTERVAL_MS)
        spoke = minutes[minutes < stop].tolist()
        runs: list[tuple[int, int, bool]] = []
        if self._spoke is not None:
            end = min(self._spoke + EMPTY_MINUTES + 1, stop)
            if self._closed < end:
                runs.append((self._closed, end, False))
        for minute in spoke:
            is_after = self._spoke is None or minute > self._spoke + EMPTY_MINUTES + 1
            self._spoke, end = minute, min(minute + EMPTY_MINUTES + 1, stop)
            if runs and not is_after:
                runs[-1] = (runs[-1][0], end, runs[-1][2])
            else:
                runs.append((minute, end, is_after))
        return runs

    def _readings(self, first: int, stop: int, is_after_silence: bool) -> pa.Table:
        """Give the readings of a run of minutes and remember how they ended."""
        if is_after_silence:
            self._is_on[:] = False  # what left meanwhile is not known
        is_now = self._open.time_ms < stop * INTERVAL_MS
        now, self._open = self._open.only(is_now), self._open.only(~is_now)
        known = np.flatnonzero(self._last_ms >= 0)
        is_carried = np.ones(len(known), np.bool_)
        carried = Events(known, self._last_ms[known], self._is_on[known], is_carried)
        paired = pair(_joined(carried, now))
        self._unused[Reason.DUPLICATE] += paired.doubled_count
        self._unused[Reason.UNPAIRED] += int(paired.is_unpaired.sum())
        sensors, minutes = len(self._last_ms), stop - first
        held_ms = occupied_ms(paired, first, minutes, sensors)
        leads = lead_arrays(self._numbers, self._leads)
        counts, speeds = counts_and_speeds(paired.events, first, minutes, *leads, self._last_on_ms)
        unpaired = unpaired_counts(paired, first, minutes, sensors)
        is_known = known_minutes(paired.events, first, minutes, sensors)
        is_known[[place for name, place in self._numbers.items() if name in self._is_lead]] = False
        last, ons = paired.events.only(paired.is_last), paired.events.only(paired.events.is_on)
        self._last_ms[last.sensor], self._is_on[last.sensor] = last.time_ms, last.is_on
        np.maximum.at(self._last_on_ms, ons.sensor, ons.time_ms)
        minute, sensor = np.nonzero(is_known.T)
        columns = [
            pa.array(list(self._numbers), pa.string()).take(pa.array(sensor)),
            pa.array((minute + first) * INTERVAL_MS).cast(READINGS.field("interval_start").type),
            pa.array(np.full(len(minute), INTERVAL_S, np.int32)),
            pa.array(counts[sensor, minute].astype(np.float32)),
            pa.array((held_ms[sensor, minute] / INTERVAL_MS).astype(np.float32)),
            pa.array((speeds[sensor, minute] * KMH).astype(np.float32)),
            pa.array(unpaired[sensor, minute].astype(np.float32)),
        ]
        return pa.Table.from_arrays(columns, schema=READINGS)

    def _number(self, ids: pa.Array) -> Rows:
        """Give the numbers of the sensors, new ones for new names."""
        names = ids.dictionary_encode()
        numbers = [
            self._numbers.setdefault(name, len(self._numbers))
            for name in names.dictionary.to_pylist()
        ]
        new = len(self._numbers) - len(self._last_ms)
        self._last_ms = np.r_[self._last_ms, np.full(new, -1, np.int64)]
        self._last_on_ms = np.r_[self._last_on_ms, np.full(new, -1, np.int64)]
        self._is_on = np.r_[self._is_on, np.zeros(new, np.bool_)]
        return np.array(numbers, np.int64)[names.indices.to_numpy().astype(np.int64)]

    def _forget(self) -> None:
        """Forget the sensors that have been silent for FORGET_MINUTES."""
        assert self._closed is not None
        keep = self._last_ms // INTERVAL_MS > self._closed - FORGET_MINUTES
        keep[self._open.sensor] = True
        if keep.all():
            return
        place = np.cumsum(keep) - 1
        names = [name for name, is_kept in zip(self._numbers, keep, strict=True) if is_kept]
        self._numbers = {name: number for number, name in enumerate(names)}
        self._last_ms, self._last_on_ms = self._last_ms[keep], self._last_on_ms[keep]
        self._is_on = self._is_on[keep]
        self._open = self._open._replace(sensor=place[self._open.sensor])

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self._closed, self._spoke = state.closed, state.spoke
        self._numbers = {name: number for number, name in enumerate(state.names)}
        self._last_ms, self._last_on_ms = state.last_ms, state.last_on_ms
        self._is_on = state.is_on
        is_carried = np.zeros(len(state.open_sensor), np.bool_)
        self._open = Events(state.open_sensor, state.open_ms, state.open_is_on, is_carried)
        self._new, self._unused = [], Counter(state.unused)
        self._measure()

    def _state(self) -> _EventMinutesState:
        self._gather()
        return _EventMinutesState(
            self._closed, self._spoke, list(self._numbers),
            self._last_ms, self._last_on_ms, self._is_on,
            self._open.sensor, self._open.time_ms, self._open.is_on, dict(self._unused),
        )  # fmt: skip


def _column(rows: pa.RecordBatch | pa.Table, name: str) -> pa.Array:
    column = rows.column(name)
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _joined(*parts: Events) -> Events:
    return Events(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _no_events() -> Events:
    numbers, flags = np.zeros(0, np.int64), np.zeros(0, np.bool_)
    return Events(numbers, numbers, flags, flags)
