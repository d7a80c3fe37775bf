"""Whether a file of the lake is what it should be: whole, of its table's columns and its day."""

import errno
import os
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from congestion.profile_build.detector_days import DETECTOR_DAYS
from congestion.records import STATES
from congestion.reports.area_rows import AREA_MINUTES
from congestion.reports.segment_days import SEGMENT_DAYS
from congestion.stored_file import StoredFileError, column_kind, minute_bounds
from ingest.user_error import UserError, reason_of
from mapmatch.records import TRAVERSALS
from streams.lake import layout
from streams.lake.layout import SCHEMA_VERSION, TIMEZONE_KEY, VERSION_KEY, LakeTable, place_of
from streams.lake.rows import ALERT_ROWS, EVENT_ROWS

SCHEMAS = {
    layout.STATES: STATES,
    layout.TRAVERSALS: TRAVERSALS,
    layout.AREA_MINUTES: AREA_MINUTES,
    layout.ALERTS: ALERT_ROWS,
    layout.ALERT_EVENTS: EVENT_ROWS,
    layout.DETECTOR_DAYS: DETECTOR_DAYS,
    layout.SEGMENT_DAYS: SEGMENT_DAYS,
}


class UnsoundError(UserError):
    """A file of the lake that cannot be used, and why."""


def sound_metadata(file: Path, table: LakeTable) -> pq.FileMetaData:
    """Give what a file says of itself; no row is read.

    Raises UnsoundError where it is not whole, not of the table's columns, or of another version of
    their schema.
    """
    try:
        metadata = pq.read_metadata(file)
    except (OSError, pa.ArrowInvalid) as error:
        raise UnsoundError(f"not whole: {reason_of(error)}") from error
    schema, expected = metadata.schema.to_arrow_schema(), SCHEMAS[table]
    lacking = [name for name in table.key if name not in schema.names]
    if lacking:
        raise UnsoundError(f"no column {lacking[0]!r}, expected those of {table.name}")
    for name in expected.names:
        count = schema.names.count(name)
        if count > 1:
            raise UnsoundError(f"{count} columns {name!r}, expected one")
        if not count:
            continue
        found, right = (column_kind(of.field(name).type) for of in (schema, expected))
        if found not in (right, "null"):
            raise UnsoundError(f"column {name!r}: found {found}, expected {right}")
    version = (metadata.metadata or {}).get(VERSION_KEY)
    if version != str(SCHEMA_VERSION).encode():
        told = version.decode() if version else "none"
        raise UnsoundError(f"schema version {told}, expected {SCHEMA_VERSION}")
    return metadata


def plainly(error: Exception) -> str:
    """Give the reason of an error of Parquet's or DuckDB's as one short line."""
    text, full = reason_of(error).partition("\n")[0], os.strerror(errno.ENOSPC)
    return full if full in text else text


def broken_rows(file: Path) -> str | None:
    """Give what keeps a file's rows from being read, None where all of them can be."""
    try:
        with pq.ParquetFile(file) as opened:
            for _ in opened.iter_batches():
                pass
    except (OSError, pa.ArrowException) as error:
        return f"its rows cannot be read: {plainly(error)}"
    return None


def of_another_day(file: Path, table: LakeTable, metadata: pq.FileMetaData) -> str | None:
    """Give which other days a file of minutes has rows of, None where it has none."""
    place = place_of(file)
    zone = (metadata.metadata or {}).get(TIMEZONE_KEY)
    if place is None or zone is None or table not in (layout.STATES, layout.AREA_MINUTES):
        return None
    try:
        bounds = minute_bounds(metadata)
    except StoredFileError as error:
        return str(error)
    if bounds is None:
        return None
    days = {f"{datetime.fromtimestamp(at, ZoneInfo(zone.decode())):%Y-%m-%d}" for at in bounds}
    strange = sorted(days - {place.date})
    return f"rows of {' and '.join(strange)}, expected {place.date} alone" if strange else None
