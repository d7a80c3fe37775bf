"""What a case can be given: the rows of the table, each with what it needs."""

import pytest
from msgspec.structs import replace

from incidents.case_records import Command
from incidents.cases.decisions import Refusal, decide
from incidents.cases.offers import offers
from incidents.cases.settings import CaseSettings
from incidents.cases.table import NEXT, possible
from incidents.records import Alert
from tests.incidents.cases.told import MINUTE, Desk, detected, place_of

SETTINGS = CaseSettings()
SAID = {
    "unit": "g1", "until": "2026-09-15T23:30:00Z", "reason": "known", "into": "d2",
    "comment": "seen", "patrol_id": "p1", "cause": "work_zone", "severity": 2,
}  # fmt: skip


def case_of(state: str) -> Alert:
    desk = Desk()
    desk.book.detect([detected()])
    return replace(desk.case(), state=state)


@pytest.mark.parametrize("state", sorted({state for state, _ in NEXT}))
def test_what_is_offered_is_what_the_table_allows_and_what_is_said_to_be_needed_is_enough(
    state: str,
) -> None:
    case = case_of(state)
    offered = offers(case, MINUTE + 60, SETTINGS)
    assert [offer.action for offer in offered] == possible(case.state)
    for offer in offered:
        assert offer.leads_to == NEXT[case.state, offer.action]
        named = [*offer.needs, *offer.needs_any[:1]]
        if {"lane_impact", "longitude"} & set(named):
            continue
        said = {name: SAID[name] for name in named}
        command = Command("c1", offer.action, "li", "d1", **said)
        assert not isinstance(decide(case, command, MINUTE + 60, SETTINGS, place_of), Refusal)
        for name in offer.needs:
            less = replace(command, **{name: None})
            assert isinstance(decide(case, less, MINUTE + 60, SETTINGS, place_of), Refusal)


def test_what_ended_long_ago_is_not_offered_to_be_opened_again() -> None:
    case = case_of("dismissed")
    late = MINUTE + 60 + SETTINGS.reopen_s + 60
    assert "reopen" not in [offer.action for offer in offers(case, late, SETTINGS)]


def test_closing_asks_for_a_reason_only_where_the_clock_is_not_complete() -> None:
    (close,) = [o for o in offers(case_of("cleared"), MINUTE, SETTINGS) if o.action == "close"]
    assert close.needs == ("reason",) and "t2" in close.because
    desk = Desk()
    desk.book.detect([detected()])
    desk.tell("confirm")
    desk.tell("dispatch", patrol_id="p1")
    for action in ("arrive", "clear", "verify"):
        desk.tell(action)
    (close,) = [o for o in offers(desk.case(), MINUTE, SETTINGS) if o.action == "close"]
    assert close.needs == () and desk.tell("close").is_accepted
