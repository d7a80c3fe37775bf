"""The life of an alert."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from incidents.alerts.budget import AlarmBudget
from incidents.alerts.incident_alerts import IncidentAlerts
from incidents.alerts.tracked_alert import TrackedAlert
from incidents.judgement.suspect import Sign, Suspect
from incidents.records import Cause, CauseShare
from incidents.seen_words import Seen
from incidents.settings import JudgementSettings
from tests.incidents.city import START, avenue

AVENUE = avenue()
SETTINGS = JudgementSettings()
OPEN_AT = AlarmBudget(AVENUE.segment_count).open_at


def suspect(
    segment_id: str = "s3",
    odds: float = 9.0,
    offset_m: float = 150.0,
    cause: Cause = "incident",
    lane: int | None = None,
) -> Suspect:
    segment = AVENUE.index_of(segment_id)
    assert segment is not None
    signs = (Sign("stopped", "magnetometer", Seen("crowd", {"n": odds}), odds),)
    return Suspect(segment, offset_m, odds, signs, cause, lane)


def alerts_after(*minutes: list[Suspect]) -> IncidentAlerts:
    """Give the alerts after minutes of these suspects, the first at START."""
    alerts = IncidentAlerts(AVENUE, SETTINGS)
    for minute, suspects in enumerate(minutes):
        alerts.step(START + 60 * minute, suspects)
    return alerts


def only_alert(*minutes: list[Suspect]) -> TrackedAlert:
    """Give the one alert of these minutes."""
    (alert,) = alerts_after(*minutes).tracked
    return alert


def live(*minutes: list[Suspect]) -> list[tuple[int, str, int, str]]:
    """Give (minute, alert id, version, state) of every version."""
    alerts = IncidentAlerts(AVENUE, SETTINGS)
    versions = []
    for minute, suspects in enumerate(minutes):
        changed = alerts.step(START + 60 * minute, suspects)
        versions += [(minute, alert.alert_id, alert.version, alert.state) for alert in changed]
    return versions


def test_an_alert_opens_once_and_clears_after_some_quiet_minutes() -> None:
    versions = live([suspect()], [suspect()], *[[]] * 8)
    assert [(minute, version, state) for minute, _, version, state in versions] == [
        (0, 1, "open"),
        (1 + SETTINGS.clear_minutes, 2, "cleared"),
    ]


def test_minutes_in_which_nothing_was_measured_anywhere_clear_nothing() -> None:
    alerts = IncidentAlerts(AVENUE, SETTINGS)
    minutes = [START + 60.0 * number for number in range(40)]
    alerts.step(minutes[0], [suspect()])
    told = [
        a.evidence["data gap"].seen
        for m in minutes[1:31]
        for a in alerts.step(m, [], is_blind=True)
    ]
    assert told == ["data gap: nothing measured here since 2026-09-15T08:01:00Z, kept as it was"]
    seen = minutes[31 : 31 + SETTINGS.clear_minutes]
    versions = [alert.state for minute in seen for alert in alerts.step(minute, [])]
    assert versions == ["cleared"]


def test_a_gap_is_told_at_the_first_minute_that_tells_gaps() -> None:
    alerts = IncidentAlerts(AVENUE, SETTINGS)
    alerts.step(START, [suspect()])
    after = [START + 60.0 * number for number in range(1, 31)]
    assert not [a for m in after[:-1] for a in alerts.step(m, [], is_blind=True, tells_gaps=False)]
    (told,) = alerts.step(after[-1], [], is_blind=True)
    assert told.state == "updated" and "data gap" in told.evidence


def test_weak_suspects_open_nothing_but_keep_an_alert_open() -> None:
    weak = suspect(odds=SETTINGS.keep_at + 0.1)
    assert live([weak]) == []
    assert [state for *_, state in live([suspect()], *[[weak]] * 8)] == ["open"]


def test_a_suspect_close_by_is_the_same_incident() -> None:
    versions = live([suspect("s3", offset_m=100.0)], [suspect("s2", offset_m=250.0)])
    assert len({name for _, name, *_ in versions}) == 1


def test_a_suspect_far_away_is_another_incident() -> None:
    versions = live([suspect("s5", offset_m=290.0), suspect("s1", offset_m=10.0)])
    assert len({name for _, name, *_ in versions}) == 2


def test_an_incident_that_flares_up_again_keeps_its_alert() -> None:
    versions = live([suspect()], *[[]] * 6, [suspect()])
    assert [state for *_, state in versions] == ["open", "cleared", "updated"]
    assert len({name for _, name, *_ in versions}) == 1


def test_an_incident_lasted_until_its_signs_faded_to_half_of_their_peak() -> None:
    fading = [[suspect(odds=odds)] for odds in (8.0, 20.0, 18.0, 9.0, 7.0, 5.0)]
    assert only_alert(*fading, [], []).sure_minute == START + 120.0
    assert only_alert(*fading, [], []).strong_minute == START + 300.0


def test_a_weaker_spell_after_it_was_cleared_has_an_end_of_its_own() -> None:
    over = [[] for _ in range(SETTINGS.clear_minutes)]
    alert = only_alert([suspect(odds=30.0)], *over, [suspect(odds=9.0)], [suspect(odds=8.0)], [])
    assert alert.sure_minute == START + 60.0 * (len(over) + 2)


def test_an_incident_that_was_sure_before_a_gap_is_sure_until_its_end() -> None:
    alerts = alerts_after([suspect(odds=20.0)], [suspect(odds=5.0)])
    alerts.step(START + 120.0, [], is_blind=True)
    assert alerts.tracked[0].sure_minute == START
    alerts = alerts_after([suspect(odds=20.0)])
    alerts.step(START + 60.0, [], is_blind=True)
    assert alerts.tracked[0].sure_minute == START + 60.0


def test_an_incident_long_after_the_first_gets_its_own_alert() -> None:
    versions = live([suspect()], *[[]] * (SETTINGS.reopen_minutes + 2), [suspect()])
    assert len({name for _, name, *_ in versions}) == 2


def test_ids_follow_from_place_and_onset_alone() -> None:
    assert live([suspect()])[0][1] == f"incident-s3-{int(START)}"


def test_a_fresh_alert_is_likelier_right_than_not_and_stronger_signs_make_it_surer() -> None:
    def sureness(odds: float) -> float:
        return (
            IncidentAlerts(AVENUE, SETTINGS).step(START, [suspect(odds=odds)])[0].cause_probability
        )

    at_open, strong, very_strong = (sureness(OPEN_AT + more) for more in (0, 5, 20))
    assert 0.5 < at_open < 0.7
    assert at_open < strong < very_strong < 0.95


def test_a_weak_suspect_does_not_take_a_cleared_incident_up_again_nor_open_another() -> None:
    weak = suspect(odds=OPEN_AT - 0.1)
    quiet: list[list[Suspect]] = [[]] * 6
    assert [state for *_, state in live([suspect()], *quiet, [weak])] == ["open", "cleared"]
    strong = suspect(odds=OPEN_AT)
    assert [state for *_, state in live([suspect()], *quiet, [strong])][2:] == ["updated"]


def test_an_incident_is_remembered_for_a_quarter_of_an_hour_after_it_was_last_believed() -> None:
    def names(quiet: int) -> int:
        return len({name for _, name, *_ in live([suspect()], *[[]] * quiet, [suspect()])})

    # Believed in minute 0, it is forgotten at the end of the first minute over 15 later.
    assert (names(15), names(16)) == (1, 2)


def test_the_root_moves_to_a_stronger_place_only_once_nothing_speaks_for_the_first() -> None:
    first, near = suspect("s3", 9.0, lane=1), suspect("s2", 8.9, 250.0)
    stronger = suspect("s2", 9.1, 250.0, lane=0)

    def root(*minutes: list[Suspect]) -> tuple[str, float, int | None]:
        alert = only_alert(*minutes)
        return AVENUE.segment_ids[alert.segment], alert.offset_m, alert.lane

    assert root([first], [near]) == ("s3", 150.0, 1)
    assert root([first], [stronger, suspect("s3", 8.0)]) == ("s3", 150.0, 1)
    assert root([first], [stronger]) == ("s2", 250.0, 0)


def test_the_cause_is_that_of_most_odds_over_all_minutes_and_its_change_is_published() -> None:
    jammed, blocked = suspect(cause="signal"), suspect(odds=8.0, cause="incident")
    assert only_alert([jammed], [blocked]).cause == "signal"  # 9 to 8
    alerts = IncidentAlerts(AVENUE, SETTINGS)
    versions = [
        [(alert.cause, alert.state) for alert in alerts.step(START + 60 * minute, [each])]
        for minute, each in enumerate([jammed, blocked, blocked])
    ]
    assert versions == [[("signal", "open")], [], [("incident", "updated")]]  # 9 to 16


def test_its_probability_is_the_causes_share_of_the_odds_times_that_of_an_alert_so_strong() -> None:
    alert = only_alert([suspect(cause="signal")], *[[suspect(odds=8.0)]] * 2)
    # 16 of 25, times how often suspicions that rose to 9 were right.
    right = AlarmBudget(AVENUE.segment_count).probability(9.0)
    assert alert.cause_probability == pytest.approx(16 / 25 * right)


def test_of_each_sign_the_strongest_word_stays_with_when_it_was_first_seen() -> None:
    alert = only_alert([suspect(odds=8.0)], [suspect(odds=9.5)], [suspect(odds=8.5)])
    (evidence,) = alert.evidence.values()
    assert (evidence.values, evidence.weight) == ({"n": 9.5}, 9.5)
    assert evidence.when == "2026-09-15T08:01:00.000Z"  # the end of the first minute


def test_two_arms_of_one_stuck_signal_are_one_incident_and_two_blocked_arms_are_two() -> None:
    def arms(cause: Cause) -> list[Suspect]:
        # Both end at C; nobody can drive from the one to the other.
        return [suspect("s2", 9.0, 290.0, cause), suspect("j", 8.0, 90.0, cause)]

    assert len(alerts_after(arms("signal")).tracked) == 1
    assert len(alerts_after(arms("incident")).tracked) == 2


def test_an_arm_of_a_stuck_signal_that_nobody_leaves_is_of_it_wherever_its_first_stands() -> None:
    stuck, arm = suspect("s2", 9.0, 290.0, "signal"), suspect("j", 8.0, 40.0, "incident")
    minutes = [[stuck], *[[stuck, arm]] * 6]
    assert len(alerts_after(*minutes).tracked) == 1
    dead = replace(arm, signs=(replace(arm.signs[0], name="dead"),), lane=0)
    assert len(alerts_after([stuck], [stuck, dead]).tracked) == 2


def test_a_suspect_between_two_incidents_is_the_nearer_one() -> None:
    # 580 m apart; the third lies 240 m from the first and 340 m from the second.
    both = [suspect("s2", 9.0, 10.0), suspect("s3", 9.0, 290.0)]
    first, second = alerts_after(both, [suspect("s2", 9.0, 250.0)]).tracked
    assert (first.strong_minute - START, second.strong_minute - START) == (60.0, 0.0)


def test_a_suspect_within_an_incidents_queue_is_that_incident_however_far() -> None:
    far = suspect("s1", 9.0, 10.0)
    for queue, count in (((), 2), (("s3", "s2", "s1"), 1)):
        alerts = alerts_after([suspect("s3", offset_m=290.0)])
        alerts.tracked[0].queue = tuple(AVENUE.segment_ids.index(name) for name in queue)
        alerts.step(START + 60, [far])
        assert len(alerts.tracked) == count


def test_a_queue_that_changes_by_150_m_is_published_again() -> None:
    for change_m, is_told in ((149.0, False), (150.0, True), (-149.0, False), (-150.0, True)):
        alerts = IncidentAlerts(AVENUE, SETTINGS)
        (alert,) = alerts.step(START, [suspect()])
        alert.published_queue_m = 300.0
        alert.queue_length_m = 300.0 + change_m
        assert bool(alerts.step(START + 60, [suspect()])) == is_told
        assert alert.published_queue_m == (alert.queue_length_m if is_told else 300.0)


def test_where_many_detectors_turn_out_wrong_what_others_tell_alone_is_watched() -> None:
    alerts = IncidentAlerts(AVENUE, SETTINGS)
    alerts.step(START, [suspect()], is_unsure=True)
    assert [alert.state for alert in alerts.tracked] == ["watched"]
    assert alerts.alarms == []
    seen = replace(
        suspect(), signs=(*suspect().signs, Sign("standing", "probe", Seen("stopped"), 1.0))
    )
    alerts.step(START + 60, [seen], is_unsure=True)
    assert [alert.state for alert in alerts.alarms] == ["open"]
    again = IncidentAlerts(AVENUE, SETTINGS)
    again.step(START, [suspect()])
    assert [alert.state for alert in again.alarms] == ["open"]


def judged(cause: Cause, probability: float) -> Callable[[TrackedAlert], None]:
    """Give a judge who finds one cause, and for the rest an incident."""

    def judge(alert: TrackedAlert) -> None:
        rest = CauseShare("incident", 1.0 - probability)
        alert.causes = [CauseShare(cause, probability), rest]

    return judge


@pytest.mark.parametrize("cause", ["demand", "bus_stop"])
def test_what_demand_or_a_bus_stop_explains_is_watched_and_no_incident(cause: Cause) -> None:
    alerts = IncidentAlerts(AVENUE, SETTINGS)
    (one,) = alerts.step(START, [suspect(odds=20.0)], judge=judged(cause, 0.51))
    assert (one.state, one.is_alarm, one.causes) == ("watched", False, [])
    assert alerts.tick(START + 70.0, [suspect(odds=20.0)], judge=judged(cause, 0.51)) == []


def test_it_is_told_once_an_incident_is_as_likely_and_stays_told() -> None:
    alerts = IncidentAlerts(AVENUE, SETTINGS)
    alerts.step(START, [suspect()], judge=judged("demand", 0.8))
    (one,) = alerts.step(START + 60.0, [suspect()], judge=judged("demand", 0.5))
    assert (one.state, one.version) == ("open", 1)
    alerts.step(START + 120.0, [suspect()], judge=judged("demand", 0.9))
    assert alerts.alarms == [one]


def test_a_signal_that_is_stuck_is_an_incident_and_so_is_what_people_confirm() -> None:
    alerts = IncidentAlerts(AVENUE, SETTINGS)
    (one,) = alerts.step(START, [suspect()], judge=judged("signal", 0.9))
    assert one.is_alarm
    told = replace(suspect("s1"), is_confirmed=True)
    (other,) = alerts.step(START + 60.0, [told], judge=judged("demand", 0.9))
    assert other.is_alarm and other is not one


def test_a_queue_that_was_no_incident_does_not_count_as_a_false_alarm() -> None:
    counts = []
    for likely in (0.9, 0.1):
        alerts = IncidentAlerts(AVENUE, SETTINGS, AlarmBudget(AVENUE.segment_count))
        one = suspect(odds=OPEN_AT - 0.5)
        for minute in range(40):
            alerts.step(START + 60 * minute, [one] if minute < 2 else [])
            for alert in alerts.tracked:
                judged("demand", likely)(alert)
        counts.append(alerts.budget.false_counts.sum())
    assert counts[0] == 0.0 < counts[1]
