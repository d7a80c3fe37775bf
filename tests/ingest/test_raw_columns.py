"""Plain messages are read column by column, and everything comes out as record by record."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import raw
from ingest.raw import Parsed, parse_raw
from ingest.raw_columns import COLUMN_SCHEMAS, read_columns
from tests.ingest.recordings import START_MS, fix, reading

FIX, READING = fix("a", 0.0), reading("M1", 0.0, speed_kmh=None)
TIMES: list[Any] = [
    START_MS, float(START_MS), START_MS / 1000, "2026-09-15T23:00:00Z", "2026-09-15",
    "2026-09-16T07:00:00.000+08:00", "2026-09-16T07:00:00,5+08:00", "2026-09-15T23:00:00",
    "2026-09-15T23:00:00.123456Z", "2026-09-15T24:00:00Z", "2026-09-15T23:00:60Z",
    "20260915T230000Z", "2026-09-15 23:00:00+00", "2026-09-15T23:00Z", "2026-09-15T23Z",
    "2026-09-15T23:00:00-00:30",
    "2026-09-15T23:00:00+24:00", "2026-09-15T23:00:00+0800", "2026-02-30T00:00:00Z",
    "1999-12-31T23:59:59Z",
    "2026-258T00:00:00Z", "2026-W38-2T00:00:00Z", " 2026-09-15T23:00:00Z", "", None, True,
]  # fmt: skip
VALUES: list[Any] = [
    None, 0, 1, -1, 60.0, 60.5, 2**31, 2**31 - 1, -(2**31), 2**70, 1e300, -0.0, True, "", "x",
    "bus", "taxi", 'q"u', "ö", [], {}, {"a": "b"}, ["a"],
]  # fmt: skip


def _by_records(kind: str, data: bytes, monkeypatch: pytest.MonkeyPatch) -> Parsed:
    with monkeypatch.context() as patch:
        patch.setattr(raw, "COLUMN_SCHEMAS", {})
        return parse_raw(kind, data)


def _assert_same(kind: str, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    found, expected = parse_raw(kind, data), _by_records(kind, data, monkeypatch)
    assert found.refusals == expected.refusals
    assert found.ignored_fields == expected.ignored_fields
    assert (found.positions, found.event_positions) == (
        expected.positions, expected.event_positions
    )  # fmt: skip
    assert found.batch.schema == expected.batch.schema
    for column, other in zip(found.batch.columns, expected.batch.columns, strict=True):
        if str(column.type) in ("float", "double"):
            np.testing.assert_array_equal(column.to_numpy(), other.to_numpy())
        assert column.null_count == other.null_count
        assert repr(column.to_pylist()) == repr(other.to_pylist())


@pytest.mark.parametrize("kind", COLUMN_SCHEMAS)
def test_a_plain_message_is_read_by_columns(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    good = READING if kind == "magnetometer" else FIX | {"fleet": kind.removeprefix("gps.")}
    records = [dict(good) for _ in range(3)]
    records[0].pop("speed_kmh", None)
    records[1]["more"] = "said"
    data = json.dumps(records).encode()
    read = read_columns(kind, data)
    assert read is not None and read[0].num_rows == 3
    assert read[1] == {"more"}
    _assert_same(kind, data, monkeypatch)


@pytest.mark.parametrize("time", TIMES, ids=repr)
@pytest.mark.parametrize("field", ["event_time", "arrival_time"])
def test_each_way_to_write_a_time_is_read_alike(
    field: str, time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _assert_same("gps.taxi", json.dumps([FIX | {field: time}]).encode(), monkeypatch)


@pytest.mark.parametrize(
    ("kind", "field"),
    [("gps.bus", field) for field in ("vehicle_id", "fleet", "longitude", "speed_kmh", "other")]
    + [("magnetometer", field) for field in ("interval_s", "vehicle_count", "occupancy", "other")],
)
def test_each_value_is_read_alike(kind: str, field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    good = READING if kind == "magnetometer" else FIX
    for value in VALUES:
        _assert_same(kind, json.dumps([good, good | {field: value}]).encode(), monkeypatch)


@pytest.mark.parametrize(
    "text",
    [
        '[{"vehicle_id": "a", "vehicle_id": "b"}]',
        '[{"a": 1, "a": 2, "b": ""}]',
        "[]",
        "[1]",
        "[{}]",
        '[{"a\\"b": 1}]',
    ],
)
def test_odd_messages_are_left_to_the_reading_by_records(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in COLUMN_SCHEMAS:
        assert read_columns(kind, text.encode()) is None
        _assert_same(kind, text.encode(), monkeypatch)


@given(
    kind=st.sampled_from(sorted(COLUMN_SCHEMAS)),
    changes=st.lists(
        st.dictionaries(
            st.sampled_from([*FIX, *READING, "flow_veh_h", "is_on", "more"]),
            st.sampled_from([*VALUES, *TIMES]) | st.integers() | st.text(max_size=3),
            max_size=2,
        ),
        max_size=4,
    ),
)
@settings(max_examples=300, deadline=None)
def test_whatever_records_say_both_readings_agree(kind: str, changes: list[dict[str, Any]]) -> None:
    good = READING if kind == "magnetometer" else FIX
    data = json.dumps([good | change for change in changes]).encode()
    with pytest.MonkeyPatch.context() as patch:
        _assert_same(kind, data, patch)
