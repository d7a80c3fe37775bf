"""What the messages of each topic are in the lake: the tables that they fill, and their rows."""

import logging
from collections.abc import Callable, Iterable
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from congestion.records import STATES
from congestion.reports.area_rows import area_rows
from congestion.reports.local_time import day_of, labelled
from incidents.case_records import CaseEvent
from incidents.records import Alert, seconds
from ingest.frames import FrameError, decode_frame
from ingest.kernels.arrays import Int64s
from mapmatch.network import Network
from mapmatch.records import TRAVERSALS
from streams import topics
from streams.lake import layout
from streams.lake.layout import LakeTable, Place
from streams.no_json import NO_JSON

log = logging.getLogger(__name__)

ALERT_ROWS = pa.schema(
    [
        ("alert_id", pa.string()),
        ("version", pa.int32()),
        ("event_time", pa.string()),
        ("segment_id", pa.string()),
        ("state", pa.string()),
        ("kind", pa.string()),
        ("cause", pa.string()),
        ("severity", pa.int8()),
        ("json", pa.string()),
    ]
)
"""One row an alert version, whole in `json`."""
EVENT_ROWS = pa.schema(
    [
        ("alert_id", pa.string()),
        ("version", pa.int32()),
        ("time", pa.timestamp("ms", tz="UTC")),
        ("segment_id", pa.string()),
        ("actor", pa.string()),
        ("action", pa.string()),
        ("reason", pa.string()),
        ("unit", pa.string()),
        ("patrol_id", pa.string()),
        ("comment", pa.string()),
        ("json", pa.string()),
    ]
)
"""One row a change of an alert's life: the version that it made, who, what and why."""


def read_rows(topic: str, value: bytes) -> pa.Table | None:
    """Give a message's rows; one that cannot be read is already a dead letter of its stage."""
    readers: dict[str, Callable[[bytes], pa.Table]] = {
        topics.STATES: lambda data: pa.Table.from_batches([decode_frame(data, STATES).batch]),
        topics.TRAVERSALS: lambda data: pa.Table.from_batches(
            [decode_frame(data, TRAVERSALS).batch]
        ),
        topics.ALERTS: _alert_rows,
    }
    try:
        rows = readers[topic](value)
        return rows if rows.num_rows else None  # a tick between minutes has none
    except (FrameError, *NO_JSON) as error:
        log.warning("%s: a message was not stored: %s", topic, error)
        return None


def _alert_rows(value: bytes) -> pa.Table:
    alert = msgspec.json.decode(value, type=Alert)
    row = {name: getattr(alert, name) for name in ALERT_ROWS.names if name != "json"}
    return pa.Table.from_pylist([{**row, "json": value.decode()}], schema=ALERT_ROWS)


def tables_of(topic: str, rows: pa.Table, network: Network) -> list[tuple[LakeTable, pa.Table]]:
    """Give the tables that a block's rows fill."""
    if topic == topics.STATES:
        return [(layout.STATES, rows), (layout.AREA_MINUTES, area_rows(network, rows))]
    if topic == topics.ALERTS:
        return [(layout.ALERTS, rows), (layout.ALERT_EVENTS, _events(rows))]
    return [(layout.TRAVERSALS, rows)]


def _events(alerts: pa.Table) -> pa.Table:
    """Give the change that made each version; the ones before it came with theirs."""
    rows = []
    for line in alerts["json"].to_pylist():
        alert = msgspec.json.decode(line, type=Alert)
        event = next((e for e in reversed(alert.log) if e.version == alert.version), None)
        if event is not None:
            rows.append(_event_row(alert, event))
    return pa.Table.from_pylist(rows, schema=EVENT_ROWS)


def _event_row(alert: Alert, event: CaseEvent) -> dict[str, object]:
    return {
        "alert_id": alert.alert_id,
        "version": alert.version,
        "time": round(seconds(event.time) * 1000),
        "segment_id": alert.segment_id,
        "actor": event.actor,
        "action": event.action,
        "reason": event.reason,
        "unit": event.unit,
        "patrol_id": event.patrol.id if event.patrol else None,
        "comment": event.comment,
        "json": msgspec.json.encode(event).decode(),
    }


def by_place(
    table: LakeTable, rows: pa.Table, network: Network, zone: ZoneInfo
) -> Iterable[tuple[Place, pa.Table]]:
    """Give the rows of each local day and region, in their order.

    Rows of segments that the network has not go to the first region.
    """
    if not rows.num_rows:
        return
    dates, day = labelled(_seconds(rows[table.time]), zone, day_of)
    regions, at = np.unique(_regions(table, rows, network), return_inverse=True)
    for key in np.unique(day * len(regions) + at).tolist():
        number, region = divmod(key, len(regions))
        chosen = pa.array((day == number) & (at == region))
        yield Place(network.name, dates[number], int(regions[region])), rows.filter(chosen)


def _seconds(times: pa.ChunkedArray) -> Int64s:
    if pa.types.is_string(times.type):
        return np.array([int(seconds(text)) for text in times.to_pylist()], np.int64)
    return times.cast(pa.timestamp("ms", tz="UTC")).cast(pa.int64()).to_numpy() // 1000


def _regions(table: LakeTable, rows: pa.Table, network: Network) -> Int64s:
    if table is layout.AREA_MINUTES:
        return rows["area"].cast(pa.int64()).to_numpy()
    ids = pa.array(network.segment_ids, pa.string())
    place = pc.index_in(rows["segment_id"], value_set=ids).fill_null(-1).to_numpy()
    return np.where(place < 0, 0, network.region[place]).astype(np.int64)
