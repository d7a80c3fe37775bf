"""The ingest stage: a plate's day is that of the city which the settings name."""

import base64
from pathlib import Path

import msgspec
import pytest

from ingest.frames import Frame
from ingest.recorded.feed import Feed
from streams import topics
from streams.chain import Chain
from streams.settings import load_settings
from streams.stages.messages import Incoming
from tests.streams.chain_parts import chain_of

ACROSS_20_UTC = ("2026-09-15T19:59:00Z", "2026-09-15T20:01:00Z")
ACROSS_08_UTC = ("2026-09-16T07:59:00Z", "2026-09-16T08:01:00Z")


@pytest.mark.parametrize(
    ("zone", "times", "is_one_day"),
    [
        ("Asia/Shanghai", ACROSS_20_UTC, False),
        ("Asia/Shanghai", ACROSS_08_UTC, True),
        ("America/New_York", ACROSS_20_UTC, True),
        ("America/New_York", ACROSS_08_UTC, False),
        (None, ACROSS_20_UTC, True),  # days of UTC, which turn at four
    ],
)
def test_a_plates_day_is_that_of_the_citys_time_zone(
    few_minutes: Feed, network_cache: Path, zone: str | None, times: tuple[str, str],
    is_one_day: bool,
) -> None:  # fmt: skip
    chain, _ = chain_of(few_minutes, network_cache)
    settings = load_settings(environment={}, overrides={"city": {"timezone": zone}})
    stage = Chain(chain.city, chain._paths, settings).ingest_stage(topics.CAMERA)(0)
    camera = few_minutes.assets.cameras[0]
    records = [
        {"camera_id": camera.camera_id, "approach_id": camera.approach_id, "event_time": time,
         "kind": "pass", "lane": lane, "plate": "A12345"}
        for time in times for lane in (1, "none")
    ]  # fmt: skip
    hashes, of_letters = [], []
    for out in stage.take(Incoming(topics.CAMERA, 0, 0, msgspec.json.encode(records))):
        if isinstance(out.content, Frame):
            hashes += out.content.batch["plate_hash"].to_pylist()
        else:
            letter = msgspec.json.decode(out.content)
            original = msgspec.json.decode(base64.b64decode(letter["original"]))
            of_letters.append(original["plate"])
    assert len(hashes) == 2 and hashes == of_letters
    assert (hashes[0] == hashes[1]) is is_one_day


def test_a_cameras_values_that_say_none_are_counted_by_field(
    few_minutes: Feed, network_cache: Path
) -> None:
    chain, _ = chain_of(few_minutes, network_cache)
    stage, camera = chain.ingest_stage(topics.CAMERA)(0), few_minutes.assets.cameras[0]
    record = {
        "camera_id": camera.camera_id, "approach_id": camera.approach_id, "lane": 1,
        "event_time": ACROSS_08_UTC[0], "kind": "pass", "speed_kmh": -1, "dwell_s": 2.0,
    }  # fmt: skip
    for offset in range(2):
        stage.take(Incoming(topics.CAMERA, 0, offset, msgspec.json.encode(record)))
    (counts,) = stage.counts()
    assert counts.set_aside == {"speed_kmh": 2}
    assert counts.rows_used == 2 and not counts.refused


def test_what_a_raw_message_is_refused_for_is_counted_by_reason(
    few_minutes: Feed, network_cache: Path
) -> None:
    chain, _ = chain_of(few_minutes, network_cache)
    stage = chain.ingest_stage(topics.CAMERA)(0)
    good = {
        "camera_id": few_minutes.assets.cameras[0].camera_id, "lane": 1, "kind": "pass",
        "approach_id": few_minutes.assets.cameras[0].approach_id, "event_time": ACROSS_08_UTC[0],
    }  # fmt: skip
    bad = [{**good, "camera_id": "nobody"}, {**good, "kind": "smile"}, {**good, "lane": "one"}]
    stage.take(Incoming(topics.CAMERA, 0, 0, msgspec.json.encode([good, *bad])))
    (counts,) = stage.counts()
    assert counts.refused == {"unknown_camera": 1, "unknown_kind": 1, "wrong_type": 1}
    assert (counts.rows_in, counts.rows_used, counts.dead_letters) == (4, 1, 3)
