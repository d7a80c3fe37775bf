"""What says "none" or cannot be costs its field, not its row, whatever the source."""

import json
import math
from typing import Any

import pytest

from ingest.checks.camera_events import check_camera_events
from ingest.checks.fixes import check_fixes
from ingest.checks.readings import check_readings
from ingest.frames import CAMERA_EVENTS, FIXES, READINGS, FrameHeader, decode_frame, encode_frame
from ingest.raw import parse_raw
from ingest.refusals import Reason
from tests.ingest.recordings import batch, camera_event, fix, reading


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("vehicle_count", -1), ("vehicle_count", 65535),
        ("occupancy", -1.0), ("occupancy", 255.0), ("occupancy", 999.0),
        ("speed_kmh", -1.0), ("speed_kmh", 255.0), ("speed_kmh", 999.0), ("speed_kmh", 300.0),
    ],
)  # fmt: skip
def test_of_a_reading_only_the_field_is_lost(field: str, value: float) -> None:
    checked = check_readings(batch([reading("M1", 0.0, **{field: value})], READINGS), None)
    (row,) = checked.batch.to_pylist()
    assert checked.set_aside == {field: 1}
    kept = {"vehicle_count": 10.0, "occupancy": pytest.approx(0.1), "speed_kmh": 40.0}
    assert math.isnan(row[field])
    assert all(row[name] == kept[name] for name in kept if name != field)


def test_a_reading_that_says_none_of_all_it_measures_is_refused() -> None:
    none = {"vehicle_count": -1, "occupancy": -1.0, "speed_kmh": 999.0}
    checked = check_readings(batch([reading("M1", 0.0, **none)], READINGS), None)
    assert [r.reason for r in checked.refusals] == [Reason.MISSING]


@pytest.mark.parametrize("count", [999, 255, 99])
def test_a_count_that_a_station_can_reach_is_a_count(count: int) -> None:
    # 999 in a quarter of an hour are two lanes at capacity.
    rows = batch([reading("M1", 0.0, vehicle_count=count, interval_s=900)], READINGS)
    checked = check_readings(rows, None)
    assert checked.batch["vehicle_count"].to_pylist() == [count]
    assert not checked.set_aside


@pytest.mark.parametrize(("count", "interval_s"), [(255, 60), (255, 20), (999, 300), (99, 20)])
def test_a_count_that_is_rare_and_means_none_is_none(count: int, interval_s: int) -> None:
    sent = reading("M1", 0.0, vehicle_count=count, interval_s=interval_s)
    checked = check_readings(batch([sent], READINGS), None)
    assert checked.set_aside == {"vehicle_count": 1}
    # Its neighbour is a station at capacity.
    beside = reading("M1", 0.0, vehicle_count=count - 1, interval_s=interval_s)
    assert not check_readings(batch([beside], READINGS), None).set_aside


def test_another_count_that_cannot_be_refuses_its_reading() -> None:
    checked = check_readings(batch([reading("M1", 0.0, vehicle_count=-3)], READINGS), None)
    assert [(r.reason, r.field) for r in checked.refusals] == [
        (Reason.OUT_OF_RANGE, "vehicle_count")
    ]


def test_a_flow_that_says_none_is_set_aside_in_every_form() -> None:
    sent = reading("M1", 0.0, vehicle_count=None) | {"flow_veh_h": -1}
    parsed = parse_raw("magnetometer", _json(sent))
    frame = decode_frame(encode_frame(parsed.batch, FrameHeader()), READINGS)
    checked = check_readings(frame.batch, None)
    assert checked.set_aside == {"vehicle_count": 1}
    assert checked.batch["occupancy"].to_pylist() == pytest.approx([0.1])


def test_of_a_fix_only_speed_and_heading_are_lost() -> None:
    rows = [
        fix("a", 0.0, speed_kmh=-1.0),
        fix("b", 0.0, speed_kmh=900.0, heading_deg=400.0),
        fix("c", 0.0, speed_kmh=None, heading_deg=float("nan")),
        fix("d", 0.0, heading_deg=float("inf")),
    ]
    checked = check_fixes(batch(rows, FIXES))
    assert not checked.refusals
    assert checked.set_aside == {"speed_kmh": 2, "heading_deg": 2}
    speeds, headings = (checked.batch[name].to_pylist() for name in ("speed_kmh", "heading_deg"))
    assert [math.isnan(speed) for speed in speeds] == [True, True, True, False]
    assert [math.isnan(heading) for heading in headings] == [False, True, True, True]


def test_of_a_camera_event_only_speed_dwell_and_lane_are_lost() -> None:
    rows = [camera_event("k1", 0.0, speed_kmh=999.0, dwell_s=-1.0, lane=255)]
    event = batch([_without_plate(row) for row in rows], CAMERA_EVENTS)
    checked = check_camera_events(event, None)
    assert checked.set_aside == {"speed_kmh": 1, "dwell_s": 1, "lane": 1}
    (row,) = checked.batch.to_pylist()
    assert row["lane"] is None and math.isnan(row["speed_kmh"]) and math.isnan(row["dwell_s"])


def _without_plate(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "plate"}


def _json(record: dict[str, Any]) -> bytes:
    return json.dumps(record).encode()
