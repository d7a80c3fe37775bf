"""What a person reported of the road: one record, and a batch of them as columns."""

import msgspec
import pyarrow as pa

from ingest.units import Degrees, Seconds

REPORTS = pa.schema(
    [
        ("report_id", pa.string()),
        ("source", pa.string()),  # who passed it on: calls, police log, an app, or one person
        ("event_time", pa.timestamp("ms", tz="UTC")),
        ("longitude", pa.float64()),
        ("latitude", pa.float64()),
        ("kind", pa.string()),
        ("text", pa.string()),  # may hold names and plates, so nothing passes it on
    ]
)


class Report(msgspec.Struct, frozen=True):
    """One report past its checks, without its text; the position is WGS-84."""

    report_id: str
    source: str
    event_time: Seconds
    longitude: Degrees
    latitude: Degrees
    kind: str


def reports_of(batch: pa.RecordBatch) -> list[Report]:
    """Give the rows of a batch of REPORTS."""
    times = batch.column("event_time").cast(pa.int64()).to_pylist()
    names = ("report_id", "source", "longitude", "latitude", "kind")
    rows = zip(*(batch.column(name).to_pylist() for name in names), times, strict=True)
    return [
        Report(report_id, source, time / 1000.0, longitude, latitude, kind)
        for report_id, source, longitude, latitude, kind, time in rows
    ]
