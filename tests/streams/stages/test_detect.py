"""The detect stage: each alert version once, whoever goes on, and nothing remembered for ever."""

import pickle
from types import SimpleNamespace
from typing import Any

import msgspec
import pyarrow as pa

from congestion.records import STATES
from incidents.records import Alert
from ingest.frames import Frame, FrameHeader
from streams import topics
from streams.stages.detect import DetectStage
from streams.stages.messages import Incoming
from streams.stages.minute_header import MinuteHeader
from tests.streams.console.messages import alert, iso

MINUTE = 1_789_513_200.0
REGIONS = 2
SETTLED_S = 90.0
LIFE_MINUTES = 5


class Detection:
    """Opens an alert every fifth minute, gives a version in each that follows, clears the last."""

    def __init__(self) -> None:
        self.minute_count = 0
        self.watched: list[Alert] = []

    def step(self, minute: float, event_time: float, *_: Any) -> list[Alert]:
        opened = minute - minute % (LIFE_MINUTES * 60.0)
        self.minute_count += 1
        version = 1 + round((minute - opened) / 60.0)
        state = {1: "open", LIFE_MINUTES: "cleared"}.get(version, "updated")
        made = alert(
            f"incident-s1-{opened:.0f}", "s1", version=version, state=state,
            event_time=iso(event_time),
        )  # fmt: skip
        return [msgspec.json.decode(made, type=Alert)]

    def snapshot(self) -> bytes:
        return msgspec.json.encode(self.minute_count)

    def restore(self, data: bytes) -> None:
        self.minute_count = msgspec.json.decode(data)


def stage_of(detection: Detection | None = None) -> DetectStage:
    city: Any = SimpleNamespace(
        network=SimpleNamespace(name="drawn", region_count=REGIONS, segment_ids=["s1"])
    )
    made: Any = detection or Detection()
    return DetectStage(city, made)


def message(region: int, number: int, quality: str = "observed") -> Incoming:
    """Give a region's minute of one segment, counted from MINUTE."""
    start = MINUTE + 60.0 * number
    report = MinuteHeader(region, start, start + 60.0 + SETTLED_S, [])
    payload = msgspec.Raw(msgspec.json.encode(report))
    header = FrameHeader(f"estimate/{region}", number, payload=payload)
    row = pa.RecordBatch.from_pylist([{"segment_id": "s1", "quality": quality}], schema=STATES)
    return Incoming(topics.STATES, 0, number, Frame(header, row))


def decide(stage: DetectStage, numbers: range) -> list[Alert]:
    """Give the stage minutes and give the alert versions that come of them."""
    return [
        msgspec.json.decode(out.encode(), type=Alert)
        for number in numbers
        for region in range(REGIONS)
        for out in stage.take(message(region, number))
    ]


def versions(alerts: list[Alert]) -> list[tuple[str, int]]:
    return [(one.alert_id, one.version) for one in alerts]


def compacted(alerts: list[Alert]) -> list[Alert]:
    """Give what a compacted topic still has: the newest version of each alert."""
    return list({one.alert_id: one for one in alerts}.values())


def remembered(stage: DetectStage) -> int:
    """Give how many bytes the stage's own memory makes, the city left out."""
    return len(pickle.dumps([v for k, v in vars(stage).items() if k != "_city"]))


def test_a_stage_that_takes_over_gives_no_version_twice_and_none_is_lost() -> None:
    dying = stage_of()
    published = decide(dying, range(10))
    state = dying.snapshot()
    published += decide(dying, range(10, 23))  # published, but not in the saved state
    for topic in (published, compacted(published)):
        heir = stage_of()
        heir.restore(state)
        for one in topic:
            heir.note_published(one)
        more = decide(heir, range(10, 40))
        assert versions(published + more) == versions(decide(stage_of(), range(40)))


def test_a_stage_that_takes_over_needs_only_what_came_on_the_topic_since_its_state() -> None:
    dying = stage_of()
    published = decide(dying, range(10))
    known, state = len(published), dying.snapshot()
    published += decide(dying, range(10, 23))
    heir = stage_of()
    heir.restore(state)
    for one in published[known:]:
        heir.note_published(one)
    more = decide(heir, range(8, 40))
    assert versions(published + more) == versions(decide(stage_of(), range(40)))


def test_a_stage_without_a_saved_state_gives_no_version_twice() -> None:
    published = decide(stage_of(), range(23))
    heir = stage_of()
    for one in compacted(published):
        heir.note_published(one)
    more = decide(heir, range(40))
    assert versions(published + more) == versions(decide(stage_of(), range(40)))


class Reopening(Detection):
    """Opens its one alert anew, from version 1 on, every fifth minute."""

    def step(self, minute: float, event_time: float, *_: Any) -> list[Alert]:
        (given,) = super().step(minute, event_time)
        return [msgspec.structs.replace(given, alert_id="hotspot-s1-0")]


def test_a_version_that_detection_gives_twice_is_published_once() -> None:
    published = versions(decide(stage_of(Reopening()), range(12)))
    assert published == [("hotspot-s1-0", number) for number in range(1, 6)]


def test_neither_memory_nor_saved_state_grows_with_the_alerts_of_a_long_run() -> None:
    stage, whole = stage_of(), []
    whole += decide(stage, range(200))
    before = remembered(stage), len(stage.snapshot())
    whole += decide(stage, range(200, 3000))
    after = remembered(stage), len(stage.snapshot())
    assert len(whole) == 3000
    for small, large in zip(before, after, strict=True):
        assert large <= small + 16  # counts of more digits


def test_what_was_on_the_topic_is_forgotten_once_it_cannot_come_again() -> None:
    published = decide(stage_of(), range(3000))
    fresh, heir = stage_of(), stage_of()
    heir.restore(_state_after(range(2900)))
    for one in published:
        fresh.note_published(one)
        heir.note_published(one)
    assert remembered(heir) < remembered(fresh) / 5
    decide(fresh, range(3000, 3001))
    assert versions(decide(fresh, range(3001, 3010))) == versions(
        decide(stage_of(), range(3001, 3010))
    )
    decide(fresh, range(3010, 3200))
    other = stage_of()
    decide(other, range(3000, 3200))
    assert remembered(fresh) <= remembered(other) + 16


def _state_after(numbers: range) -> bytes:
    stage = stage_of()
    decide(stage, numbers)
    return stage.snapshot()
