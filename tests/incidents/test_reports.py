"""What people report, beside made-up minutes of a small city."""

from collections.abc import Callable, Sequence

from incidents.detection import IncidentDetection
from incidents.records import Alert
from ingest.reports import Report
from mapmatch.projection import LocalPlane
from tests.incidents.city import EMPTY, START, avenue, camera_event, minute_states, roadside
from tests.incidents.test_detection import AVENUE, Minute, block

assert avenue().segment_ids == AVENUE.segment_ids
PLANE = LocalPlane(AVENUE)
TOLD = 20


def report(
    minute: float, segment: str = "s3", offset_m: float = 150.0, aside_m: float = 60.0,
    kind: str = "crash", source: str = "call",
) -> Report:  # fmt: skip
    """Give a report from beside a street, in the middle of a minute."""
    first = AVENUE.vertex_offsets[AVENUE.segment_ids.index(segment)]
    x, y = AVENUE.vertex_x[first] + offset_m, AVENUE.vertex_y[first] + aside_m
    (longitude,), (latitude,) = PLANE.to_degrees([x], [y])
    time = START + 60.0 * minute + 30.0
    return Report(f"{source}-{time}-{segment}", source, time, longitude, latitude, kind)


def calm(minute: int) -> Minute:
    return minute_states(AVENUE, minute, {}), []


def run(
    minutes: range,
    reports: Sequence[Report],
    at: Callable[[int], Minute] = calm,
    detection: IncidentDetection | None = None,
) -> tuple[list[Alert], list[Alert]]:
    """Give the alerts and what was watched."""
    detection = detection or IncidentDetection(AVENUE, roadside(AVENUE, s3=260.0))
    alerts, watched = [], []
    for minute in minutes:
        states, sightings = at(minute)
        time = START + 60.0 * minute
        due = [r for r in reports if time <= r.event_time < time + 60.0]
        alerts += detection.step(time, time + 90.0, [states], sightings, due)
        watched += detection.watched
    return alerts, watched


def test_a_report_alone_is_watched_and_never_an_alarm() -> None:
    alerts, watched = run(range(50), [report(TOLD)])
    assert alerts == []
    assert [one.state for one in watched] == ["watched", "cleared"]
    (seen,) = [e for e in watched[0].evidence if e.source == "report"]
    assert seen.seen == "crash reported by call at 2026-09-15T08:20:30Z, 60 m away"
    assert (watched[0].segment_id, watched[0].cause) == ("s3", "incident")


def test_several_calls_about_one_event_are_one_watch_and_no_alarm() -> None:
    calls = [report(TOLD + n, offset_m=120.0 + 30 * n, aside_m=90.0 - 30 * n) for n in range(4)]
    calls += [report(TOLD + 2, source=source) for source in ("police", "app", "radio")]
    alerts, watched = run(range(50), calls)
    assert alerts == []
    assert len({one.alert_id for one in watched}) == 1


def test_a_report_that_a_camera_confirms_is_an_alarm_at_once() -> None:
    def stopped(minute: int) -> Minute:
        states, _ = calm(minute)
        is_seen = minute == TOLD + 2
        return states, [camera_event("stopped_vehicle", "s3", minute)] if is_seen else []

    assert run(range(40), [], stopped)[0] == []
    alerts, watched = run(range(40), [report(TOLD)], stopped)
    first = alerts[0]
    assert (first.segment_id, first.state, first.version) == ("s3", "open", 1)
    assert first.event_time.startswith("2026-09-15T08:23:30")
    assert {e.source for e in first.evidence} >= {"report", "camera"}
    assert first.alert_id == watched[0].alert_id


def test_a_report_of_a_block_that_sensors_see_is_in_its_one_alert() -> None:
    told, watched = run(range(60), [report(31, "s2", 200.0, 40.0)], block)
    assert {one.alert_id for one in (*told, *watched)} == {told[0].alert_id}
    assert {e.source for e in told[0].evidence} >= {"report", "magnetometer"}
    assert told[-1].state == "cleared"


def test_who_reports_a_hundred_times_of_nothing_is_believed_no_more_and_costs_no_alarm() -> None:
    detection = IncidentDetection(AVENUE, roadside(AVENUE, s3=260.0))
    pranks = [report(20 * n, f"s{1 + n % 5}", source="prankster") for n in range(100)]
    alerts, watched = run(range(2000), pranks, detection=detection)
    assert alerts == []
    begun = sorted(one.event_time for one in watched if one.state == "watched")
    assert len(begun) < 10
    late, now_watched = run(
        range(2000, 2040), [report(2001, source="prankster"), report(2001, "s1")], calm, detection
    )
    assert late == []
    assert {one.segment_id for one in now_watched} == {"s1"}


def test_a_source_that_sensors_confirm_is_believed_more() -> None:
    def camera(minute: int) -> Minute:
        states, _ = calm(minute)
        is_seen = minute % 40 == TOLD + 1
        return states, [camera_event("stopped_vehicle", "s3", minute)] if is_seen else []

    detection = IncidentDetection(AVENUE, roadside(AVENUE, s3=260.0))
    sources = detection._reported.sources  # its one memory that no alert shows
    before = sources.odds("call")
    run(range(200), [report(TOLD + 40 * n) for n in range(5)], camera, detection)
    assert sources.odds("call") > before


def test_reports_where_nothing_is_measured_teach_nothing() -> None:
    detection = IncidentDetection(AVENUE, roadside(AVENUE, lanes=0))
    bare = dict.fromkeys(AVENUE.segment_ids, ())
    reports = [report(TOLD + 40 * n) for n in range(4)]
    run(range(200), reports, lambda m: (minute_states(AVENUE, m, bare), []), detection)
    assert detection._reported.sources.records == {}


def test_a_report_far_from_every_road_and_one_of_a_mere_pass_open_nothing() -> None:
    reports = [report(TOLD, aside_m=400.0), report(TOLD, kind="pass")]
    assert run(range(40), reports) == ([], [])


def test_a_cause_that_only_people_see_is_theirs() -> None:
    def dead(minute: int) -> Minute:
        lanes = {"s3": (EMPTY, (12.0, 0.1, 40.0))} if minute >= TOLD else {}
        return minute_states(AVENUE, minute, lanes), []

    alerts, _ = run(range(40), [report(TOLD + 1, kind="flood")], dead)
    assert alerts[0].cause in ("weather", "illegal_parking")  # sensors say parking at the kerb
    assert any("flood reported" in e.seen for e in alerts[0].evidence)


def test_what_is_remembered_of_reports_outlives_its_process() -> None:
    reports = [report(TOLD + n, f"s{1 + n % 5}") for n in range(0, 40, 7)]
    first = IncidentDetection(AVENUE, roadside(AVENUE))
    run(range(45), reports, detection=first)
    second = IncidentDetection(AVENUE, roadside(AVENUE))
    second.restore(first.snapshot())
    assert second.snapshot() == first.snapshot()
    rest = [report(50, "s2"), report(55, "s4")]
    assert run(range(45, 90), rest, detection=first) == run(range(45, 90), rest, detection=second)
