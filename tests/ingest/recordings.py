"""Small recordings that tests write to disk: a table per source and a feed.toml."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.datum import Degrees, gcj02_to_bd09, wgs84_to_gcj02
from ingest.frames import FIXES
from ingest.recorded.feed import RECORDED_CAMERA_EVENTS, RECORDED_READINGS

START = datetime(2026, 9, 15, 23, 0, tzinfo=UTC)
START_MS = int(START.timestamp() * 1000)

FEED_TOML = """\
name = "drawn"
format = 1
timezone = "Asia/Shanghai"
start = "2026-09-15T23:00:00+00:00"
end = "2026-09-15T23:01:00+00:00"
datum = "wgs84"
licence = "none"
"""


def fix(vehicle: str | None, second: float | None, **changes: Any) -> dict[str, Any]:
    """Give a good fix at a second after START, arriving a second later, with the changes made."""
    row: dict[str, Any] = {
        "vehicle_id": vehicle,
        "fleet": "taxi",
        "event_time": None if second is None else START_MS + round(1000 * second),
        "arrival_time": None if second is None else START_MS + round(1000 * second) + 1000,
        "longitude": 121.48,
        "latitude": 31.22,
        "speed_kmh": 36.0,
        "heading_deg": 90.0,
    }
    return row | changes


def reading(detector: str | None, second: float, **changes: Any) -> dict[str, Any]:
    """Give a good 60 s reading that starts at a second after START, with the changes made."""
    row: dict[str, Any] = {
        "detector_id": detector,
        "interval_start": START_MS + round(1000 * second),
        "interval_s": 60,
        "vehicle_count": 10,
        "occupancy": 0.1,
        "speed_kmh": 40.0,
    }
    return row | changes


def camera_event(camera: str | None, second: float, **changes: Any) -> dict[str, Any]:
    """Give a good pass at a second after START, with the changes made."""
    row: dict[str, Any] = {
        "camera_id": camera,
        "approach_id": f"{camera}:1",
        "event_time": START_MS + round(1000 * second),
        "kind": "pass",
        "lane": 0,
        "plate": "闽A12345",
        "speed_kmh": 30.0,
        "dwell_s": 0.5,
    }
    return row | changes


def batch(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.RecordBatch:
    """Give the rows as one batch of the schema."""
    return pa.RecordBatch.from_pylist(rows, schema=schema)


def write_feed(
    folder: Path,
    *,
    toml: str | None = FEED_TOML,
    fixes: list[dict[str, Any]] | None = None,
    readings: list[dict[str, Any]] | None = None,
    camera_events: list[dict[str, Any]] | None = None,
) -> Path:
    """Write a feed folder and give it."""
    folder.mkdir(parents=True, exist_ok=True)
    if toml is not None:
        (folder / "feed.toml").write_text(toml, encoding="utf-8")
    for name, rows, schema in (
        ("gps", fixes, FIXES),
        ("magnetometer", readings, RECORDED_READINGS),
        ("camera", camera_events, RECORDED_CAMERA_EVENTS),
    ):
        if rows is not None:
            pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / f"{name}.parquet")
    return folder


def wgs84_to_bd09(longitude: Degrees, latitude: Degrees) -> tuple[Degrees, Degrees]:
    """Give BD-09 of WGS-84 points (deg)."""
    return gcj02_to_bd09(*wgs84_to_gcj02(longitude, latitude))
