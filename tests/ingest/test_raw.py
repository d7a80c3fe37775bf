"""Raw messages: strict, and one bad record refuses only itself."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.raw import KINDS, parse_raw
from ingest.refusals import Reason, Refusal
from tests.ingest.recordings import START, START_MS, camera_event, fix, reading

GOOD = fix("a", 0.0)


def _one(record: str, kind: str = "gps.taxi") -> Refusal:
    parsed = parse_raw(kind, record.encode())
    assert not parsed.batch.num_rows and len(parsed.refusals) == 1
    return parsed.refusals[0]


def _changed(**changes: Any) -> str:
    return json.dumps(GOOD | changes)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(GOOD),
        json.dumps(GOOD, indent=2),
        json.dumps([GOOD]),
        "\ufeff" + json.dumps([GOOD]),
        json.dumps(GOOD) + "\n",
        "\r\n" + json.dumps(GOOD) + "\r\n\r\n",
    ],
)
def test_an_object_an_array_and_lines_are_the_same_records(text: str) -> None:
    parsed = parse_raw("gps.taxi", text.encode())
    assert not parsed.refusals
    assert parsed.batch["vehicle_id"].to_pylist() == ["a"]
    assert parsed.batch["event_time"].cast("int64").to_pylist() == [START_MS]


def test_every_kind_of_record_is_read() -> None:
    reading_of = parse_raw("magnetometer", json.dumps(reading("M1", 0.0, speed_kmh=None)).encode())
    event = parse_raw("camera", json.dumps(camera_event("k1", 0.0)).encode())
    assert reading_of.batch["vehicle_count"].to_pylist() == [10]
    assert event.batch["kind"].to_pylist() == ["pass"]
    assert len(event.batch["plate_hash"][0].as_py()) == 16
    bus = parse_raw("gps.bus", json.dumps(GOOD | {"fleet": "bus"}).encode())
    assert bus.batch["fleet"].to_pylist() == ["bus"]


@pytest.mark.parametrize(
    "time", ["2026-09-15T23:00:00Z", "2026-09-16T07:00:00.000+08:00", START_MS]
)
def test_times_may_be_iso_8601_with_offset_or_milliseconds(time: str | int) -> None:
    parsed = parse_raw("gps.taxi", _changed(event_time=time).encode())
    assert parsed.batch["event_time"][0].as_py() == START


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        (START_MS // 1000, Reason.WRONG_TIME_UNIT),
        (START_MS * 1000, Reason.WRONG_TIME_UNIT),
        (START_MS * 1_000_000, Reason.WRONG_TIME_UNIT),
        (START_MS * 1000.0, Reason.WRONG_TYPE),
        ("2026-09-15T23:00:00", Reason.BAD_TIME),
        ("yesterday", Reason.BAD_TIME),
        ("0001-01-01T00:00:00+14:00", Reason.BAD_TIME),
        (10**30, Reason.BAD_TIME),
        (0, Reason.BAD_TIME),
        (None, Reason.MISSING),
        (True, Reason.WRONG_TYPE),
    ],
)
def test_a_time_in_another_unit_or_without_offset_is_refused(time: Any, reason: Reason) -> None:
    refusal = _one(_changed(event_time=time))
    assert (refusal.reason, refusal.field) == (reason, "event_time")


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"longitude": "121.48"}, Reason.WRONG_TYPE, "longitude"),
        ({"longitude": [121.48]}, Reason.WRONG_TYPE, "longitude"),
        ({"speed_kmh": False}, Reason.WRONG_TYPE, "speed_kmh"),
        ({"vehicle_id": 7}, Reason.WRONG_TYPE, "vehicle_id"),
        ({"vehicle_id": None}, Reason.MISSING, "vehicle_id"),
        ({"fleet": "bus"}, Reason.UNKNOWN_FLEET, "fleet"),
    ],
)
def test_a_field_of_another_type_is_refused_and_named(
    changes: dict[str, Any], reason: Reason, field: str
) -> None:
    refusal = _one(_changed(**changes))
    assert (refusal.reason, refusal.field, refusal.position) == (reason, field, 0)


def test_the_refusal_says_what_stood_there_and_what_should() -> None:
    text = str(_one(_changed(longitude="121.48")))
    assert text == "gps.taxi 0, longitude: wrong_type: found '121.48', expected a number"


def test_a_key_given_twice_is_refused_even_if_the_values_agree() -> None:
    text = json.dumps(GOOD)[:-1] + ', "latitude": 31.22}'
    assert _one(text).reason == Reason.DUPLICATE_KEY
    tricky = json.dumps(GOOD | {"vehicle_id": 'a\\":"b" , "c":'})
    assert not parse_raw("gps.taxi", tricky.encode()).refusals


def test_what_a_gateway_adds_is_ignored_and_named() -> None:
    extra = {"speed": 3, "line": {"latitude": 1, "stops": [{"latitude": 2}]}}
    parsed = parse_raw("gps.taxi", json.dumps(GOOD | extra).encode())
    assert parsed.refusals == []
    assert parsed.batch.num_rows == 1
    assert parsed.ignored_fields == {"speed", "line"}
    twice = json.dumps(GOOD | extra)[:-1] + ', "latitude": 31.22}'
    refusal = _one(twice)
    assert (refusal.reason, refusal.field) == (Reason.DUPLICATE_KEY, "latitude")


@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 5000])
def test_a_number_too_large_for_a_float_refuses_its_record_only(number: str) -> None:
    bad = json.dumps(GOOD).replace("121.48", number)
    parsed = parse_raw("gps.taxi", f"[{json.dumps(GOOD)},{bad},{json.dumps(GOOD)}]".encode())
    assert [(r.position, r.reason) for r in parsed.refusals] == [(1, Reason.OUT_OF_RANGE)]
    assert parsed.positions == (0, 2)


def test_a_whole_number_may_be_written_with_a_point() -> None:
    record = reading("M1", 0.0, vehicle_count=11.0, interval_s=60.0)
    parsed = parse_raw("magnetometer", json.dumps(record).encode())
    assert parsed.batch["vehicle_count"].to_pylist() == [11.0]
    assert parsed.batch["interval_s"].to_pylist() == [60]
    refusal = _one(json.dumps(reading("M1", 0.0, vehicle_count=11.5)), "magnetometer")
    assert (refusal.reason, refusal.field) == (Reason.WRONG_TYPE, "vehicle_count")


def test_a_flow_an_hour_stands_where_there_is_no_count() -> None:
    # 90 vehicles an hour are one and a half in 60 s and 7.5 in 300 s; a count given is the count.
    flow = reading("M1", 0.0, vehicle_count=None) | {"flow_veh_h": 90}
    sent = [flow, flow | {"interval_s": 300}, flow | {"vehicle_count": 2}]
    parsed = parse_raw("magnetometer", json.dumps(sent).encode())
    assert not parsed.refusals and not parsed.ignored_fields
    assert parsed.batch["vehicle_count"].to_pylist() == [1.5, 7.5, 2.0]


def test_a_reading_of_speed_alone_is_one_and_of_nothing_is_none() -> None:
    nothing = reading("M1", 0.0, vehicle_count=None, occupancy=None, speed_kmh=None)
    parsed = parse_raw("magnetometer", json.dumps(nothing | {"speed_kmh": 40.0}).encode())
    assert not parsed.refusals
    assert str(parsed.batch["vehicle_count"].to_pylist()) == "[nan]"
    refusal = _one(json.dumps(nothing), "magnetometer")
    assert refusal.reason == Reason.MISSING
    assert "at least one of vehicle_count, occupancy, speed_kmh" in str(refusal)


@pytest.mark.parametrize("number", [2**31, -(2**40), 1.5, 10**18])
def test_a_count_that_does_not_fit_is_refused(number: float) -> None:
    refusal = _one(json.dumps(reading("M1", 0.0, vehicle_count=number)), "magnetometer")
    assert refusal.field == "vehicle_count"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" \n",
        b"{",
        b"[1,",
        b"null",
        b"7",
        b'"text"',
        b"\xff\xfe{}",
        b'{"longitude": NaN}',
        b'[{"longitude": Infinity}]',
        b"{}{}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[]\n[]",
        b'{"vehicle_id": "\\ud800"}',
    ],
)
def test_a_message_that_is_not_json_is_refused_whole(data: bytes) -> None:
    parsed = parse_raw("gps.taxi", data)
    assert not parsed.batch.num_rows
    assert [(r.position, r.reason) for r in parsed.refusals] == [(None, Reason.INVALID_JSON)]


def test_a_bad_line_refuses_itself_and_the_other_lines_are_used() -> None:
    lines = [json.dumps(GOOD), '{"vehicle_id": ', json.dumps(GOOD), "7"]
    parsed = parse_raw("gps.taxi", "\n".join(lines).encode())
    assert parsed.batch.num_rows == 2
    assert [(r.position, r.reason) for r in parsed.refusals] == [
        (1, Reason.INVALID_JSON),
        (3, Reason.NOT_A_RECORD),
    ]


def test_a_message_of_50_mb_is_refused_whole() -> None:
    parsed = parse_raw("gps.taxi", b"[" + b" " * 50_000_000 + b"]")
    assert [r.reason for r in parsed.refusals] == [Reason.TOO_LARGE]
    assert "50000002 bytes" in str(parsed.refusals[0])


def test_a_fix_without_arrival_arrives_when_it_was_made() -> None:
    text = json.dumps({k: v for k, v in GOOD.items() if k != "arrival_time"}).encode()
    batch = parse_raw("gps.taxi", text).batch
    assert batch["arrival_time"].to_pylist() == batch["event_time"].to_pylist()


def test_a_plate_of_the_wrong_type_is_not_shown() -> None:
    refusal = _one(json.dumps(camera_event("k1", 0.0, plate=["闽A12345"])), "camera")
    assert refusal.field == "plate" and "A12345" not in str(refusal)


def test_an_unknown_kind_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match=r"gps\.tram"):
        parse_raw("gps.tram", b"{}")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*GOOD, "plate", "x"]), inner, max_size=9)
    ),
    max_leaves=20,
)


@settings(max_examples=300)
@given(kind=st.sampled_from(KINDS), value=st.lists(_JSON | st.just(GOOD), max_size=6))
def test_records_in_are_rows_and_refusals_whatever_the_json(kind: str, value: list[Any]) -> None:
    parsed = parse_raw(kind, json.dumps(value).encode())
    if parsed.refusals and parsed.refusals[0].position is None:
        assert len(parsed.refusals) == 1 and not parsed.batch.num_rows
    else:
        assert parsed.batch.num_rows + len(parsed.refusals) == len(value)
        assert len(parsed.positions) == parsed.batch.num_rows


@settings(max_examples=300)
@given(kind=st.sampled_from(KINDS), data=st.binary(max_size=200))
def test_bytes_of_any_kind_are_answered(kind: str, data: bytes) -> None:
    parsed = parse_raw(kind, data)
    assert parsed.batch.num_rows + len(parsed.refusals) >= 1 or data.strip() == b"[]"
