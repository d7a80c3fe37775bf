"""The life of an alert."""

from incidents.alerts.incidents import AlertBook, Case
from incidents.judgement import Sign, Suspect
from incidents.settings import JudgementSettings
from tests.incidents.city import START, avenue

AVENUE = avenue()
SETTINGS = JudgementSettings()


def suspect(segment_id: str = "s3", odds: float = 9.0, offset_m: float = 150.0) -> Suspect:
    segment = AVENUE.index_of(segment_id)
    assert segment is not None
    return Suspect(
        segment, offset_m, odds, (Sign("stopped", "magnetometer", "flow", odds),), "incident"
    )


def live(*minutes: list[Suspect]) -> list[tuple[int, str, int, str]]:
    """Give (minute, alert id, version, state) of every version told."""
    book = AlertBook(AVENUE, SETTINGS)
    told = []
    for minute, suspects in enumerate(minutes):
        cases: list[Case] = book.step(START + 60 * minute, suspects)
        told += [(minute, case.alert_id, case.version, case.state) for case in cases]
    return told


def test_an_alert_opens_once_and_clears_after_some_quiet_minutes() -> None:
    told = live([suspect()], [suspect()], *[[]] * 8)
    assert [(minute, version, state) for minute, _, version, state in told] == [
        (0, 1, "open"),
        (1 + SETTINGS.clear_minutes, 2, "cleared"),
    ]


def test_minutes_in_which_nothing_was_measured_anywhere_clear_nothing() -> None:
    book = AlertBook(AVENUE, SETTINGS)
    minutes = [START + 60.0 * number for number in range(40)]
    book.step(minutes[0], [suspect()])
    assert not any(book.step(minute, [], is_blind=True) for minute in minutes[1:31])
    seen = minutes[31 : 31 + SETTINGS.clear_minutes]
    told = [case.state for minute in seen for case in book.step(minute, [])]
    assert told == ["cleared"]


def test_weak_suspects_open_nothing_but_keep_an_alert_open() -> None:
    weak = suspect(odds=SETTINGS.keep_at + 0.1)
    assert live([weak]) == []
    assert [state for *_, state in live([suspect()], *[[weak]] * 8)] == ["open"]


def test_a_suspect_close_by_is_the_same_incident() -> None:
    told = live([suspect("s3", offset_m=100.0)], [suspect("s2", offset_m=250.0)])
    assert len({name for _, name, *_ in told}) == 1


def test_a_suspect_far_away_is_another_incident() -> None:
    told = live([suspect("s5", offset_m=290.0), suspect("s1", offset_m=10.0)])
    assert len({name for _, name, *_ in told}) == 2


def test_an_incident_that_flares_up_again_keeps_its_alert() -> None:
    told = live([suspect()], *[[]] * 6, [suspect()])
    assert [state for *_, state in told] == ["open", "cleared", "updated"]
    assert len({name for _, name, *_ in told}) == 1


def test_an_incident_long_after_the_first_gets_its_own_alert() -> None:
    told = live([suspect()], *[[]] * (SETTINGS.reopen_minutes + 2), [suspect()])
    assert len({name for _, name, *_ in told}) == 2


def test_ids_follow_from_place_and_onset_alone() -> None:
    assert live([suspect()])[0][1] == f"incident-s3-{int(START)}"


def test_a_fresh_alert_is_likelier_right_than_not_and_stronger_signs_make_it_surer() -> None:
    def sureness(odds: float) -> float:
        return AlertBook(AVENUE, SETTINGS).step(START, [suspect(odds=odds)])[0].cause_probability

    at_open, strong, very_strong = (sureness(SETTINGS.open_at + more) for more in (0, 5, 20))
    assert 0.5 < at_open < 0.7
    assert at_open < strong < very_strong < 0.95
