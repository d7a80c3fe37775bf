"""Whom and what a command names must be known, where anything of its kind is."""

import pytest

from incidents.case_records import Command
from incidents.cases.book import CaseBook
from incidents.dispatch.known_names import KnownNames
from tests.incidents.cases.told import MINUTE, detected, place_of

KNOWN = KnownNames({"g1", "tow-1"}, {"p1", "p2"}, {"crash"})


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ({"patrol_id": "p9"}, "patrol_id 'p9' is not known, expected one such as p1, p2"),
        ({"unit": "g7"}, "unit 'g7' is not known, expected one such as g1"),
        ({"unit": "g1", "plan": "crsh"}, "plan 'crsh' is not known, expected one such as crash"),
    ],
)
def test_who_or_what_nobody_knows_is_not_sent_and_nothing_changes(
    named: dict[str, str], says: str
) -> None:
    book = CaseBook(place_of, why_unknown=KNOWN.why_unknown)
    book.detect([detected()])
    before = book.case("d1")
    refused = book.take(Command("c1", "dispatch", "li", "d1", **named), MINUTE)  # type: ignore[arg-type]
    assert (refused.answer, refused.version) == ("impossible", 1)
    assert says in (refused.reason or "")
    assert book.case("d1") is before


def test_who_and_what_is_known_is_sent() -> None:
    book = CaseBook(place_of, why_unknown=KNOWN.why_unknown)
    book.detect([detected()])
    command = Command("c1", "dispatch", "li", "d1", patrol_id="p1", unit="tow-1", plan="crash")
    assert book.take(command, MINUTE).is_accepted


def test_that_a_case_has_changed_is_told_before_a_name_that_is_not_known() -> None:
    book = CaseBook(place_of, why_unknown=KNOWN.why_unknown)
    book.detect([detected()])
    command = Command("c1", "dispatch", "li", "d1", expected_version=7, patrol_id="p9")
    assert book.take(command, MINUTE).answer == "stale"


def test_where_nothing_of_a_kind_is_known_every_name_counts() -> None:
    command = Command("c1", "dispatch", "li", "d1", patrol_id="p9", unit="g7", plan="x")
    assert KnownNames().why_unknown(command) is None
