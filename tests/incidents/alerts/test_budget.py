"""The false alarms that a city bears say how strong signs must be."""

import pytest

from incidents.alert_settings import BudgetSettings
from incidents.alerts.budget import AlarmBudget, AlarmRates
from incidents.alerts.incident_alerts import IncidentAlerts
from tests.incidents.alerts.test_incident_alerts import AVENUE, SETTINGS, START, suspect

RATES = AlarmRates((4.0, 6.0, 8.0, 10.0), (16.0, 4.0, 1.0, 0.25), (0.1, 0.3, 0.6, 0.9))


def budget(segments: int = 4000, **settings: float) -> AlarmBudget:
    return AlarmBudget(segments, BudgetSettings(**settings), RATES)


def test_false_alarms_are_borne_by_the_number_of_segments() -> None:
    assert budget(false_alarms_per_hour=1.0).open_at == pytest.approx(8.0)
    assert budget(40_000).open_at == pytest.approx(budget().open_at)  # ten times as many are borne
    assert budget(40_000, false_alarms_per_hour=2.5).open_at == pytest.approx(10.0)


def test_what_lies_between_two_odds_of_the_table_is_found_between_them() -> None:
    assert budget(false_alarms_per_hour=2.0).open_at == pytest.approx(7.0)
    assert budget(false_alarms_per_hour=100.0).open_at == 4.0
    assert budget(false_alarms_per_hour=0.01).open_at == 10.0


def test_the_watch_list_takes_more_and_never_less() -> None:
    assert budget(watched_per_hour=4.0).watch_at == pytest.approx(6.0)
    assert budget(watched_per_hour=0.1).watch_at == budget().open_at


def test_a_city_with_more_false_suspicions_needs_stronger_signs() -> None:
    noisy, calm = budget(prior_hours=1.0), budget(prior_hours=1.0)
    for _ in range(30):
        noisy.take(9.0)
    for city in (noisy, calm):
        city.pass_minutes(300.0)
    assert calm.open_at < budget().open_at < noisy.open_at


def test_suspicions_that_were_surely_right_are_left_out() -> None:
    city = budget(prior_hours=1.0)
    before = city.rates()
    sure = AlarmBudget(4000, BudgetSettings(prior_hours=1.0), AlarmRates(
        RATES.odds, RATES.false_per_hour, (0.1, 0.3, 0.6, 1.0)
    ))  # fmt: skip
    sure.take(12.0)
    assert sure.rates().tolist() == before.tolist()


def test_a_snapshot_goes_on_and_another_citys_does_not_fit() -> None:
    one, again = budget(), budget()
    one.take(9.0)
    one.pass_minutes(60.0)
    again.restore(one.snapshot())
    assert again.rates().tolist() == one.rates().tolist()
    with pytest.raises(ValueError, match="segment_count"):
        budget(9000).restore(one.snapshot())


def test_a_suspicion_is_watched_and_becomes_an_alarm_with_versions_of_its_own() -> None:
    alerts = IncidentAlerts(AVENUE, SETTINGS)
    weak = suspect(odds=alerts.budget.watch_at)
    told = []
    for minute, suspects in enumerate([[weak], [weak], [suspect(odds=14.0)], *[[]] * 8]):
        changed = alerts.step(START + 60.0 * minute, suspects)
        told += [(minute, a.state, a.version, a.is_alarm) for a in changed]
    assert told == [(0, "watched", 1, False), (2, "open", 1, True), (7, "cleared", 2, True)]


def test_a_suspicion_that_comes_to_nothing_is_cleared_and_never_an_alarm() -> None:
    alerts = IncidentAlerts(AVENUE, SETTINGS)
    weak = suspect(odds=alerts.budget.watch_at)
    told = []
    for minute, suspects in enumerate([[weak], *[[]] * 8]):
        changed = alerts.step(START + 60.0 * minute, suspects)
        told += [(a.state, a.is_alarm) for a in changed]
    assert told == [("watched", False), ("cleared", False)]
    assert alerts.alarms == []
