"""What incident detection makes of awkward minutes: incidents side by side, lying feeds."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from congestion.profile.week import Week
from congestion.records import Sighting
from incidents.detection import IncidentDetection
from incidents.records import Alert
from incidents.signs.lane_detectors import lane_detectors
from tests.incidents.city import (
    EMPTY,
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
BUSY: Lane = (12.0, 0.1, 40.0)
CREEP: Lane = (2.0, 0.6, 6.0)
NOTHING: Lane = (None, None, None)
ONSET = 30
Minute = tuple[pa.RecordBatch, list[Sighting]]


def run(
    at: Callable[[int], Minute],
    minutes: Iterable[int],
    detection: IncidentDetection | None = None,
    later_s: float = 0.0,
) -> tuple[list[Alert], list[Alert]]:
    """Give the alerts and what was watched; all happens `later_s` after START."""
    detection = detection or IncidentDetection(AVENUE, roadside(AVENUE))
    alerts, watched = [], []
    for minute in minutes:
        states, seen = at(minute)
        seen = [
            msgspec.structs.replace(s, since=s.since + later_s, until=s.until + later_s)
            for s in seen
        ]
        time = START + later_s + 60.0 * minute
        alerts += detection.step(time, time + 90.0, [states], seen)
        watched += detection.watched
    return alerts, watched


def incidents(alerts: Iterable[Alert]) -> list[Alert]:
    return [alert for alert in alerts if alert.kind == "incident"]


def only(
    states: pa.RecordBatch, columns: Mapping[str, object], names: Sequence[str] = ()
) -> pa.RecordBatch:
    """Give states with some columns changed on some streets, on all where none is named."""
    rows = [
        row | dict(columns) if not names or row["segment_id"] in names else row
        for row in states.to_pylist()
    ]
    return pa.RecordBatch.from_pylist(rows, schema=states.schema)


UNMEASURED = {
    "lane_counts": [None] * 2, "lane_occupancies": [None] * 2, "lane_speeds_kmh": [None] * 2,
    "flow_veh_h": None, "detector_count": 0, "probe_count": 0,
}  # fmt: skip


def block(minute: int, is_seen_by_probes: bool = True) -> Minute:
    """A street blocked 200 m along s2 from minute 30 to 49; s1 backs up from the third on."""
    age = minute - ONSET
    if not 0 <= age < 20:
        return minute_states(AVENUE, minute, {}), []
    lanes: dict[str, tuple[Lane, ...]] = {"s2": (EMPTY, EMPTY), "s3": (EMPTY, EMPTY)}
    if age >= 3:
        lanes["s1"] = (FULL, FULL)
    seen = [standing(f"t{i}", "s2", 200.0 - 30 * i, minute, age) for i in range(min(age, 3))]
    states = minute_states(AVENUE, minute, lanes, {"s2": 5, "s1": 5 if age >= 3 else 0})
    return states, seen if is_seen_by_probes else []


def test_two_lanes_closed_two_hundred_metres_apart_are_two_incidents() -> None:
    def two(minute: int) -> Minute:
        lanes = {"s2": (EMPTY, BUSY), "s3": (BUSY, EMPTY)} if minute >= ONSET else {}
        return minute_states(AVENUE, minute, lanes), []

    near = roadside(AVENUE)
    near.detectors.offset_m[near.detectors.segment == AVENUE.index_of("s3")] = 160.0
    detection = IncidentDetection(AVENUE, near)
    told = incidents(run(two, range(60), detection)[0])
    assert {(a.segment_id, a.lane) for a in told} == {("s2", 0), ("s3", 1)}
    assert len({a.alert_id for a in told}) == 2


def test_a_lane_that_stays_empty_on_the_next_street_is_of_the_same_incident() -> None:
    def one(minute: int) -> Minute:
        lanes = {"s2": (EMPTY, BUSY), "s3": (EMPTY, BUSY)} if minute >= ONSET else {}
        return minute_states(AVENUE, minute, lanes), []

    assert len({a.alert_id for a in incidents(run(one, range(60))[0])}) == 1


def test_two_blocks_with_two_queues_that_do_not_touch_are_two_incidents() -> None:
    def two(minute: int) -> Minute:
        age = minute - ONSET
        if age < 0:
            return minute_states(AVENUE, minute, {}), []
        lanes = {name: (EMPTY, EMPTY) for name in ("s2", "s3", "s4", "s5")}
        seen = [standing(f"t{i}", "s2", 280.0 - 30 * i, minute, age) for i in range(min(age, 4))]
        seen += [standing(f"u{i}", "s4", 80.0 - 20 * i, minute, age) for i in range(min(age, 4))]
        return minute_states(AVENUE, minute, lanes, {"s2": 5, "s4": 5}), seen

    alerts = incidents(run(two, range(45))[0])
    assert {a.segment_id for a in alerts} == {"s2", "s4"}
    assert len({a.alert_id for a in alerts}) == 2


def test_an_incident_that_begins_in_a_jam_is_told_once_the_road_ahead_runs_dry() -> None:
    def in_jam(minute: int) -> Minute:
        if minute < 10:
            return minute_states(AVENUE, minute, {}), []
        lanes: dict[str, tuple[Lane, ...]] = dict.fromkeys(("s1", "s2", "s3"), (CREEP, CREEP))
        if minute < ONSET:
            return minute_states(AVENUE, minute, lanes, dict.fromkeys(lanes, 4)), []
        age = minute - ONSET
        lanes |= {"s2": (EMPTY, EMPTY), "s3": (EMPTY, EMPTY), "s1": (FULL, FULL)}
        seen = [standing(f"t{i}", "s2", 200.0 - 30 * i, minute, age) for i in range(3)]
        return minute_states(AVENUE, minute, lanes, {"s2": 5, "s1": 5}), seen

    alerts = incidents(run(in_jam, range(60))[0])
    assert {a.segment_id for a in alerts} == {"s2"}
    assert alerts[0].offset_m == pytest.approx(200, abs=30)
    assert incidents(run(lambda m: in_jam(min(m, ONSET - 1)), range(60))[0]) == []


def test_a_block_in_a_hole_between_detectors_is_found_by_what_misses_and_what_stands() -> None:
    def hole(minute: int) -> Minute:
        states, seen = block(minute)
        return only(states, UNMEASURED, ["s2"]), seen

    alerts = incidents(run(hole, range(60))[0])
    assert {a.segment_id for a in alerts} == {"s2"}
    assert alerts[0].event_time < f"2026-09-15T08:{ONSET + 6}"


@pytest.mark.parametrize("kind", ["stopped_vehicle", "illegal_parking", "crash"])
def test_a_camera_that_cries_wolf_every_minute_is_never_an_alarm_and_soon_says_nothing(
    kind: str,
) -> None:
    def wolf(minute: int) -> Minute:
        return minute_states(AVENUE, minute, {}), [camera_event(kind, "s3", minute)]

    alerts, watched = run(wolf, range(300))
    assert alerts == []
    assert not watched or watched[-1].state == "cleared"


def test_a_block_that_a_lying_camera_sees_too_is_told_by_the_other_sensors() -> None:
    def wolf(minute: int) -> Minute:
        states, seen = block(minute - 240)
        return states, [*seen, camera_event("crash", "s2", minute)]

    alerts = incidents(run(wolf, range(300))[0])
    assert [a.event_time[:16] for a in alerts if a.version == 1] == ["2026-09-15T12:33"]


def test_feeds_that_stop_are_told_as_a_data_gap_and_clear_nothing() -> None:
    def stops(minute: int, streets: Sequence[str]) -> Minute:
        states, seen = block(min(minute, ONSET + 10))
        if minute <= ONSET + 10:
            return states, seen
        return only(states, UNMEASURED, streets), []

    for streets in (("s1", "s2", "s3", "j"), ()):  # half of the city, and all of it
        alerts = incidents(run(lambda m, of=streets: stops(m, of), range(ONSET + 25))[0])
        assert len({a.alert_id for a in alerts}) == 1
        assert alerts[-1].state == "updated"
        assert any(e.seen.startswith("data gap: nothing measured") for e in alerts[-1].evidence)
    later = incidents(run(lambda m: stops(m, ("s1", "s2", "s3", "j")), range(ONSET + 60))[0])
    assert later[-1].state == "cleared"  # sensors away for half an hour are no gap any more


def test_feeds_that_stop_while_all_is_well_raise_nothing() -> None:
    def stops(minute: int) -> Minute:
        states = minute_states(AVENUE, minute, {})
        return only(states, UNMEASURED) if 30 <= minute < 50 else states, []

    assert run(stops, range(80)) == ([], [])


def test_without_a_profile_nothing_is_called_usual_and_the_incident_is_found_alike() -> None:
    without, _ = run(block, range(60))
    detection = IncidentDetection(AVENUE, roadside(AVENUE), week=typical_week("Asia/Shanghai"))
    within, _ = run(block, range(60), detection)
    places = [
        [(a.alert_id, a.event_time) for a in of if a.version == 1] for of in (without, within)
    ]
    assert places[0] == places[1] != []
    assert not any(e.source == "profile" for a in without for e in a.evidence)
    assert any(e.source == "profile" for a in within for e in a.evidence)


def typical_week(zone: str) -> Week:
    shape, n = (2, 96, AVENUE.segment_count), AVENUE.segment_count
    kmh, spread = np.full(shape, 45, np.float16), np.full(shape, 4, np.float16)
    return Week(zone, kmh, spread, np.full(n, 45, np.float32), np.zeros(n, np.int8))


@pytest.mark.parametrize(
    ("zone", "night"),
    [
        ("Europe/Berlin", "2026-03-29T00:20:00+00:00"),  # 02:00 is 03:00 at once
        ("Europe/Berlin", "2026-10-25T00:20:00+00:00"),  # 02:00 to 03:00 comes twice
        ("Asia/Shanghai", "2026-12-31T15:20:00+00:00"),  # New Year within the incident
    ],
)
def test_an_incident_lives_on_over_daylight_saving_and_new_year(zone: str, night: str) -> None:
    def lives(later_s: float) -> list[tuple[str, int, str, float]]:
        detection = IncidentDetection(AVENUE, roadside(AVENUE), week=typical_week(zone))
        alerts, _ = run(block, range(60), detection, later_s)
        begin = START + later_s
        return [
            (a.kind, a.version, a.state, datetime.fromisoformat(a.event_time).timestamp() - begin)
            for a in alerts
        ]

    later_s = datetime.fromisoformat(night).timestamp() - START
    assert lives(later_s) == lives(0.0) != []


def test_without_any_detector_a_block_is_found_by_the_vehicles_that_stand() -> None:
    def bare(minute: int) -> Minute:
        states, seen = block(minute)
        none = {**UNMEASURED, "lane_counts": [], "lane_occupancies": [], "lane_speeds_kmh": []}
        return only(states, {**none, "probe_count": 1}), seen

    nowhere = roadside(AVENUE, lanes=0)
    assert len(lane_detectors(AVENUE, nowhere)) == 0
    alerts = incidents(run(bare, range(60), IncidentDetection(AVENUE, nowhere))[0])
    assert {a.segment_id for a in alerts} == {"s2"}
    assert {e.source for a in alerts for e in a.evidence} <= {"probe", "states", "magnetometer"}
    assert alerts[-1].state == "cleared"


def test_without_any_probe_a_block_is_found_by_the_detectors() -> None:
    alerts = incidents(run(lambda m: block(m, is_seen_by_probes=False), range(60))[0])
    assert {a.segment_id for a in alerts} <= {"s1", "s2"}
    assert len({a.alert_id for a in alerts}) == 1
    assert alerts[-1].state == "cleared"
