"""A span of a recorded feed, with its truth, as a feed of its own."""

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ingest.recorded.feed import Manifest, open_feed
from ingest.recorded.feed_error import FeedError
from ingest.recorded.schedule import SCHEDULE_FILE
from ingest.recorded.told_lines import (
    PATROL_LINES,
    PATROLS_FILE,
    REPORT_LINES,
    REPORTS_FILE,
    read_told_lines,
)
from ingest.units import Seconds

Mask = NDArray[np.bool_]


class CutReport(msgspec.Struct, frozen=True):
    """How many rows of each file lie in a cut."""

    row_counts: dict[str, int]


def cut_feed(
    feed_dir: Path,
    out_dir: Path,
    start: Seconds,
    end: Seconds,
    *,
    name: str | None = None,
    network: str | None = None,
) -> CutReport:
    """Write the part of a feed that arrives in [start, end) to a new folder.

    A reading is inside where its whole interval is. Truth is cut with it: true fixes row
    for row, routes by exit_time, minutes by interval_start, incidents that overlap the span with
    their own times. Assets are copied. `network` is written as it stands to the new feed.toml; by
    default it is the old network as a path relative to the new folder.

    Raises FeedError where the feed cannot be read, the span misses it, or the folder has files.
    """
    feed = open_feed(feed_dir)
    manifest = feed.manifest
    if not (start < end and start < manifest.end and end > manifest.start):
        span = f"{_iso(manifest.start)} to {_iso(manifest.end)}"
        raise FeedError(feed_dir, f"a span inside {span}", value=f"{_iso(start)} to {_iso(end)}")
    if out_dir.exists() and any(out_dir.iterdir()):
        raise FeedError(out_dir, "a folder that is absent or empty")
    out_dir.mkdir(parents=True, exist_ok=True)
    if network is None and manifest.network is not None:
        network = os.path.relpath(manifest.network, out_dir)
    row_counts: dict[str, int] = {}
    for file in ("gps", "magnetometer", "magnetometer_events", "camera"):
        path = feed_dir / f"{file}.parquet"
        if path.exists():
            table = pq.read_table(path)
            row_counts[path.name] = _write(
                table, _is_inside(table, start, end), out_dir / path.name
            )
    for file, schema in ((REPORTS_FILE, REPORT_LINES), (PATROLS_FILE, PATROL_LINES)):
        if (lines := read_told_lines(feed_dir / file, schema)) is not None:
            kept = lines.filter(pa.array(_is_inside(lines, start, end)))
            text = b"".join(line + b"\n" for line in kept["line"].to_pylist())
            (out_dir / file).write_bytes(text)
            row_counts[file] = kept.num_rows
    for file in ("detectors.csv", "cameras.csv", "bus_stops.csv", "bus_lines.geojson",
                 SCHEDULE_FILE):  # fmt: skip
        if (feed_dir / file).exists():
            shutil.copyfile(feed_dir / file, out_dir / file)
    if (feed_dir / "truth").is_dir():
        row_counts |= _cut_truth(feed_dir, out_dir / "truth", start, end)
    _write_manifest(out_dir / "feed.toml", manifest, name or manifest.name, start, end, network)
    return CutReport(row_counts)


def _cut_truth(feed_dir: Path, out_dir: Path, start: float, end: float) -> dict[str, int]:
    out_dir.mkdir()
    row_counts: dict[str, int] = {}
    for path in sorted((feed_dir / "truth").iterdir()):
        out = out_dir / path.name
        if path.name == "fixes.parquet":
            inside = _is_inside(pq.read_table(feed_dir / "gps.parquet"), start, end)
            row_counts[f"truth/{path.name}"] = _write(pq.read_table(path), inside, out)
        elif path.suffix == ".parquet":
            table = pq.read_table(path)
            row_counts[f"truth/{path.name}"] = _write(table, _is_inside(table, start, end), out)
        elif path.name == "incidents.json":
            incidents = [
                incident
                for incident in json.loads(path.read_text(encoding="utf-8"))
                if _seconds(incident["start"]) < end and _seconds(incident["end"]) > start
            ]
            text = json.dumps(incidents, ensure_ascii=False, indent=1)
            out.write_text(text + "\n", encoding="utf-8")
            row_counts[f"truth/{path.name}"] = len(incidents)
        else:
            shutil.copyfile(path, out)
    return row_counts


def _is_inside(table: pa.Table, start: float, end: float) -> Mask:
    names = table.column_names
    if "arrival_time" in names:
        times = _times(table, "arrival_time")
    elif "interval_start" in names:
        length = table["interval_s"].to_numpy() if "interval_s" in names else 60
        times = _times(table, "interval_start")
        return np.asarray((times >= start) & (times + length <= end))
    else:
        times = _times(table, "exit_time" if "exit_time" in names else "event_time")
    return np.asarray((times >= start) & (times < end))


def _times(table: pa.Table, column: str) -> NDArray[np.float64]:
    milliseconds = pc.cast(table[column], pa.timestamp("ms", tz="UTC"), safe=False)
    return np.asarray(milliseconds.cast(pa.int64()).to_numpy() / 1000.0)


def _write(table: pa.Table, inside: Mask, path: Path) -> int:
    part = table.filter(pa.array(inside))
    pq.write_table(part, path, compression="zstd", compression_level=19)
    return part.num_rows


def _write_manifest(
    path: Path, manifest: Manifest, name: str, start: float, end: float, network: str | None
) -> None:
    keys = {
        "name": name,
        "format": 1,
        "timezone": manifest.timezone,
        "start": _iso(start),
        "end": _iso(end),
        "datum": manifest.datum.value,
        "network": network,
        "licence": manifest.licence,
    }
    # A JSON string is a TOML basic string.
    lines = [
        f"{key} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in keys.items()
        if value is not None
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
