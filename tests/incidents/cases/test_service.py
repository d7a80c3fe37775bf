"""The numbers of the service, on six cases worked out by hand.

    case    known  severity  T0  T2  T3  T4  T5  T6  T7   end
    a       08:00  3         -4   2   3   9  25  30  40   closed; unit g1 of d1
    b       08:10  2         -2   4   5  15  45   -   -   arrived, known 45 min before its lanes
                                                           were open; g1 of d1; in the queue of a
    c       08:20  2         -2   -   -   -   -   -   -   dismissed as false; g2 of d1
    d       08:30  2         -2   -   -   -   -   -   -   open since, 90 min; g2 of d1
    e       09:50  2         -2   -   -   -   -   -   -   open since, 10 min; g2 of d1
    f       08:40  2                                       merged into a
    g       23:30 the day before (UTC), closed by hand after 20 min; no unit

All times are minutes after the case was known, T0 before it; it is 10:00.
"""

from datetime import timedelta, timezone
from typing import Any

import pytest

from incidents.case_records import Stamps
from incidents.cases.service import ServiceLog, Span, service_report
from incidents.records import Alert, iso
from tests.incidents.cases.told import MINUTE, detected

NOW = MINUTE + 3 * 3600.0  # MINUTE is 07:00 here
HERE = timezone(timedelta(hours=8))


def case(alert_id: str, known_min: float, minutes: dict[str, float] | None = None,
         **changes: Any) -> Alert:  # fmt: skip
    """Give a case known so many minutes after 07:00, its stamps in minutes after that."""
    known = MINUTE + 60.0 * known_min
    given = {"t1": 0.0, **(minutes or {})}
    stamps = {name: iso(known + 60.0 * after) for name, after in given.items()}
    made = detected(alert_id, at=known, **changes)
    onset = stamps.get("t0", iso(known))
    return Alert(**{
        **{name: getattr(made, name) for name in made.__struct_fields__},
        "stamps": Stamps(**stamps), "onset_time": onset,
    })  # fmt: skip


A = {"t0": -4, "t2": 2, "t3": 3, "t4": 9, "t5": 25, "t6": 30, "t7": 40}
CASES = [
    case("a", 60, A, severity=3, state="closed", unit_path=["g1", "d1"], is_confirmed=True,
         segment_id="s1", queue_segment_ids=["s1", "s2"]),
    case("b", 70, {"t0": -2, "t2": 4, "t3": 5, "t4": 15, "t5": 45}, severity=2, state="arrived",
         unit_path=["g1", "d1"], is_confirmed=True, segment_id="s2"),
    case("c", 80, {"t0": -2}, severity=2, state="dismissed", dismissed_as="false",
         unit_path=["g2", "d1"], segment_id="s7", cause="illegal_parking"),
    case("d", 90, {"t0": -2}, severity=2, unit_path=["g2", "d1"], segment_id="s8"),
    case("e", 170, {"t0": -2}, severity=2, unit_path=["g2", "d1"], segment_id="s9"),
    case("f", 100, {"t0": -2}, severity=2, state="merged", merged_into="a", segment_id="s2"),
]  # fmt: skip


def night() -> Alert:
    """Give the case of the night before in Shanghai, closed 20 minutes after it was known."""
    made = case("g", -8 * 60, {"t0": -1}, severity=2, state="closed", segment_id="s5")
    closed = iso(MINUTE - 8 * 3600.0 + 1200.0)
    return Alert(**{
        **{name: getattr(made, name) for name in made.__struct_fields__}, "event_time": closed,
    })  # fmt: skip


def test_the_whole_is_as_worked_out_by_hand() -> None:
    whole = service_report([*CASES, night()], NOW, HERE).whole
    assert (whole.case_count, whole.open_count) == (6, 3)  # f is merged; b, d, e are open
    # a after 25 of 120 min and g after 20 of 30 in time; b after 45 of 30 and d not; e may yet be
    assert (whole.due_count, whole.handled_in_time_count) == (4, 2)
    assert whole.handled_in_time_share == 0.5
    assert (whole.closed_count, whole.closed_share) == (3, 0.5)  # a, c, g
    assert (whole.confirmed_count, whole.false_count) == (2, 1)
    assert whole.precision == pytest.approx(2 / 3)
    assert (whole.secondary_count, whole.secondary_share) == (1, 0.2)  # b, of a b d e g


def test_the_spans_are_those_of_the_incident_clock() -> None:
    spans = service_report(CASES, NOW, HERE).whole.spans
    assert spans["detection"] == Span(4, 120.0, 150.0)  # 4, 2, 2, 2 min; c was no case
    assert spans["verification"] == Span(2, 180.0, 180.0)  # 2 and 4
    assert spans["dispatch"] == Span(2, 60.0, 60.0)
    assert spans["response"] == Span(2, 480.0, 480.0)  # 6 and 10
    assert spans["roadway_clearance"] == Span(2, 2100.0, 2100.0)  # 25 and 45
    assert spans["incident_clearance"] == Span(1, 1800.0, 1800.0)
    assert spans["recovery"] == Span(1, 600.0, 600.0)
    assert spans["whole"] == Span(1, 2640.0, 2640.0)


def test_a_case_counts_for_each_unit_of_its_place_and_for_its_day_in_the_city() -> None:
    report = service_report([*CASES, night()], NOW, HERE)
    counts = {unit: one.case_count for unit, one in report.by_unit.items()}
    assert counts == {"d1": 5, "g1": 2, "g2": 3}
    assert report.by_unit["g1"].handled_in_time_share == 0.5
    assert report.by_unit["g2"].precision == 0.0
    days = {day: one.case_count for day, one in report.by_day.items()}
    assert days == {"2026-09-15": 1, "2026-09-16": 5}
    assert {cause: one.case_count for cause, one in report.by_cause.items()} == {
        "illegal_parking": 1, "incident": 5,
    }  # fmt: skip


def test_the_unit_that_sees_to_a_case_counts_it_once() -> None:
    owned = case("o", 60, owner="g1", unit_path=["g1", "d1"])
    other = case("p", 60, owner="squad", unit_path=["g1"])
    report = service_report([owned, other], NOW, HERE)
    assert {unit: one.case_count for unit, one in report.by_unit.items()} == {
        "d1": 1, "g1": 2, "squad": 1,
    }  # fmt: skip


def test_a_queue_that_is_gone_is_remembered_for_those_that_began_in_it() -> None:
    log = ServiceLog()
    for one in CASES:
        log.take(one)
    shrunk = case("a", 60, A, state="closed", version=9, segment_id="s1", queue_segment_ids=[])
    log.take(shrunk)
    log.take(CASES[0])  # an older version that comes again
    assert log.report(NOW, HERE).whole.secondary_count == 1


def test_of_nothing_there_are_no_shares() -> None:
    whole = service_report([], NOW, HERE).whole
    assert (whole.case_count, whole.precision, whole.closed_share) == (0, None, None)
