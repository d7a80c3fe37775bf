"""Whose a case is: the units of its place, which move with it."""

from incidents.case_records import Command
from incidents.cases.book import CaseBook
from incidents.cases.case import replay
from incidents.records import Alert
from tests.incidents.cases.told import MINUTE, detected, place_of

UNITS = {"s1": ("g1", "north", "city"), "s2": ("g2", "north", "city")}


def book() -> CaseBook:
    """Give a book of a city of two grids."""
    return CaseBook(place_of, units_at=lambda segment_id, _: UNITS.get(segment_id, ()))


def case_of(made: CaseBook, alert_id: str = "d1") -> Alert:
    """Give a case, whose log must give it."""
    case = made.case(alert_id)
    assert case is not None and replay(case.log, case) == case
    return case


def test_a_case_is_of_the_units_of_its_place_and_moves_with_it() -> None:
    made = book()
    made.detect([detected()])
    assert case_of(made).responsible_unit == "g1"
    assert case_of(made).unit_path == ["g1", "north", "city"]
    made.detect([detected(version=2, segment_id="s2")])
    assert case_of(made).unit_path == ["g2", "north", "city"]
    made.detect([detected(version=3, segment_id="s7")])
    assert (case_of(made).unit_path, case_of(made).responsible_unit) == ([], None)


def test_a_case_stays_with_the_units_of_the_place_that_somebody_said() -> None:
    made = book()
    made.detect([detected()])
    assert made.take(Command("c", "edit", "li", "d1", segment_id="s2"), MINUTE).is_accepted
    made.detect([detected(version=2, segment_id="s1")])
    assert case_of(made).unit_path == ["g2", "north", "city"]


def test_a_case_that_an_operator_makes_has_its_units_at_once() -> None:
    made = book()
    told = made.take(Command("c", "create", "li", segment_id="s1"), MINUTE)
    assert case_of(made, told.alert_id or "").unit_path == ["g1", "north", "city"]
