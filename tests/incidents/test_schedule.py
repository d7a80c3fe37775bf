"""Incidents and queues where and when something is planned."""

from collections.abc import Sequence

from incidents.detection import IncidentDetection
from incidents.records import Alert
from incidents.settings import ScheduleSettings
from incidents.signs.planned import PlannedPlaces
from ingest.recorded.schedule import Planned, ScheduleEntry
from tests.incidents.city import EMPTY, START, camera_event, minute_states, roadside
from tests.incidents.test_detection import AVENUE, Minute, incidents_of
from tests.incidents.test_reports import PLANE

BEGIN = 30


def entry(
    kind: Planned = "work", segment: str = "s3", aside_m: float = 10.0, begin: float = BEGIN,
    minutes: float = 20.0,
) -> ScheduleEntry:  # fmt: skip
    first = AVENUE.vertex_offsets[AVENUE.segment_ids.index(segment)]
    x, y = AVENUE.vertex_x[first] + 140.0, AVENUE.vertex_y[first] + aside_m
    (longitude,), (latitude,) = PLANE.to_degrees([x], [y])
    start = START + 60.0 * begin
    place = ((float(longitude), float(latitude)),)
    return ScheduleEntry("W7", kind, start, start + 60.0 * minutes, (place,), (0,))


def dead_lane(minute: int) -> Minute:
    lanes = {"s3": (EMPTY, (12.0, 0.1, 40.0))} if minute >= BEGIN else {}
    return minute_states(AVENUE, minute, lanes), []


def alerts_of(schedule: Sequence[ScheduleEntry], crash_at: int | None = None) -> list[Alert]:
    detection = IncidentDetection(AVENUE, roadside(AVENUE, s3=260.0), schedule=schedule)
    alerts = []
    for minute in range(50):
        states, seen = dead_lane(minute)
        if minute == crash_at:
            seen = [camera_event("crash", "s3", minute)]
        time = START + 60.0 * minute
        alerts += detection.step(time, time + 90.0, [states], seen)
    return incidents_of(alerts)


def test_an_alarm_at_planned_works_names_them_as_its_cause_with_the_entry() -> None:
    unplanned, planned = alerts_of([]), alerts_of([entry()])
    assert unplanned[0].cause == "illegal_parking"
    assert planned[0].event_time == unplanned[0].event_time
    assert planned[0].cause == "work_zone"
    (seen,) = [e for e in planned[0].evidence if e.source == "schedule"]
    assert seen.seen == (
        "works W7 on lanes 0 planned from 2026-09-15T08:30:00Z to 2026-09-15T08:50:00Z, 10 m away"
    )


def test_works_elsewhere_or_at_another_time_say_nothing() -> None:
    for other in (entry(segment="s5"), entry(begin=BEGIN + 120.0), entry(begin=BEGIN - 120.0)):
        assert alerts_of([other])[0].cause == "illegal_parking"
        assert all(e.source != "schedule" for e in alerts_of([other])[0].evidence)


def test_a_crash_at_planned_works_is_told_as_an_incident() -> None:
    (first, *_) = alerts_of([entry()], crash_at=BEGIN + 1)
    assert first.cause != "work_zone"
    assert {e.source for e in first.evidence} >= {"camera", "schedule"}


def test_a_place_off_the_road_touches_it_and_what_leads_there_and_an_event_all_around() -> None:
    works = PlannedPlaces(AVENUE, ScheduleSettings(), [entry()])
    near = works.at(START + 60.0 * BEGIN)
    assert {AVENUE.segment_ids[s] for s in near} == {"s2", "s3", "j"}
    event = PlannedPlaces(AVENUE, ScheduleSettings(), [entry("event")]).at(START + 60.0 * BEGIN)
    assert {AVENUE.segment_ids[s] for s in event} > {"s2", "s3", "s4"}
    assert {sign.cause for sign in event.values()} == {"event"}
    far = PlannedPlaces(AVENUE, ScheduleSettings(), [entry(aside_m=500.0)])
    assert far.at(START + 60.0 * BEGIN) == {}
    assert works.at(START + 60.0 * (BEGIN + 45)) == {}
