"""Dead letters: the bytes that were refused, whole enough to send again, without plates."""

import base64
import hashlib
import json

import pytest

from ingest.checks.camera_events import check_camera_events, known_approaches
from ingest.checks.fixes import check_fixes
from ingest.dead_letters import Origin, letters_of_message, letters_of_rows
from ingest.frames import CAMERA_EVENTS, FIXES
from ingest.raw import parse_raw
from ingest.recorded.assets import Assets, Camera
from ingest.refusals import Reason
from tests.ingest.recordings import START_MS, batch, camera_event, fix

ORIGIN = Origin("gps.taxi", 3, 1207)


def test_a_bad_record_is_kept_alone_with_where_it_stood() -> None:
    bad = json.dumps(fix("a", 0.0, longitude="east"))
    data = f"[{json.dumps(fix('a', 0.0))}, {bad}]".encode()
    (letter,) = letters_of_message(ORIGIN, data, parse_raw("gps.taxi", data).refusals)
    assert base64.b64decode(letter.original).decode() == bad
    assert (letter.source, letter.partition, letter.offset, letter.position) == (
        "gps.taxi",
        3,
        1207,
        1,
    )
    assert (letter.field, letter.value, letter.expected) == ("longitude", "'east'", "a number")
    assert json.loads(letter.encode())["reason"] == "wrong_type"


def test_of_a_message_of_50_mb_the_head_and_the_hash_are_kept() -> None:
    data = b"[" + b" " * 50_000_000 + b"]"
    (letter,) = letters_of_message(ORIGIN, data, parse_raw("gps.taxi", data).refusals)
    assert letter.reason == Reason.TOO_LARGE and letter.is_cut
    assert letter.size == len(data) and len(letter.encode()) < 30_000


def test_no_plate_reaches_a_dead_letter() -> None:
    records = [
        json.dumps(camera_event("k1", 0.0, lane="x"), ensure_ascii=False),
        json.dumps(camera_event("k1", 0.0, plate=["闽A12345"]), ensure_ascii=False),
        json.dumps(camera_event("k1", 0.0, number="闽A12345"), ensure_ascii=False),
        '{"pl\\u0061te": "闽A12345"}',
        '{"plate": "闽A12345"',
    ]
    for data in ["\n".join(records).encode(), records[-1].encode()]:
        refusals = parse_raw("camera", data).refusals
        letters = letters_of_message(Origin("camera", 0, 1), data, refusals, has_plates=True)
        assert len(letters) == len(refusals) > 0
        for letter in letters:
            kept = base64.b64decode(letter.original).decode()
            assert "A12345" not in kept and "A12345" not in letter.encode().decode()


@pytest.mark.parametrize(
    "fields",
    [
        {"speed_kmh": "闽A12345"},
        {"lane": "闽A12345"},
        {"event_time": "闽A12345"},
        {"dwell_s": ["闽A12345"]},
        {"plate_hash": "闽A12345"},
        {"approach_id": "闽A12345", "lane": "x"},
        {"闽A12345": 1, "lane": "x"},
        {"kind": "闽A12345"},
    ],
)
def test_a_plate_in_the_field_of_another_reaches_no_dead_letter_either(fields) -> None:
    record = {**camera_event("k1", 0.0, plate="闽A12345"), **fields}
    data = json.dumps(record, ensure_ascii=False).encode()
    refusals = parse_raw("camera", data).refusals
    (letter,) = letters_of_message(Origin("camera", 0, 1), data, refusals, has_plates=True)
    assert "A12345" not in str(refusals)
    kept = base64.b64decode(letter.original).decode()
    assert "A12345" not in kept and "A12345" not in letter.encode().decode()
    assert json.loads(kept)["camera_id"] == "k1"


@pytest.mark.parametrize("data", ["闽A12345,2026-09-15 07:00:00", '"闽A12345"', "闽A12345"])
def test_a_plate_in_what_is_no_json_reaches_no_dead_letter(data: str) -> None:
    refusals = parse_raw("camera", data.encode()).refusals
    (letter,) = letters_of_message(Origin("camera", 0, 1), data.encode(), refusals, has_plates=True)
    assert "A12345" not in str(refusals) and "A12345" not in letter.encode().decode()


@pytest.mark.parametrize("kind", ["gps.taxi", "magnetometer"])
def test_a_camera_record_on_the_topic_of_others_keeps_its_plate_to_itself(kind: str) -> None:
    data = json.dumps(camera_event("k1", 0.0, plate="闽A12345"), ensure_ascii=False).encode()
    for sent in (data, data[:-3]):
        (letter,) = letters_of_message(ORIGIN, sent, parse_raw(kind, sent).refusals)
        assert "A12345" not in base64.b64decode(letter.original).decode()
        assert letter.size == len(sent)


def test_a_refused_camera_row_shows_no_text_that_may_be_a_plate() -> None:
    given = [("k1", "闽A12345"), ("闽A12345", "pass")]
    events = [camera_event(camera, 0.0, approach_id="0", kind=kind) for camera, kind in given]
    rows = batch(events, CAMERA_EVENTS)
    known = known_approaches(Assets(cameras=(Camera("k1", "0", 0, 121.4, 31.2, 90.0),)))
    refusals = check_camera_events(rows, known).refusals
    letters = letters_of_rows(Origin("camera-events", 0, 5), rows, refusals)
    assert [letter.reason for letter in letters] == ["unknown_kind", "unknown_camera"]
    for letter in letters:
        kept = base64.b64decode(letter.original).decode()
        assert "A12345" not in kept and "A12345" not in letter.encode().decode()
        assert json.loads(kept)["approach_id"] == "0"


def test_a_plate_in_a_dead_letter_has_the_hash_of_its_day_or_none() -> None:
    def plate(event_time: object) -> str:
        record = camera_event("k1", 0.0, lane="x", event_time=event_time)
        data = json.dumps(record).encode()
        refusals = parse_raw("camera", data).refusals
        (letter,) = letters_of_message(Origin("camera", 0, 1), data, refusals, has_plates=True)
        found: str = json.loads(base64.b64decode(letter.original))["plate"]
        return found

    sent = json.dumps(camera_event("k1", 0.0)).encode()
    (good,) = parse_raw("camera", sent).batch["plate_hash"].to_pylist()
    assert plate(START_MS) == good != plate(START_MS + 86_400_000)
    assert plate("once") == plate(None) == "(hidden)"


def test_trying_all_plates_does_not_find_the_one_behind_a_letters_hash() -> None:
    data = json.dumps(camera_event("k1", 0.0, lane="x")).encode()
    refusals = parse_raw("camera", data).refusals
    (letter,) = letters_of_message(Origin("camera", 0, 1), data, refusals, has_plates=True)
    assert letter.sha256 != hashlib.sha256(data).hexdigest()
    (again,) = letters_of_message(Origin("camera", 0, 2), data, refusals, has_plates=True)
    assert again.sha256 == letter.sha256


def test_what_is_wrong_in_a_camera_record_is_shown_where_it_can_be_no_plate() -> None:
    data = json.dumps(camera_event("k1", 0.0, event_time="2026-13-01T00:00:00Z")).encode()
    (refusal,) = parse_raw("camera", data).refusals
    assert "2026-13-01" in str(refusal.value)


def test_a_refused_row_is_kept_as_json_even_with_a_time_beyond_all_calendars() -> None:
    rows = batch([fix("a", 0.0), fix("b", 0.0, event_time=2**62)], FIXES)
    refusals = check_fixes(rows, None, 1789513200.0).refusals
    (letter,) = letters_of_rows(Origin("fixes", 0, 5), rows, refusals)
    kept = json.loads(base64.b64decode(letter.original))
    assert kept["vehicle_id"] == "b" and kept["event_time"] == 2**62
