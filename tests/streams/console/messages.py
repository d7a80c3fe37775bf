"""Messages as the stages send them to the console, made by hand for tests."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import pyarrow as pa

from congestion.records import STATES
from incidents.records import Alert, Evidence
from ingest.frames import FrameHeader, encode_frame
from streams.stages.counts import StageCounts

MINUTE = 1_789_513_200.0  # 2026-09-15 23:00:00 UTC, 07:00 in Shanghai


def states_frame(minute: float, rows: Mapping[str, Mapping[str, Any]], region: int = 0) -> bytes:
    """Give a region's minute; each row is a segment id and what is known of it."""
    records = [
        {
            "interval_start": round(minute * 1000),
            "interval_s": 60,
            "segment_id": segment_id,
            "speed_kmh": 30.0,
            "free_flow_kmh": 40.0,
            "level": 1,
            "probe_count": 3,
            "detector_count": 0,
            "quality": "observed",
            "queue_length_m": 0.0,
            **row,
        }
        for segment_id, row in rows.items()
    ]
    columns = [
        pa.array([record.get(field.name) for record in records], type=field.type)
        for field in STATES
    ]
    payload = json.dumps({"region": region, "minute": minute, "sightings": []}).encode()
    header = FrameHeader(channel=f"estimate/{region}", payload=msgspec.Raw(payload))
    return encode_frame(pa.RecordBatch.from_arrays(columns, schema=STATES), header)


def alert(alert_id: str, segment_id: str, **changes: Any) -> bytes:
    """Give an alert version as it lies on the topic."""
    plain = Alert(
        alert_id=alert_id,
        version=1,
        state="open",
        kind="incident",
        event_time=iso(MINUTE + 90),
        onset_time=iso(MINUTE),
        segment_id=segment_id,
        offset_m=10.0,
        longitude=121.47,
        latitude=31.22,
        gcj02_longitude=121.4745,
        gcj02_latitude=31.2179,
        road_name="复兴中路",
        cause="incident",
        cause_probability=0.8,
        evidence=[Evidence("probe", "Taxi standing for 142 s", iso(MINUTE + 60), 0.6)],
        queue_segment_ids=[],
        queue_length_m=240.0,
        delay_veh_h=3.2,
        severity=3,
    )
    return msgspec.json.encode(msgspec.structs.replace(plain, **changes))


def counts(source: str, watermark: float | None, rows_in: int, **more: Any) -> bytes:
    """Give a stage's counts as they lie on the topic."""
    refused = more.pop("refused", {})
    if source == "fixes" and "fleet_rows_in" not in more:
        more["fleet_rows_in"] = {"taxi": rows_in}
        more["fleet_rows_used"] = {"taxi": rows_in - sum(refused.values())}
    record = StageCounts(
        stage=more.pop("stage", "match"),
        partition=more.pop("partition", 0),
        source=source,
        watermark=watermark,
        rows_in=rows_in,
        rows_used=rows_in - sum(refused.values()),
        refused=refused,
        **more,
    )
    return msgspec.json.encode(record)


def iso(seconds: float) -> str:
    """Give a time as alerts carry it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
