"""From when to when a run and a recording reach: a run is scored against its own recording only."""

import tomllib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pyarrow.compute as pc
import pyarrow.parquet as pq

from incidents.records import Alert, seconds
from ingest.units import MINUTE_S, Seconds


class Span(NamedTuple):
    """A stretch of event time; both ends belong to it."""

    start: Seconds
    end: Seconds

    def overlaps(self, other: "Span") -> bool:
        """Tell whether the two share a moment."""
        return self.start <= other.end and other.start <= self.end


def iso_seconds(time: Seconds) -> str:
    """Give a time as people read it: ISO 8601 UTC, whole seconds."""
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def around(spans: Iterable[Span | None]) -> Span | None:
    """Give the span from the earliest start to the latest end, None where there is none."""
    known = [span for span in spans if span is not None]
    if not known:
        return None
    return Span(min(span.start for span in known), max(span.end for span in known))


def span_of_feed(manifest: Path) -> Span:
    """Give what a feed.toml says of its recording.

    Raises ValueError where it ends before it starts, KeyError where it names no start or end.
    """
    content = tomllib.loads(manifest.read_text(encoding="utf-8"))
    start, end = (datetime.fromisoformat(str(content[name])) for name in ("start", "end"))
    if end <= start:
        raise ValueError(f"end {end} is not after start {start}")
    return Span(start.timestamp(), end.timestamp())


def span_of_rows(path: Path, column: str, length_s: Seconds = 0.0) -> Span | None:
    """Give the span of a Parquet file's rows, each of which lasts so long; None without rows."""
    times = pq.read_table(path, columns=[column])[column]
    bounds = pc.min_max(times).as_py()
    if bounds["min"] is None:
        return None
    return Span(bounds["min"].timestamp(), bounds["max"].timestamp() + length_s)


def span_of_states(path: Path) -> Span | None:
    """Give the span of the minutes that a file of segment states holds, None without rows."""
    return span_of_rows(path, "interval_start", MINUTE_S)


def span_of_alerts(alerts: Sequence[Alert]) -> Span | None:
    """Give the span from the first onset to the last version, None without alerts."""
    return around(Span(seconds(alert.onset_time), seconds(alert.event_time)) for alert in alerts)
