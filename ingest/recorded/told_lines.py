"""What people and patrols told in a recording: lines of a file as they stand, with their times."""

from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa

from ingest.datum import Datum, to_wgs84
from ingest.moments import moment_ms
from ingest.recorded.feed_error import FeedError
from ingest.user_error import reason_of

REPORTS_FILE, PATROLS_FILE = "reports.ndjson", "patrols.ndjson"


def _lines(teller: str) -> pa.Schema:
    """Give the columns of a file's lines; `teller` is the field that says who told it."""
    return pa.schema(
        [
            ("row", pa.int64()),  # of the line in its file, from 0
            ("line", pa.binary()),
            (teller, pa.string()),
            ("event_time", pa.timestamp("ms", tz="UTC")),
        ]
    )


REPORT_LINES, PATROL_LINES = _lines("source"), _lines("patrol_id")
"""Lines are checked by whoever takes them as a gateway's; a teller or time that is none is null."""


def read_told_lines(path: Path, schema: pa.Schema, datum: Datum = Datum.WGS84) -> pa.Table | None:
    """Give the lines that are not empty, in WGS-84, None where there is no file.

    Raises FeedError where the file cannot be read.
    """
    if not path.exists():
        return None
    try:
        lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines()
    except OSError as error:
        raise FeedError(path, "a file of one JSON object a line", value=reason_of(error)) from error
    teller = schema.names[2]
    rows = [
        _row(row, line.strip(), teller, datum) for row, line in enumerate(lines) if line.strip()
    ]
    return pa.Table.from_pylist(rows, schema=schema)


def _row(row: int, line: bytes, teller: str, datum: Datum) -> dict[str, object]:
    try:
        record = msgspec.json.decode(line)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        return {"row": row, "line": line, teller: None, "event_time": None}
    told_by, time = record.get(teller), moment_ms(record.get("event_time"))
    if datum is not Datum.WGS84:
        line = _shifted(line, record, datum)
    return {
        "row": row,
        "line": line,
        teller: told_by if isinstance(told_by, str) else None,
        "event_time": time if isinstance(time, int) else None,
    }


def _shifted(line: bytes, record: dict[str, object], datum: Datum) -> bytes:
    """Give the line with its position in WGS-84; one without a position stays as it is."""
    place = [record.get(name) for name in ("longitude", "latitude")]
    if not all(type(value) in (int, float) for value in place):
        return line
    given = np.array(place, np.float64)
    longitude, latitude = to_wgs84(given[:1], given[1:], datum)
    moved = {"longitude": float(longitude[0]), "latitude": float(latitude[0])}
    return msgspec.json.encode(record | moved)
