"""Bad messages on every input topic: dead letters with their origin, and the worker lives on."""

import msgspec
import pyarrow as pa
import pytest

from ingest.frames import FrameHeader, encode_frame
from streams import topics
from tests.broker.stage_set import StageSet

pytestmark = pytest.mark.broker
# A source alone is held until it is known that no other speaks.
SOON = "[clocks]\nidle_after_s = 5.0\n"

GARBAGE = {
    topics.GPS_TAXI: b"{not json",
    topics.MAGNETOMETER: b'{"detector_id": 7}',
    topics.CAMERA: b"[]]",
    topics.REPORTS: b"a crash!",
    topics.FIXES: b"\x00\xffgarbage",
    topics.PROGRESS: b"ARROW1 but not really",
    topics.READINGS: encode_frame(
        pa.RecordBatch.from_pydict({"detector_id": ["d"]}), FrameHeader("x", 0, 1.0)
    ),
    topics.CAMERA_EVENTS: b"",
    topics.STATES: b"\x00" * 100,
}


def fix(vehicle_id: str, latitude: float) -> dict[str, object]:
    return {
        "vehicle_id": vehicle_id,
        "event_time": "2026-09-15T23:20:00Z",
        "longitude": 121.5,
        "latitude": latitude,
    }


def test_garbage_becomes_dead_letters_and_the_worker_goes_on(stage_set: StageSet) -> None:
    worker = stage_set.start_worker(settings=SOON)
    for topic, value in GARBAGE.items():
        stage_set.send(topic, value)
    stage_set.send(topics.GPS_BUS, msgspec.json.encode([fix("b1", 31.2), fix("b2", 131.2)]))
    stage_set.wait(
        lambda: {letter["source"] for letter in stage_set.dead_letters()} >= set(GARBAGE),
        "dead letters of every topic",
    )
    stage_set.wait(
        lambda: any(
            count.rows_used for count in stage_set.counts().values() if count.stage == "match"
        ),
        "the good fix to be matched",
    )
    assert worker.poll() is None
    letters = stage_set.dead_letters()
    for letter in letters:
        assert letter["reason"] and letter["expected"]
    first = {letter["source"]: letter for letter in letters if letter["offset"] == 0}
    assert set(first) >= set(GARBAGE)
    assert first[topics.FIXES]["reason"] == "not_a_frame"
    (row,) = [letter for letter in letters if letter.get("field") == "latitude"]
    assert (row["source"], row["reason"]) == (topics.FIXES, "out_of_range")
    ingest = stage_set.counts()["ingest", 0, topics.GPS_BUS]
    assert ingest.rows_in == ingest.rows_used + sum(ingest.refused.values())


def test_a_message_of_fifty_megabytes_is_refused_and_counted(stage_set: StageSet) -> None:
    stage_set.start_worker(settings=SOON)
    stage_set.send(topics.GPS_TAXI, b"[" + b" " * 35_000_000 + b"]")
    stage_set.send(topics.GPS_TAXI, msgspec.json.encode(fix("t1", 31.2)))
    stage_set.wait(
        lambda: any(letter["reason"] == "too_large" for letter in stage_set.dead_letters()),
        "the letter of the large message",
    )
    (letter,) = [x for x in stage_set.dead_letters() if x["reason"] == "too_large"]
    assert letter["size"] == 35_000_002 and letter["source"] == topics.GPS_TAXI
    stage_set.wait(
        lambda: any(
            count.rows_used for count in stage_set.counts().values() if count.stage == "match"
        ),
        "the message after it to be matched",
    )
