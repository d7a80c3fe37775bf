"""Incident detection over made-up minutes of a small city."""

from collections.abc import Callable, Iterable

import msgspec
import pyarrow as pa
import pytest

from congestion.records import Sighting
from incidents.detection import IncidentDetection
from incidents.records import Alert
from tests.incidents.city import (
    EMPTY,
    FREE,
    FULL,
    START,
    Lane,
    avenue,
    camera_event,
    minute_states,
    roadside,
    standing,
)

AVENUE = avenue()
Minute = tuple[pa.RecordBatch, list[Sighting]]
ONSET = 30


def block(minute: int) -> Minute:
    """A street blocked 200 m along s2 from minute 30 to 44; s1 backs up."""
    if not ONSET <= minute < ONSET + 15:
        return minute_states(AVENUE, minute, {}), []
    age = minute - ONSET
    lanes: dict[str, tuple[Lane, ...]] = {"s2": (EMPTY, EMPTY), "s3": (EMPTY, EMPTY)}
    if age >= 3:
        lanes["s1"] = (FULL, FULL)
    seen = [standing(f"t{i}", "s2", 200.0 - 30 * i, minute, age) for i in range(min(age, 3))]
    return minute_states(AVENUE, minute, lanes, {"s2": 5, "s1": 5 if age >= 3 else 0}), seen


def run(
    minutes: Iterable[int], at: Callable[[int], Minute], detection: IncidentDetection | None = None
) -> list[Alert]:
    detection = detection or IncidentDetection(AVENUE, roadside(AVENUE))
    alerts = []
    for minute in minutes:
        states, sightings = at(minute)
        time = START + 60 * minute
        alerts += detection.step(time, time + 90, [states], sightings)
    return alerts


def incidents_of(alerts: list[Alert]) -> list[Alert]:
    return [alert for alert in alerts if alert.kind == "incident"]


def test_a_blocked_street_gives_one_alert_at_the_head_of_its_queue_with_its_life() -> None:
    alerts = incidents_of(run(range(60), block))
    assert len({alert.alert_id for alert in alerts}) == 1
    first, last = alerts[0], alerts[-1]
    assert (first.segment_id, first.cause, first.state) == ("s2", "incident", "open")
    assert first.offset_m == pytest.approx(200, abs=30)
    assert first.event_time <= f"2026-09-15T08:{ONSET + 6}"
    assert [alert.version for alert in alerts] == list(range(1, len(alerts) + 1))
    assert last.state == "cleared"
    assert any("s1" in alert.queue_segment_ids for alert in alerts)
    assert {item.source for item in last.evidence} == {"magnetometer", "probe", "states"}
    assert any([point.minutes for point in alert.forecast] == [5, 10, 15] for alert in alerts)
    assert last.forecast == []
    points = [point for alert in alerts for point in alert.forecast]
    assert all(p.low_m <= p.queue_length_m <= p.high_m for p in points)
    assert all(e.word for alert in alerts for e in alert.evidence)


def test_an_incident_outlives_feeds_that_end_or_stay_away() -> None:
    def cut_off(minute: int) -> Minute:
        states, seen = block(minute)
        return (states, seen) if minute < ONSET + 10 else (states.slice(0, 0), [])

    *_, last = incidents_of(run(range(ONSET + 40), cut_off))
    assert last.state in ("open", "updated")
    assert last.event_time < f"2026-09-15T08:{ONSET + 15}"


def test_an_ordinary_morning_raises_no_incident() -> None:
    assert run(range(60), lambda m: (minute_states(AVENUE, m, {}), [])) == []


def test_a_street_that_backs_up_from_a_jam_ahead_is_no_incident() -> None:
    def spillback(minute: int) -> Minute:
        if minute < ONSET:
            return minute_states(AVENUE, minute, {}), []
        lanes = {name: (FULL, FULL) for name in ("s2", "s3", "s4", "s5")}
        return minute_states(AVENUE, minute, lanes, dict.fromkeys(lanes, 5)), []

    heads = {alert.segment_id for alert in incidents_of(run(range(60), spillback))}
    assert heads <= {"s5"}


def test_traffic_that_dies_away_everywhere_is_no_incident() -> None:
    quiet = {name: (EMPTY, EMPTY) for name in AVENUE.segment_ids}
    alerts = run(range(60), lambda m: (minute_states(AVENUE, m, quiet if m >= ONSET else {}), []))
    assert incidents_of(alerts) == []


def test_a_lane_that_goes_dead_beside_a_busy_one_is_an_incident_in_that_lane() -> None:
    def dead(minute: int) -> Minute:
        lanes = {"s3": (EMPTY, (12.0, 0.1, 40.0))} if minute >= ONSET else {}
        return minute_states(AVENUE, minute, lanes), []

    alerts = incidents_of(run(range(ONSET + 10), dead))
    assert {(a.segment_id, a.lane, a.cause) for a in alerts} == {("s3", 0, "illegal_parking")}


def test_a_crawl_in_lanes_that_are_not_full_is_an_incident() -> None:
    def crawl(minute: int) -> Minute:
        lanes = {"s3": ((3.0, 0.2, 5.0), (3.0, 0.2, 5.0))} if minute >= ONSET else {}
        return minute_states(AVENUE, minute, lanes), []

    alerts = incidents_of(run(range(ONSET + 8), crawl))
    assert {alert.segment_id for alert in alerts} == {"s3"}


@pytest.mark.parametrize("queue", [("s3",), ("s4", "s3"), ("s4",)])
def test_a_crawl_in_or_towards_a_queue_that_stood_before_is_no_incident(
    queue: tuple[str, ...],
) -> None:
    def crawl(minute: int) -> Minute:
        lanes = {"s3": ((3.0, 0.2, 5.0), (3.0, 0.2, 5.0))} if minute >= ONSET else {}
        level = dict.fromkeys(queue, 5) if minute >= ONSET - 8 else {}
        return minute_states(AVENUE, minute, lanes, level), []

    assert incidents_of(run(range(ONSET + 12), crawl)) == []


def test_a_crawl_that_begins_with_its_queue_is_an_incident() -> None:
    def crawl(minute: int) -> Minute:
        lanes = {"s3": ((3.0, 0.2, 5.0), (3.0, 0.2, 5.0))} if minute >= ONSET else {}
        return minute_states(AVENUE, minute, lanes, {"s3": 5} if minute >= ONSET else {}), []

    alerts = incidents_of(run(range(ONSET + 8), crawl))
    assert {alert.segment_id for alert in alerts} == {"s3"}


def test_a_camera_alone_is_not_believed_but_shortens_the_way() -> None:
    def seen(minute: int) -> Minute:
        events = [camera_event("stopped_vehicle", "s2", minute)] if minute == ONSET + 1 else []
        return minute_states(AVENUE, minute, {}), events

    assert incidents_of(run(range(60), seen)) == []

    def both(minute: int) -> Minute:
        states, sightings = block(minute)
        return states, sightings + seen(minute)[1]

    with_camera = incidents_of(run(range(60), both))
    without = incidents_of(run(range(60), block))
    assert with_camera[0].event_time <= without[0].event_time


def test_what_a_camera_says_of_a_lane_that_seems_dead_is_told_before_the_lane_is_sure() -> None:
    def lane(minute: int) -> Minute:
        lanes = {"s3": (EMPTY, (7.0, 0.1, 40.0))} if minute >= ONSET else {}
        return minute_states(AVENUE, minute, lanes), []

    def both(minute: int) -> Minute:
        events = [camera_event("stopped_vehicle", "s3", minute)] if minute == ONSET + 1 else []
        return lane(minute)[0], events

    with_camera, without = (incidents_of(run(range(60), at)) for at in (both, lane))
    assert with_camera[0].event_time < without[0].event_time


def test_alerts_do_not_depend_on_the_order_of_regions_or_sightings() -> None:
    detection = IncidentDetection(AVENUE, roadside(AVENUE))
    alerts = []
    for minute in range(60):
        states, sightings = block(minute)
        parts = [states.slice(4), states.slice(0, 4)]
        time = START + 60 * minute
        alerts += detection.step(time, time + 90, parts, sightings[::-1])
    assert alerts == run(range(60), block)


@pytest.mark.parametrize("cut", [5, ONSET + 2, ONSET + 8])
def test_a_detection_restored_from_a_snapshot_goes_on_as_if_nothing_had_happened(cut: int) -> None:
    first = IncidentDetection(AVENUE, roadside(AVENUE))
    before = run(range(cut), block, first)
    second = IncidentDetection(AVENUE, roadside(AVENUE))
    second.restore(first.snapshot())
    assert before + run(range(cut, 60), block, second) == run(range(60), block)


def test_a_snapshot_of_another_version_or_city_is_refused() -> None:
    detection = IncidentDetection(AVENUE, roadside(AVENUE))
    _, state = msgspec.msgpack.decode(detection.snapshot())
    with pytest.raises(ValueError, match="version 99"):
        detection.restore(msgspec.msgpack.encode((99, state)))
    with pytest.raises(ValueError, match="not such a state"):
        detection.restore(b"nonsense")
    other = IncidentDetection(AVENUE, roadside(AVENUE, lanes=3))
    with pytest.raises(ValueError, match="expected"):
        other.restore(detection.snapshot())


def test_a_minute_that_does_not_follow_the_last_is_refused() -> None:
    detection = IncidentDetection(AVENUE, roadside(AVENUE))
    run(range(3), block, detection)
    with pytest.raises(ValueError, match="after"):
        run([2], block, detection)


def test_rows_of_unknown_segments_and_lists_of_another_length_are_read_without_harm() -> None:
    states = minute_states(AVENUE, 0, {"s1": (FREE, FREE, FREE)})
    ids = states.schema.get_field_index("segment_id")
    foreign = states.set_column(ids, "segment_id", pa.array([f"x{i}" for i in range(6)]))
    detection = IncidentDetection(AVENUE, roadside(AVENUE))
    assert detection.step(START, START + 90, [states, foreign], []) == []


def test_an_alert_keeps_its_onset_through_all_its_versions() -> None:
    alerts = incidents_of(run(range(60), block))
    assert len(alerts) > 2
    assert len({alert.onset_time for alert in alerts}) == 1


def stopped_at(minute: int) -> list[Minute]:
    """Give the minutes up to one, ordinary ones but for the last two, in which s2 has no flow."""
    empty = {"s2": (EMPTY, EMPTY), "s3": (EMPTY, EMPTY)}
    return [
        (minute_states(AVENUE, m, empty if m > minute - 2 else {}), []) for m in range(minute + 1)
    ]


def ticked(sightings: list[Sighting], detection: IncidentDetection, minute: int) -> list[Alert]:
    """Give what is told 10 s after a minute was decided."""
    time = START + 60.0 * (minute + 1) + 30.0
    return detection.tick(time, time + 10.0, sightings)


def stands(count: int, minute: int) -> list[Sighting]:
    """Give vehicles that have stood in s2 for a minute when the minute is over."""
    return [standing(f"t{i}", "s2", 200.0 - 30 * i, minute, 1) for i in range(count)]


def test_a_block_is_told_between_the_minutes_once_vehicles_stand_where_the_flow_stopped() -> None:
    detection = IncidentDetection(AVENUE, roadside(AVENUE))
    minutes = stopped_at(ONSET)
    assert run(range(ONSET + 1), lambda m: minutes[m], detection) == []
    (told,) = ticked(stands(3, ONSET), detection, ONSET)
    assert (told.segment_id, told.state, told.version) == ("s2", "open", 1)
    assert told.offset_m == pytest.approx(200.0)
    assert told.event_time == "2026-09-15T08:31:40.000Z"
    assert {item.source for item in told.evidence} >= {"magnetometer", "probe"}
    assert ticked(stands(3, ONSET), detection, ONSET) == []  # it is told
    more = incidents_of(run(range(ONSET + 1, ONSET + 12), block, detection))
    assert {alert.alert_id for alert in more} == {told.alert_id}
    assert more[0].version == 2


def test_vehicles_that_stand_where_the_flow_goes_on_open_nothing_between_the_minutes() -> None:
    detection = IncidentDetection(AVENUE, roadside(AVENUE))
    run(range(ONSET + 1), lambda m: (minute_states(AVENUE, m, {}), []), detection)
    assert ticked(stands(5, ONSET), detection, ONSET) == []


def test_a_camera_that_says_the_same_as_the_detectors_is_believed_between_the_minutes() -> None:
    def seen(minute: int) -> Minute:
        lanes = {"s3": (EMPTY, (7.0, 0.1, 40.0))} if minute >= ONSET - 2 else {}
        return minute_states(AVENUE, minute, lanes), []

    word = [camera_event("stopped_vehicle", "s3", ONSET + 1)]
    alone, beside = (IncidentDetection(AVENUE, roadside(AVENUE, s3=260.0)) for _ in range(2))
    run(range(ONSET + 1), lambda m: (minute_states(AVENUE, m, {}), []), alone)
    assert run(range(ONSET + 1), seen, beside) == []
    assert ticked(word, alone, ONSET) == []
    (told,) = ticked(word, beside, ONSET)
    assert any(item.seen.startswith("stopped vehicle reported by k0") for item in told.evidence)


def test_nothing_is_told_between_minutes_before_the_first_one_or_in_a_blind_one() -> None:
    detection = IncidentDetection(AVENUE, roadside(AVENUE))
    assert ticked(stands(3, 0), detection, 0) == []
    minutes = stopped_at(ONSET)
    run(range(ONSET + 1), lambda m: minutes[m], detection)
    blind = minute_states(AVENUE, ONSET + 1, {}).slice(0, 0)
    run(range(ONSET + 1, ONSET + 2), lambda _: (blind, []), detection)
    assert ticked(stands(3, ONSET + 1), detection, ONSET + 1) == []


def test_who_takes_over_between_two_minutes_tells_the_same() -> None:
    detection, heir = (IncidentDetection(AVENUE, roadside(AVENUE)) for _ in range(2))
    minutes = stopped_at(ONSET)
    run(range(ONSET + 1), lambda m: minutes[m], detection)
    heir.restore(detection.snapshot())
    told = ticked(stands(3, ONSET), detection, ONSET)
    assert ticked(stands(3, ONSET), heir, ONSET) == told != []
    assert heir.snapshot() == detection.snapshot()
