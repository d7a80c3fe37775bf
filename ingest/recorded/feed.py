"""A recorded feed: a folder with feed.toml and one file per source, read whole and checked."""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import numpy as np
import pyarrow as pa

from ingest.datum import Datum, to_wgs84
from ingest.detector_events import DETECTOR_EVENTS
from ingest.frames import (
    CAMERA_EVENTS,
    FIXES,
    OPTIONAL_OF_READINGS,
    READINGS,
    SENT_READINGS,
    with_counts,
)
from ingest.leads import leads_of
from ingest.recorded.assets import Assets, read_assets
from ingest.recorded.event_readings import readings_of_events
from ingest.recorded.feed_error import FeedError
from ingest.recorded.table import read_table
from ingest.recorded.told_lines import (
    PATROL_LINES,
    PATROLS_FILE,
    REPORT_LINES,
    REPORTS_FILE,
    read_told_lines,
)
from ingest.time_zone import UNKNOWN, time_zone
from ingest.units import Seconds
from ingest.user_error import reason_of

__all__ = [
    "RECORDED_CAMERA_EVENTS",
    "RECORDED_READINGS",
    "Feed",
    "FeedError",
    "Manifest",
    "datum_of",
    "open_feed",
    "timezone_of",
]


# A recording carries plates in clear; they are hashed when the feed is sliced.
RECORDED_CAMERA_EVENTS = pa.schema(
    [field.with_name("plate") if field.name == "plate_hash" else field for field in CAMERA_EVENTS]
)
# A count is of whole vehicles as long as it stands in a file.
RECORDED_READINGS = pa.schema(
    [f.with_type(pa.int32()) if f.name == "vehicle_count" else f for f in SENT_READINGS]
)
_LONGEST_DAYS = 31
"""Longest span of a recording. Unit: days. Source: chosen; a run steps through the span, and would
step through nothing for hours where a year is mistyped."""
_LONGEST_MATCHING_SET_S = 7 * 86400.0
"""A matching set states no span: arrivals further than this from their median do not stretch it.
Unit: s. Source: chosen."""


class Manifest(msgspec.Struct, frozen=True):
    """What a feed says about itself; `start` and `end` are seconds since 1970 UTC."""

    name: str
    timezone: str
    start: Seconds
    end: Seconds
    datum: Datum
    network: Path | None
    licence: str


class _FeedToml(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1)]
    format: Literal[1]
    timezone: str
    start: Annotated[datetime, msgspec.Meta(tz=True)]
    end: Annotated[datetime, msgspec.Meta(tz=True)]
    datum: Datum
    licence: str
    network: str | None = None


@dataclass(frozen=True)
class Feed:
    """A recorded feed in memory, in file order, positions in WGS-84 and times in ms UTC.

    Rows may still be bad (NaN, nulls, far away): that is for validation to refuse and count.
    A source without a file is None. Readings are those of the file, then those that per-vehicle
    detector events add up to, of which `unused_event_count` were no use; `detector_events` are None
    then, and otherwise those of the file. Camera events carry plates in clear; they leave this
    package only through `ingest.recorded.slices`, hashed. What people and patrols told
    are lines as they came.
    """

    folder: Path
    manifest: Manifest
    fixes: pa.Table | None
    readings: pa.Table | None
    camera_events: pa.Table | None
    assets: Assets
    unused_event_count: int = 0
    detector_events: pa.Table | None = None
    report_lines: pa.Table | None = None
    patrol_lines: pa.Table | None = None


def open_feed(path: Path | str, *, sums_events: bool = True) -> Feed:
    """Give the feed in the folder; a folder with gps.parquet but no feed.toml is a matching set.

    With `sums_events` detectors' events become readings, else they stay as a gateway sent them.
    Raises FeedError naming file, place in it, value and what was expected.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise FeedError(folder, "a folder with feed.toml or gps.parquet")
    has_manifest = (folder / "feed.toml").exists()
    if not has_manifest and not (folder / "gps.parquet").exists():
        raise FeedError(folder / "feed.toml", "this file, or gps.parquet for a matching set")
    manifest = _read_manifest(folder) if has_manifest else None
    datum = manifest.datum if manifest else Datum.WGS84
    fixes = read_table(folder / "gps.parquet", FIXES)
    described = manifest or _matching_set(folder, fixes)
    assets = read_assets(folder, datum)
    readings = _readings(folder / "magnetometer.parquet")
    events, unused = read_table(folder / "magnetometer_events.parquet", DETECTOR_EVENTS), 0
    if events is not None and sums_events:
        summed = readings_of_events(events, described.start, described.end, leads_of(assets))
        tables = [summed.readings] if readings is None else [readings, summed.readings]
        readings, events = pa.concat_tables(tables), None
        unused = sum(summed.unused.values())
    return Feed(
        folder=folder,
        manifest=described,
        fixes=_to_wgs84(fixes, datum),
        readings=readings,
        camera_events=read_table(folder / "camera.parquet", RECORDED_CAMERA_EVENTS),
        assets=assets,
        unused_event_count=unused,
        detector_events=events,
        report_lines=read_told_lines(folder / REPORTS_FILE, REPORT_LINES, datum),
        patrol_lines=read_told_lines(folder / PATROLS_FILE, PATROL_LINES, datum),
    )


def _readings(path: Path) -> pa.Table | None:
    recorded = read_table(path, RECORDED_READINGS, OPTIONAL_OF_READINGS)
    if recorded is None:
        return None
    batches = [with_counts(batch) for batch in recorded.to_batches()]
    return pa.Table.from_batches(batches, READINGS)


def datum_of(folder: Path) -> Datum:
    """Give the datum of a folder's positions: what its feed.toml says, WGS-84 without one.

    Raises FeedError where that file cannot be read.
    """
    return _read_manifest(folder).datum if (folder / "feed.toml").exists() else Datum.WGS84


def timezone_of(folder: Path) -> str | None:
    """Give the time zone of a folder's feed.toml, None without one.

    Raises FeedError where that file cannot be read.
    """
    return _read_manifest(folder).timezone if (folder / "feed.toml").exists() else None


def _read_manifest(folder: Path) -> Manifest:
    path = folder / "feed.toml"
    try:
        text = path.read_text(encoding="utf-8-sig")
        toml = msgspec.convert(tomllib.loads(text), _FeedToml)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FeedError(path, "a TOML file in UTF-8", value=reason_of(error)) from error
    except msgspec.ValidationError as error:
        raise FeedError(path, _FEED_TOML_KEYS, value=str(error)) from error
    try:
        time_zone(toml.timezone)
    except ValueError as error:
        raise FeedError(
            path, "a zone such as Asia/Shanghai", key="timezone", value=toml.timezone
        ) from error
    if toml.end <= toml.start:
        raise FeedError(path, f"a time after start {toml.start}", key="end", value=str(toml.end))
    if (toml.end - toml.start).days >= _LONGEST_DAYS:
        expected = f"a time within {_LONGEST_DAYS} days of start {toml.start}"
        raise FeedError(path, expected, key="end", value=str(toml.end))
    return Manifest(
        name=toml.name,
        timezone=toml.timezone,
        start=toml.start.timestamp(),
        end=toml.end.timestamp(),
        datum=toml.datum,
        network=folder / toml.network if toml.network else None,
        licence=toml.licence,
    )


_FEED_TOML_KEYS = (
    "name, format = 1, timezone, start and end (ISO 8601 with offset),"
    " datum (wgs84, gcj02 or bd09), licence, optionally network, and no other key"
)


def _matching_set(folder: Path, fixes: pa.Table | None) -> Manifest:
    """Give the manifest of a set that has only fixes: its span is that of its arrivals."""
    assert fixes is not None
    arrivals = fixes["arrival_time"].drop_null().cast(pa.int64()).to_numpy() / 1000.0
    if not len(arrivals):
        raise FeedError(folder / "gps.parquet", "at least one row", column="arrival_time")
    middle = np.median(arrivals)
    near = arrivals[np.abs(arrivals - middle) <= _LONGEST_MATCHING_SET_S]
    return Manifest(
        name=folder.resolve().name,
        timezone=UNKNOWN.key,
        start=float(near.min()),
        end=float(near.max()),
        datum=Datum.WGS84,
        network=None,
        licence="",
    )


def _to_wgs84(fixes: pa.Table | None, datum: Datum) -> pa.Table | None:
    if fixes is None or datum is Datum.WGS84:
        return fixes
    longitudes, latitudes = to_wgs84(
        fixes["longitude"].to_numpy(), fixes["latitude"].to_numpy(), datum
    )
    for name, values in (("longitude", longitudes), ("latitude", latitudes)):
        index = fixes.column_names.index(name)
        fixes = fixes.set_column(index, fixes.schema.field(name), pa.array(values))
    return fixes
