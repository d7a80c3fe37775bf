"""Plates: equal within a day, unlike across days and keys, never readable."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.plates import hash_plates, plate_key
from tests.ingest.recordings import START_MS

HOUR_MS = 3600 * 1000
TIME = pa.timestamp("ms", tz="UTC")


def _hashes(
    plates: list[str | None],
    times: list[int | None],
    key: bytes = b"k",
    zone: str = "Asia/Shanghai",
) -> list[str]:
    hashed = hash_plates(pa.array(plates, pa.string()), pa.array(times, TIME), key, ZoneInfo(zone))
    return hashed.to_pylist()


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def test_a_plate_keeps_its_hash_over_the_morning_and_gets_another_the_next_day() -> None:
    seven_local = START_MS
    times = [seven_local, seven_local + 2 * HOUR_MS, seven_local + 24 * HOUR_MS]
    first, later, next_day = _hashes(["闽A12345"] * 3, times)
    assert first == later != next_day


@pytest.mark.parametrize(
    ("zone", "turn"),
    [
        ("Asia/Shanghai", "2026-09-15T20:00:00Z"),
        ("America/New_York", "2026-09-16T08:00:00Z"),
        ("America/New_York", "2026-11-01T09:00:00Z"),  # the night in which summer time ends
        ("Asia/Kathmandu", "2026-09-15T22:15:00Z"),
        ("UTC", "2026-09-16T04:00:00Z"),
    ],
)
def test_a_plates_day_turns_at_four_in_the_morning_of_its_city(zone: str, turn: str) -> None:
    at = _ms(turn)
    times = [at - 20 * HOUR_MS, at - 1, at, at + 20 * HOUR_MS]
    evening, last, first, next_evening = _hashes(["A1"] * 4, times, zone=zone)
    assert evening == last != first == next_evening


def test_a_time_beyond_all_calendars_has_a_day_too() -> None:
    assert None not in _hashes(["A1"] * 4, [-(2**62), -1, 2**62, _ms("9999-12-31T23:00:00Z")])


def test_another_key_gives_another_hash() -> None:
    assert _hashes(["闽A1"], [START_MS], b"one") != _hashes(["闽A1"], [START_MS], b"two")


def test_an_unread_plate_and_one_without_a_time_have_no_hash() -> None:
    assert _hashes([None, "闽A1", None], [START_MS, None, None]) == [None, None, None]
    assert _hashes([], []) == []


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), max_size=20))
def test_plates_of_one_day_are_told_apart_as_before_whatever_the_order(
    rows: list[tuple[str, int]],
) -> None:
    plates = [plate for plate, _ in rows]
    times = [START_MS + day * 24 * HOUR_MS for _, day in rows]
    hashes = _hashes(list(plates), list(times))
    named = dict(zip(rows, hashes, strict=True))
    assert [named[row] for row in rows] == hashes
    assert len(set(hashes)) == len(set(rows))


def test_the_key_comes_from_the_environment_else_lives_with_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CLEARWAY_PLATE_KEY", "secret")
    assert plate_key() == b"secret"
    monkeypatch.delenv("CLEARWAY_PLATE_KEY")
    assert plate_key() == plate_key() != b"secret" and len(plate_key()) == 32
