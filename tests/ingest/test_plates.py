"""Plates: equal within a day, unlike across days and keys, never readable."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.plates import hash_plates, plate_key
from tests.ingest.recordings import START_MS

HOUR_MS = 3600 * 1000
TIME = pa.timestamp("ms", tz="UTC")


def _hashes(plates: list[str | None], times: list[int | None], key: bytes = b"k") -> list[str]:
    return hash_plates(pa.array(plates, pa.string()), pa.array(times, TIME), key).to_pylist()


def test_a_plate_keeps_its_hash_over_the_morning_and_gets_another_the_next_day() -> None:
    seven_local = START_MS
    times = [seven_local, seven_local + 2 * HOUR_MS, seven_local + 24 * HOUR_MS]
    first, later, next_day = _hashes(["闽A12345"] * 3, times)
    assert first == later != next_day


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
