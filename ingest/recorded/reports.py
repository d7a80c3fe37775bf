"""The reports of a recording: the lines of reports.ndjson, each as it stands, with its time."""

from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa

from ingest.datum import Datum, to_wgs84
from ingest.moments import moment_ms
from ingest.recorded.feed_error import FeedError
from ingest.user_error import reason_of

REPORTS_FILE = "reports.ndjson"
REPORT_LINES = pa.schema(
    [
        ("row", pa.int64()),  # of the line in its file, from 0
        ("line", pa.binary()),
        ("source", pa.string()),
        ("event_time", pa.timestamp("ms", tz="UTC")),
    ]
)
"""Lines are checked by whoever takes them as a gateway's; a source or time that is none is null."""


def read_report_lines(path: Path, datum: Datum = Datum.WGS84) -> pa.Table | None:
    """Give the lines that are not empty, in WGS-84, None where there is no file.

    Raises FeedError where the file cannot be read.
    """
    if not path.exists():
        return None
    try:
        lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines()
    except OSError as error:
        raise FeedError(path, "a file of one JSON object a line", value=reason_of(error)) from error
    rows = [_row(row, line.strip(), datum) for row, line in enumerate(lines) if line.strip()]
    return pa.Table.from_pylist(rows, schema=REPORT_LINES)


def _row(row: int, line: bytes, datum: Datum) -> dict[str, object]:
    try:
        record = msgspec.json.decode(line)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        return {"row": row, "line": line, "source": None, "event_time": None}
    source, time = record.get("source"), moment_ms(record.get("event_time"))
    if datum is not Datum.WGS84:
        line = _shifted(line, record, datum)
    return {
        "row": row,
        "line": line,
        "source": source if isinstance(source, str) else None,
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
