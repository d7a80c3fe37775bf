"""Per-vehicle on and off events of detectors, added up to readings."""

from typing import Annotated, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.frames import READINGS

Seconds = Annotated[float, "s"]
Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

DETECTOR_EVENTS = pa.schema(
    [
        ("detector_id", pa.string()),
        ("event_time", pa.timestamp("ms", tz="UTC")),
        ("is_on", pa.bool_()),  # a vehicle came onto the detector, or left it
    ]
)
INTERVAL_S = 60
_INTERVAL_MS = 1000 * INTERVAL_S


class Summed(NamedTuple):
    """Readings, one a detector and minute from its first event on, and events not used for them.

    Not used are those without detector, time or kind, outside the span, repeats, and every off
    without an on before it or on without an off before the next on, but for the count of the on.
    """

    readings: pa.Table
    unused_count: int


def readings_of_events(events: pa.Table, start: Seconds, end: Seconds) -> Summed:
    """Give the readings of the minutes between start and end (s since 1970 UTC) that are whole.

    A vehicle counts in the minute it came; the detector is occupied from each on to its off, or,
    the last one, to the end. The order of rows does not matter. No speed is told.
    """
    code, time, is_on, names = _usable(events, start, end)
    unused = events.num_rows - len(code)
    order = np.lexsort((is_on, time, code))
    code, time, is_on = code[order], time[order], is_on[order]
    same = code[1:] == code[:-1]
    is_repeat = np.r_[False, same & (is_on[1:] == is_on[:-1]) & (time[1:] == time[:-1])]
    code, time, is_on = code[~is_repeat], time[~is_repeat], is_on[~is_repeat]
    last = np.r_[code[1:] != code[:-1], True][: len(code)]
    next_is_off = np.r_[(code[1:] == code[:-1]) & ~is_on[1:], False][: len(code)]
    before_is_on = np.r_[False, (code[1:] == code[:-1]) & is_on[:-1]][: len(code)]
    is_unpaired = (is_on & ~next_is_off & ~last) | (~is_on & ~before_is_on)
    unused += int(is_repeat.sum()) + int(is_unpaired.sum())
    first, stop = int(start * 1000) // _INTERVAL_MS, int(end * 1000) // _INTERVAL_MS
    minutes = stop - first
    counts = np.zeros((len(names), max(minutes, 0)))
    held_ms = np.zeros_like(counts)
    minute = time // _INTERVAL_MS - first
    counted = is_on & (minute < minutes)
    np.add.at(counts, (code[counted], minute[counted]), 1.0)
    held = np.flatnonzero(is_on & (next_is_off | last))
    until = np.where(last[held], stop * _INTERVAL_MS, np.r_[time[1:], 0][held])
    _hold(held_ms, code[held], time[held] - first * _INTERVAL_MS, until - first * _INTERVAL_MS)
    begun = np.full(len(names), minutes)
    np.minimum.at(begun, code, minute)
    return Summed(_readings(names, begun, first, counts, held_ms), unused)


def _usable(events: pa.Table, start: Seconds, end: Seconds) -> tuple[Rows, Rows, Flags, list[str]]:
    whole = events.drop_null().combine_chunks()
    time = whole["event_time"].cast(pa.int64()).to_numpy()
    inside = (time >= int(start * 1000) // _INTERVAL_MS * _INTERVAL_MS) & (time < end * 1000)
    ids = whole["detector_id"].combine_chunks().dictionary_encode()
    is_on = whole["is_on"].to_numpy(zero_copy_only=False).astype(np.bool_)
    code = ids.indices.to_numpy().astype(np.int64)
    return code[inside], time[inside], is_on[inside], ids.dictionary.to_pylist()


def _hold(held_ms: npt.NDArray[np.float64], code: Rows, on_ms: Rows, off_ms: Rows) -> None:
    """Add, in place, to each minute of a detector how long it was held between on and off."""
    minutes = held_ms.shape[1]
    first, last = on_ms // _INTERVAL_MS, np.maximum(off_ms - 1, on_ms) // _INTERVAL_MS
    spans = last - first + 1
    row = np.repeat(np.arange(len(code)), spans)
    minute = np.arange(len(row)) - np.repeat(np.cumsum(spans) - spans, spans) + first[row]
    start = np.maximum(on_ms[row], minute * _INTERVAL_MS)
    stop = np.minimum(off_ms[row], (minute + 1) * _INTERVAL_MS)
    inside = minute < minutes
    np.add.at(held_ms, (code[row][inside], minute[inside]), (stop - start)[inside])


def _readings(
    names: list[str],
    begun: Rows,
    first: int,
    counts: npt.NDArray[np.float64],
    held_ms: npt.NDArray[np.float64],
) -> pa.Table:
    minutes = counts.shape[1]
    minute, code = np.nonzero(np.arange(minutes)[:, None] >= begun[None, :])
    columns = [
        pa.array(names, pa.string()).take(pa.array(code)),
        pa.array((minute + first) * _INTERVAL_MS).cast(READINGS.field("interval_start").type),
        pa.array(np.full(len(code), INTERVAL_S, np.int32)),
        pa.array(counts[code, minute].astype(np.int32)),
        pa.array((held_ms[code, minute] / _INTERVAL_MS).astype(np.float32)),
        pa.array(np.full(len(code), np.nan, np.float32)),
    ]
    return pa.Table.from_arrays(columns, schema=READINGS)
