"""The measures of alarm load, on alerts made by hand."""

from typing import Any

import msgspec
import pytest

from incidents.case_records import CaseEvent
from incidents.records import Alert, State, iso
from incidents.scoring.alarm_load import AlarmLog, AlarmSource, alarm_load
from tests.incidents.scoring.test_incidents import alert as plain

START = 1_789_515_000.0
HOUR = 3600.0


def alert(
    name: str,
    *happened: tuple[float, str],
    severity: int = 1,
    state: State = "open",
    segment: str = "AB",
) -> Alert:
    """Give the version of an alert to which these things have happened, minutes after START."""
    log = [
        CaseEvent(number, iso(START + 60.0 * minute), "detector", action)  # type: ignore[arg-type]
        for number, (minute, action) in enumerate(happened, 1)
    ]
    return msgspec.structs.replace(
        plain(name, "00:00:00", segment), version=len(log), event_time=log[-1].time, log=log,
        severity=severity, state=state,
    )  # fmt: skip


def load(*alerts: Alert, hours: float = 1.0, **more: Any):
    return alarm_load(alerts, START, START + hours * HOUR, **more)


def test_each_alarm_counts_once_however_many_versions_it_has() -> None:
    first = alert("a", (1, "open"))
    second = alert("a", (1, "open"), (2, "seen"), (3, "seen"), state="updated")
    both = load(first, second, alert("b", (30, "open")), hours=2.0)
    assert (both.alarm_count, both.alarms_per_operator_hour) == (2, 1.0)
    assert load(second, first).alarm_count == 1  # in any order
    assert load(second).alarm_count == 1  # and where the older version is gone


def test_what_is_only_watched_and_what_came_before_are_no_alarms() -> None:
    watched = alert("a", (1, "open"), state="watched")
    assert load(watched, alert("b", (-5, "open"))).alarm_count == 0


def test_an_alert_that_is_back_after_it_was_cleared_calls_again() -> None:
    back = alert("a", (1, "open"), (9, "quiet"), (12, "seen_again"), (13, "seen"), state="updated")
    assert (load(back).alarm_count, load(back).returned_count) == (2, 1)
    seen = alert("a", (1, "open"), (5, "seen_again"), state="updated")  # it had not been cleared
    assert (load(seen).alarm_count, load(seen).returned_count) == (1, 0)


def test_alerts_without_a_log_call_with_their_first_version_and_when_they_are_back() -> None:
    def version(number: int, minute: float, state: State) -> Alert:
        time = iso(START + 60.0 * minute)
        one = plain("a", "00:00:00", version=number, state=state)
        return msgspec.structs.replace(one, event_time=time)

    told = [version(1, -5, "open"), version(2, 5, "updated")]
    assert load(*told).alarm_count == 0  # it came before
    back = [version(1, 1, "open"), version(2, 9, "cleared"), version(3, 12, "updated")]
    assert (load(*back).alarm_count, load(*back).returned_count) == (2, 1)


def test_more_than_ten_alarms_in_ten_minutes_are_a_flood() -> None:
    eleven = [alert(f"a{n}", (n * 0.5, "open")) for n in range(11)]
    told = load(*eleven)
    assert told.most_in_ten_minutes == 11
    assert told.flood_share == pytest.approx(1 / 6)
    assert load(*eleven[:10]).flood_share == 0.0
    two = load(*eleven, operator_count=2)
    assert (two.most_in_ten_minutes, two.flood_share) == (6, 0.0)
    assert two.alarms_per_operator_hour == 5.5


def test_the_most_frequent_places_are_named_with_their_share() -> None:
    alerts = [alert(f"x{n}", (6.0 * n, "open"), segment="BC") for n in range(4)]
    alerts += [alert(f"y{n}", (6.0 * n, "open"), segment=f"s{n:02d}") for n in range(12)]
    told = load(*alerts, hours=2.0)
    assert told.top_sources[0] == AlarmSource("BC", 4)
    assert len(told.top_sources) == 10
    assert told.top_sources_share == pytest.approx((4 + 9) / 16)


def test_three_alarms_of_one_place_in_ten_minutes_are_chatter() -> None:
    often = [alert(f"a{n}", (4.0 * n, "open"), segment="BC") for n in range(3)]
    seldom = [alert(f"b{n}", (6.0 * n, "open"), segment="CD") for n in range(3)]
    assert load(*often, *seldom).chattering == ["BC"]


def test_a_severity_that_goes_and_comes_back_within_ten_minutes_flaps() -> None:
    def versions(name: str, *told: tuple[float, int]) -> list[Alert]:
        happened = [(minute, "seen" if minute > told[0][0] else "open") for minute, _ in told]
        return [
            alert(name, *happened[: n + 1], severity=grade) for n, (_, grade) in enumerate(told)
        ]

    flaps = versions("a", (1, 3), (2, 4), (3, 3))
    slow = versions("b", (1, 3), (2, 4), (15, 3))
    rises = versions("c", (1, 2), (2, 3), (3, 4))
    assert load(*flaps, *slow, *rises).flapping == ["a"]


def test_shares_are_of_the_gravest_severity_of_each_alert() -> None:
    rose = [alert("a", (1, "open"), severity=2), alert("a", (1, "open"), (2, "seen"), severity=4)]
    others = [alert(f"b{n}", (1, "open"), severity=1 + n % 3) for n in range(3)]
    assert load(*rose, *others).shares_by_severity == {"top": 0.25, "middle": 0.25, "lower": 0.5}


def test_an_alarm_is_stale_that_stands_for_a_day_or_all_of_a_shorter_time() -> None:
    old = alert("old", (5, "open"), state="updated")
    new = alert("new", (30, "open"))
    gone = alert("gone", (5, "open"), (40, "quiet"), state="cleared")
    told = load(old, new, gone)
    assert (told.standing, told.standing_at_end) == (["old"], 2)
    two_days = load(old, alert("new", (60 * 25.0, "open")), hours=48.0)
    assert two_days.standing == ["old"]


def test_a_time_without_alarms_has_no_shares() -> None:
    told = load()
    assert (told.alarm_count, told.top_sources_share, told.shares_by_severity) == (0, None, None)
    assert (told.most_in_ten_minutes, told.flood_share) == (0, 0.0)


def test_an_empty_time_or_nobody_to_see_to_it_is_refused() -> None:
    with pytest.raises(ValueError, match="expected an end after the start and an operator"):
        alarm_load([], START, START)
    with pytest.raises(ValueError, match="operator_count 0"):
        load(operator_count=0)


def test_what_is_over_is_forgotten_and_what_stands_is_not() -> None:
    log = AlarmLog()
    for one in (
        alert("gone", (5, "open"), (8, "quiet"), state="cleared"),
        alert("stands", (5, "open"), severity=3),
    ):
        log.take(one)
    log.forget(START + HOUR)
    assert log.load(START, START + HOUR).alarm_count == 1
