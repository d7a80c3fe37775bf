import numpy as np
import pytest

from congestion.detectors.guard import Guard

DAY_S = 86_400.0


def accused(guard: Guard, minute: float, number: int, reporting: int = 40) -> dict[str, int]:
    """Let the test `length` accuse so many of the detectors that report; give who withdrew."""
    guard.step(minute, {"length": np.arange(reporting) < number}, reporting)
    return guard.withdrawn


@pytest.mark.parametrize(
    ("reporting", "number", "withdraws"),
    [(40, 3, False), (40, 4, True), (200, 6, False), (200, 7, True), (5, 3, False), (5, 4, True)],
)
def test_a_test_that_accuses_more_than_three_and_three_per_cent_withdraws(
    reporting, number, withdraws
):
    found = accused(Guard(("length",)), 0.0, number, reporting)
    assert found == ({"length": number} if withdraws else {})


def test_a_withdrawn_test_speaks_again_a_day_after_it_last_accused_too_many():
    guard = Guard(("length",))
    accused(guard, 0.0, 9)
    assert accused(guard, DAY_S - 60.0, 1) == {"length": 9}
    assert accused(guard, DAY_S, 1) == {}


def test_a_restored_guard_goes_on_as_before():
    guard, again = Guard(("length",)), Guard(("length",))
    accused(guard, 0.0, 9)
    again.restore(guard.snapshot())
    assert again.withdrawn == {"length": 9}


def test_a_test_was_right_if_those_whom_it_accused_are_explained_later():
    guard, nobody, nine = Guard(("length",)), np.zeros(40, np.bool_), np.arange(40) < 9
    guard.step(0.0, {"length": nine}, 40, nobody)
    guard.step(60.0, {"length": nobody}, 40, np.arange(40) < 5)
    assert guard.withdrawn == {"length": 9}  # four of the nine are not
    guard.step(120.0, {"length": nobody}, 40, np.arange(40) < 6)
    assert guard.withdrawn == {}
