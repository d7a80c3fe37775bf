"""A recorded feed cut into slices of arrival time: the clock of every replay and batch run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ingest.detector_events import DETECTOR_EVENTS
from ingest.frames import CAMERA_EVENTS, FIXES, LONGEST_INTERVAL_S, READINGS
from ingest.plates import hash_plates, plate_key
from ingest.recorded.arrivals import (
    ClockOff,
    believed_arrivals,
    clocks_off,
    shift_ms,
)
from ingest.recorded.clocks import LATENESS_S, SLICE_S
from ingest.recorded.feed import Feed
from ingest.recorded.told_lines import PATROL_LINES, REPORT_LINES
from ingest.time_zone import time_zone
from ingest.units import Seconds

Rows = NDArray[np.int64]

SILENCE_S = 180.0
"""After so much arrival time without a row slices are left out up to the one before the next row.
Unit: s. Source: chosen, three readings of a detector: no usual feed has a silence, and the first
minute of one is closed before the clock leaps over the others."""
CLOSING_S = 600.0
"""How far past the feed's end the closing slice's watermark lies. Unit: s. Source: chosen, so that
every window closes."""


@dataclass(frozen=True)
class Slice:
    """What arrived within one slice, in arrival order, and how far event time has come.

    `watermark` = `arrival_end` - lateness (seconds since 1970 UTC). The `*_rows` are the rows'
    numbers in the recording, for whoever must name a row. `is_closing` marks the last, empty one.
    """

    index: int
    arrival_end: Seconds
    watermark: Seconds
    fixes: pa.RecordBatch
    readings: pa.RecordBatch
    camera_events: pa.RecordBatch
    detector_events: pa.RecordBatch
    fix_rows: Rows
    reading_rows: Rows
    camera_rows: Rows
    report_lines: pa.RecordBatch
    patrol_lines: pa.RecordBatch
    is_closing: bool = False

    @property
    def row_count(self) -> int:
        """Rows of all sources."""
        batches = (
            self.fixes, self.readings, self.camera_events, self.detector_events,
            self.report_lines, self.patrol_lines,
        )  # fmt: skip
        return sum(batch.num_rows for batch in batches)


@dataclass(frozen=True)
class _Source:
    """One source in arrival order: its rows, their numbers in the file, where each slice starts."""

    batch: pa.RecordBatch
    rows: Rows
    arrivals_ms: Rows

    def cut(self, first: int, last: int) -> tuple[pa.RecordBatch, Rows]:
        return self.batch.slice(first, last - first), self.rows[first:last]


def slices(
    feed: Feed,
    lateness_s: float = LATENESS_S,
    slice_s: float = SLICE_S,
    *,
    skips_silence: bool = False,
) -> Iterator[Slice]:
    """Give the feed's slices from its start to its last arrival, then the closing one.

    `skips_silence` leaves out most of the empty ones where nothing came for longer than SILENCE_S;
    indices have no holes all the same.

    Fixes arrive at arrival_time (event_time where that is null), readings at the end of their
    interval, events of cameras and detectors, reports and patrols at event_time. Rows whose clocks
    were off by hours come with the rows around them in their file; rows that claim to arrive before
    the start or over ten minutes after the end come with the first or last slice: none is left out,
    all such are refused later. Plates are hashed with the key of CLEARWAY_PLATE_KEY, each day of
    the feed's time zone for itself.

    Raises ValueError where `slice_s` is not positive or `lateness_s` negative.
    """
    if not slice_s > 0:
        raise ValueError(f"slice_s is {slice_s}, expected more than 0")
    if not lateness_s >= 0:
        raise ValueError(f"lateness_s is {lateness_s}, expected at least 0")
    start, end = feed.manifest.start, feed.manifest.end
    sources = _sources(feed)
    last_arrival = max([end, *(s.arrivals_ms[-1] / 1000.0 for s in sources if len(s.rows))])
    count = max(1, int(np.ceil((last_arrival - start) / slice_s + 1e-9)))
    if count * slice_s + start <= last_arrival:
        count += 1
    ends_ms = np.round((start + slice_s * np.arange(1, count + 1)) * 1000.0).astype(np.int64)
    edges = [
        np.concatenate([[0], np.searchsorted(s.arrivals_ms, ends_ms, side="left")]).tolist()
        for s in sources
    ]
    places: Sequence[int] = range(count)
    if skips_silence:
        places = _without_silence(edges, max(1, round(SILENCE_S / slice_s)))
    for index, place in enumerate(places):
        arrival_end = start + slice_s * (place + 1)
        cuts = [s.cut(e[place], e[place + 1]) for s, e in zip(sources, edges, strict=True)]
        yield _slice(index, arrival_end, arrival_end - lateness_s, cuts)
    count, last_end = len(places), start + slice_s * count
    arrival_end = last_end + slice_s
    watermark = max(end + CLOSING_S, arrival_end)
    nothing = [s.cut(0, 0) for s in sources]
    yield _slice(count, arrival_end, watermark, nothing, is_closing=True)


def _without_silence(edges: list[list[int]], tail: int) -> list[int]:
    """Give the slices with rows, so many after each, the one before each, the first and the last.

    `edges` are each source's: the row that every slice begins with, and the end of the last.
    """
    starts = np.array(edges)
    is_busy = np.any(np.diff(starts, axis=1) > 0, axis=0)
    is_busy[0] = True
    places = np.arange(len(is_busy))
    since = places - np.maximum.accumulate(np.where(is_busy, places, -1))
    is_kept = since <= tail
    is_kept[:-1] |= is_busy[1:]
    is_kept[-1] = True
    return [int(place) for place in np.flatnonzero(is_kept)]


def _slice(
    index: int,
    arrival_end: float,
    watermark: float,
    cuts: list[tuple[pa.RecordBatch, Rows]],
    *,
    is_closing: bool = False,
) -> Slice:
    (fixes, fix_rows), (readings, reading_rows), (passes, camera_rows), (events, _), *told = cuts
    (reports, _), (patrols, _) = told
    return Slice(
        index=index,
        arrival_end=arrival_end,
        watermark=watermark,
        fixes=fixes,
        readings=readings,
        camera_events=passes,
        detector_events=events,
        fix_rows=fix_rows,
        reading_rows=reading_rows,
        camera_rows=camera_rows,
        report_lines=reports,
        patrol_lines=patrols,
        is_closing=is_closing,
    )


def recorded_clocks_off(feed: Feed) -> list[ClockOff]:
    """Give the sources of a recording whose clocks were off by hours, for some rows or for all."""
    span_ms = _span_ms(feed)
    found = []
    if feed.fixes is not None:
        fixes = _one_batch(feed.fixes, FIXES)
        claims = _arrivals_ms(fixes, span_ms[0])
        arrivals, fleets = _arrivals_of_fixes(fixes, claims, span_ms), fixes.column("fleet")
        for fleet in fleets.unique().drop_null().to_pylist():
            mine = np.asarray(pc.equal(fleets, fleet).fill_null(False).to_numpy(False))
            found.append(clocks_off(f"{fleet} fixes", claims[mine], arrivals[mine]))
    for name, table, schema, entity in (
        ("detector readings", feed.readings, READINGS, "detector_id"),
        ("camera events", feed.camera_events, None, "camera_id"),
        ("reports", feed.report_lines, REPORT_LINES, "source"),
        ("patrols", feed.patrol_lines, PATROL_LINES, "patrol_id"),
    ):
        if table is not None:
            batch = _one_batch(table, schema or table.schema)
            claims = _arrivals_ms(batch, span_ms[0])
            found.append(clocks_off(name, claims, _arrivals_of(batch, entity, claims, span_ms)))
    return [one for one in found if one is not None]


def _span_ms(feed: Feed) -> tuple[int, int]:
    return round(feed.manifest.start * 1000.0), round(feed.manifest.end * 1000.0)


def _sources(feed: Feed) -> list[_Source]:
    span_ms = _span_ms(feed)
    first, last = span_ms[0], span_ms[1] + round(CLOSING_S * 1000.0)
    sources = []
    for table, schema, entity in (
        (feed.fixes, FIXES, "vehicle_id"),
        (feed.readings, READINGS, "detector_id"),
        (_hashed(feed.camera_events, feed.manifest.timezone), CAMERA_EVENTS, "camera_id"),
        (feed.detector_events, DETECTOR_EVENTS, "detector_id"),
        (feed.report_lines, REPORT_LINES, "source"),
        (feed.patrol_lines, PATROL_LINES, "patrol_id"),
    ):
        batch = _one_batch(table, schema)
        claims = _arrivals_ms(batch, first)
        if schema is FIXES:
            arrivals = _arrivals_of_fixes(batch, claims, span_ms)
        else:
            arrivals = _arrivals_of(batch, entity, claims, span_ms)
        arrivals = np.clip(arrivals, first, last)
        rows = np.arange(len(arrivals), dtype=np.int64)
        if np.any(arrivals[1:] < arrivals[:-1]):
            rows = np.argsort(arrivals, kind="stable").astype(np.int64)
            batch, arrivals = batch.take(pa.array(rows)), arrivals[rows]
        sources.append(_Source(batch, rows, arrivals))
    return sources


def _arrivals_of_fixes(batch: pa.RecordBatch, claims: Rows, span_ms: tuple[int, int]) -> Rows:
    """Give when fixes arrived, a whole fleet that is off the recording's span with the others."""
    arrivals, fleets = claims.copy(), batch.column("fleet")
    for fleet in fleets.unique().drop_null().to_pylist():
        mine = np.asarray(pc.equal(fleets, fleet).fill_null(False).to_numpy(False))
        arrivals[mine] -= shift_ms(claims[mine], span_ms)
    return believed_arrivals(arrivals, batch.column("vehicle_id"), span_ms)


def _arrivals_of(
    batch: pa.RecordBatch, entity: str, claims: Rows, span_ms: tuple[int, int]
) -> Rows:
    return believed_arrivals(claims - shift_ms(claims, span_ms), batch.column(entity), span_ms)


def _arrivals_ms(batch: pa.RecordBatch, missing: int) -> Rows:
    if "interval_start" in batch.schema.names:
        start = batch.column("interval_start").cast(pa.int64()).fill_null(missing).to_numpy()
        length = batch.column("interval_s").cast(pa.int64()).fill_null(0).to_numpy()
        # An interval that cannot be costs its reading, and says nothing of when that arrived.
        is_one = (length >= 1) & (length <= LONGEST_INTERVAL_S)
        return np.asarray(start + 1000 * np.where(is_one, length, 0))
    times = batch.column("event_time").cast(pa.int64())
    if "arrival_time" in batch.schema.names:
        times = batch.column("arrival_time").cast(pa.int64()).fill_null(times)
    return np.asarray(times.fill_null(missing).to_numpy())


def _one_batch(table: pa.Table | None, schema: pa.Schema) -> pa.RecordBatch:
    if table is None or not table.num_rows:
        return pa.RecordBatch.from_arrays([pa.array([], f.type) for f in schema], schema=schema)
    return table.combine_chunks().to_batches()[0]


def _hashed(table: pa.Table | None, timezone: str) -> pa.Table | None:
    if table is None:
        return None
    hashes = hash_plates(table["plate"], table["event_time"], plate_key(), time_zone(timezone))
    columns = [hashes if name == "plate" else table[name] for name in table.column_names]
    return pa.Table.from_arrays(columns, schema=CAMERA_EVENTS)
