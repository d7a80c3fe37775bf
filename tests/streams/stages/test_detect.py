"""The detect stage: each alert version once, whoever goes on, and nothing remembered for ever."""

import pickle
from types import SimpleNamespace
from typing import Any

import msgspec
import pyarrow as pa

from congestion.records import STATES
from incidents.records import Alert
from incidents.risks import Risks
from ingest.frames import Frame, FrameHeader
from streams import topics
from streams.stages.detect import DetectStage
from streams.stages.messages import Incoming
from streams.stages.minute_header import MinuteHeader, TickHeader
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
        self.risks: Risks | None = None
        self.order: list[tuple[str, float]] = []

    def step(self, minute: float, event_time: float, *_: Any) -> list[Alert]:
        opened = minute - minute % (LIFE_MINUTES * 60.0)
        self.minute_count += 1
        self.order.append(("minute", minute))
        del self.order[:-40]
        version = 1 + round((minute - opened) / 60.0)
        state = {1: "open", LIFE_MINUTES: "cleared"}.get(version, "updated")
        made = alert(
            f"incident-s1-{opened:.0f}", "s1", version=version, state=state,
            event_time=iso(event_time),
        )  # fmt: skip
        return [msgspec.json.decode(made, type=Alert)]

    def tick(self, time: float, _event_time: float, _: Any) -> list[Alert]:
        self.order.append(("tick", time))
        return []

    def snapshot(self) -> bytes:
        return msgspec.json.encode(self.minute_count)

    def restore(self, data: bytes) -> None:
        self.minute_count = msgspec.json.decode(data)


def stage_of(detection: Detection | None = None) -> DetectStage:
    network = SimpleNamespace(
        name="drawn", region_count=REGIONS, segment_ids=["s1"], segment_count=1,
        index_of={}.get,
    )  # fmt: skip
    city: Any = SimpleNamespace(network=network)
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


def tick(region: int, number: int) -> Incoming:
    """Give a region's tick, in tens of seconds after MINUTE."""
    time = MINUTE + 10.0 * number
    payload = msgspec.Raw(msgspec.json.encode(TickHeader(region, time, time + 10.0, [])))
    header = FrameHeader(f"ticks/{region}", number, payload=payload)
    none = pa.RecordBatch.from_pylist([], schema=STATES)
    return Incoming(topics.STATES, 0, number, Frame(header, none))


def of_region(region: int, last: int) -> list[Incoming]:
    """Give what a region sends up to a tick: minute 0 before tick 14, minute 1 before 20."""
    found: list[Incoming] = []
    for number in range(last + 1):
        if number % 6 == 2 and number >= 14:
            found.append(message(region, (number - 14) // 6))
        found.append(tick(region, number))
    return found


def test_ticks_and_minutes_are_decided_in_the_order_of_time_however_the_regions_come() -> None:
    one, other = of_region(0, 21), of_region(1, 21)
    orders = []
    for incoming in (
        [m for pair in zip(one, other, strict=True) for m in pair],
        [*one, *other],
        [*other[:9], *one[:12], *other[9:], *one[12:]],
        [*one, *one, *other, *other],
    ):
        detection = Detection()
        stage = stage_of(detection)
        for part in incoming:
            stage.take(part)
        orders.append(detection.order)
    assert all(order == orders[0] for order in orders)
    assert orders[0][13:16] == [
        ("tick", MINUTE + 130.0), ("minute", MINUTE), ("tick", MINUTE + 140.0)
    ]  # fmt: skip
    assert len(orders[0]) == 24


def test_a_tick_waits_for_a_minute_that_one_region_has_not_sent() -> None:
    detection = Detection()
    stage = stage_of(detection)
    for part in of_region(0, 21):
        stage.take(part)
    for part in of_region(1, 21):
        if part.offset != 0 or part.frame(STATES).batch.num_rows == 0:  # all but minute 0
            stage.take(part)
    assert detection.order[14:16] == [("minute", MINUTE), ("tick", MINUTE + 140.0)]


def test_who_takes_over_decides_the_ticks_that_waited() -> None:
    whole, broken = Detection(), Detection()
    first, heir = stage_of(whole), stage_of(broken)
    for part in of_region(0, 21):
        first.take(part)
    heir.restore(first.snapshot())
    for part in of_region(1, 21):
        first.take(part)
        heir.take(part)
    assert broken.order == whole.order != []


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
