"""What the detector and the clock do to cases."""

from incidents.cases.book import CaseBook
from incidents.cases.case import replay
from incidents.cases.road_watch import RoadNews
from incidents.records import iso
from tests.incidents.cases.told import MINUTE, Desk, detected, place_of


def test_without_operators_each_version_of_the_detector_is_one_of_the_case() -> None:
    desk = Desk()
    versions = [
        detected(version=1),
        detected(version=2, at=MINUTE + 60, queue_length_m=500.0),
        detected(version=3, at=MINUTE + 120, state="cleared"),
        detected(version=4, at=MINUTE + 180),
    ]
    made = [desk.book.detect([version]) for version in versions]
    assert [[(c.version, c.state, c.event_time) for c in of] for of in made] == [
        [(v.version, v.state, v.event_time)] for v in versions
    ]
    assert made[1][0].queue_length_m == 500.0
    assert replay(desk.case().log, desk.case()) == desk.case()


def test_the_end_that_the_detector_looks_back_to_is_on_the_clock_unless_somebody_said_it() -> None:
    for is_said in (False, True):
        desk = Desk()
        desk.book.detect([detected()])
        news = RoadNews("d1", "recovered", MINUTE + 300.0)
        desk.book.hear([news], MINUTE + 500.0)
        assert desk.case().stamps.t7 == iso(MINUTE + 300.0)
        if is_said:
            desk.tell("verify", at=MINUTE + 510.0)
        ended = iso(MINUTE + 240.0)
        desk.book.detect([detected(version=2, at=MINUTE + 600, state="cleared", ended_time=ended)])
        assert desk.case().stamps.t7 == (iso(MINUTE + 300.0) if is_said else ended)
        assert replay(desk.case().log, desk.case()) == desk.case()


def test_the_end_that_the_road_knew_first_stays_when_signs_fade_later() -> None:
    desk = Desk()
    desk.book.detect([detected()])
    desk.book.hear([RoadNews("d1", "recovered", MINUTE + 300.0)], MINUTE + 500.0)
    ended = iso(MINUTE + 900.0)
    desk.book.detect([detected(version=2, at=MINUTE + 1200, state="cleared", ended_time=ended)])
    assert desk.case().stamps.t7 == iso(MINUTE + 300.0)


def test_a_version_that_comes_again_changes_nothing() -> None:
    desk = Desk()
    desk.book.detect([detected(), detected(version=2)])
    desk.tell("acknowledge")
    assert desk.book.detect([detected(), detected(version=2)]) == []
    assert desk.case().version == 3


def test_the_detector_moves_the_queue_of_an_acknowledged_case_and_not_its_state() -> None:
    desk = Desk()
    desk.book.detect([detected()])
    desk.tell("acknowledge")
    (case,) = desk.book.detect([detected(version=2, queue_length_m=900.0)])
    assert (case.state, case.queue_length_m) == ("acknowledged", 900.0)


def test_what_people_said_of_the_cause_outlives_what_the_detector_says() -> None:
    desk = Desk()
    desk.book.detect([detected()])
    desk.tell("edit", cause="work_zone", severity=4, segment_id="s2")
    (case,) = desk.book.detect([detected(version=2, cause="demand", severity=1)])
    assert (case.cause, case.severity, case.segment_id) == ("work_zone", 4, "s2")
    assert replay(case.log, case) == case


def test_a_dismissed_alert_stays_dismissed_while_the_detector_goes_on() -> None:
    desk = Desk()
    desk.book.detect([detected()])
    desk.tell("dismiss", reason="known")
    assert desk.book.detect([detected(version=2), detected(version=3, state="cleared")]) == []
    assert desk.case().state == "dismissed"


def test_a_detection_joins_the_case_that_an_operator_made_before_it() -> None:
    desk = Desk()
    made = desk.tell("create", None, segment_id="s1", severity=3, reason="call of a driver")
    assert made.is_accepted and made.alert_id is not None
    (joined,) = desk.book.detect([detected("d1", segment_id="s5", queue_segment_ids=["s1"])])
    assert (joined.alert_id, joined.version, joined.queue_length_m) == (made.alert_id, 2, 240.0)
    assert joined.severity == 3 and joined.segment_id == "s1"  # as the operator said
    (cleared,) = desk.book.detect([detected("d1", 2, state="cleared")])
    assert (cleared.alert_id, cleared.state) == (made.alert_id, "cleared")
    (far,) = desk.book.detect([detected("d2", segment_id="s6", longitude=121.6)])
    assert far.alert_id == "d2"


def test_a_created_case_has_the_same_id_when_its_command_is_taken_by_another_book() -> None:
    one, other = Desk(), Desk()
    assert one.tell("create", None, segment_id="s1") == other.tell("create", None, segment_id="s1")


def test_nobody_acknowledges_and_it_is_raised_once_by_severity() -> None:
    for severity, wait_s in ((4, 60.0), (3, 180.0), (2, 600.0), (1, 600.0)):
        desk = Desk()
        desk.book.detect([detected(severity=severity)])
        desk.tell("comment", None)
        assert desk.book.pass_time(MINUTE + wait_s - 1.0) == []
        (raised,) = desk.book.pass_time(MINUTE + wait_s)
        assert (raised.escalation, raised.state, raised.version) == (1, "open", 2)
        assert raised.log[-1].reason == f"not acknowledged for {wait_s:g} s"
        assert desk.book.pass_time(MINUTE + 3600.0) == []


def test_before_the_first_command_nobody_is_waited_for() -> None:
    desk = Desk()
    desk.book.detect([detected(severity=4)])
    assert desk.book.pass_time(MINUTE + 3600.0) == []


def test_a_case_that_is_over_and_that_nobody_worked_on_is_forgotten_after_two_hours() -> None:
    desk = Desk()
    desk.book.detect([detected(), detected("d2", 1), detected("d2", 2, state="cleared")])
    desk.book.pass_time(MINUTE + 7201.0)
    assert [case.alert_id for case in desk.book.cases] == ["d1"]


def test_a_delay_that_has_doubled_raises_it_each_time() -> None:
    desk = Desk()
    desk.book.detect([detected(delay_veh_h=3.0)])
    desk.tell("acknowledge")
    raised = []
    for version, delay in enumerate((5.9, 6.0, 11.9, 12.0), start=2):
        desk.book.detect([detected(version=version, delay_veh_h=delay)])
        raised.append(len(desk.book.pass_time(MINUTE + 60.0)))
    assert raised == [0, 1, 0, 1]


def test_a_suppressed_case_is_not_raised_until_its_time_has_come() -> None:
    desk = Desk()
    desk.book.detect([detected(severity=4)])
    desk.tell("suppress", until=iso(MINUTE + 1200.0), reason="parade")
    assert desk.book.pass_time(MINUTE + 1199.0) == []
    (expired,) = desk.book.pass_time(MINUTE + 1200.0)
    assert (expired.suppressed_until, expired.log[-1].action) == (None, "expire")
    assert [c.log[-1].action for c in desk.book.pass_time(MINUTE + 1260.0)] == ["escalate"]


def test_a_book_goes_on_from_its_snapshot_and_from_what_was_published_since() -> None:
    desk = Desk()
    desk.book.detect([detected()])
    saved = desk.book.snapshot()
    desk.tell("acknowledge", command_id="x")
    heir = CaseBook(place_of)
    heir.restore(saved)
    heir.note(desk.case())
    assert heir.cases == desk.book.cases
    assert heir.result("x") == desk.book.result("x")


def test_a_case_is_forgotten_a_day_after_its_last_event() -> None:
    desk = Desk()
    desk.book.detect([detected()])
    desk.tell("close", at=MINUTE + 86_000.0)
    desk.book.pass_time(MINUTE + 86_400.0)
    assert len(desk.book.cases) == 1
    desk.tell("comment", comment="still here", at=MINUTE + 86_400.0)
    desk.book.pass_time(MINUTE + 2 * 86_400.0 + 1.0)
    assert desk.book.cases == []
