"""Queues that stand short of the stop line."""

from math import log

import numpy as np
import pytest

from congestion.records import Sighting
from incidents.signs.standing_short import StandingShort
from tests.incidents.city import avenue

AVENUE = avenue()
S2 = AVENUE.index_of("s2") or 0
LENGTH_M = float(AVENUE.length_m[S2])


def stand(vehicle: str, from_end_m: float, since: float = 0.0) -> tuple[int, Sighting]:
    """Give a vehicle that stands so far from the end of s2."""
    return S2, Sighting(
        "probe", "standing_vehicle", vehicle, "s2", LENGTH_M - from_end_m, since, since + 120.0
    )


def watcher(*, has_detector: bool = False) -> StandingShort:
    return StandingShort(AVENUE, np.full(AVENUE.segment_count, has_detector))


def jam(minutes: float) -> np.ndarray:
    return np.where(np.arange(AVENUE.segment_count) == S2, minutes, 0.0)


def odds(watch: StandingShort, *stands: tuple[int, Sighting], minutes: float = 1.0) -> float:
    return float(watch.step(stands, jam(minutes))[S2])


def test_a_queue_that_begins_at_the_line_is_not_short() -> None:
    assert LENGTH_M >= 200.0
    assert odds(watcher(), stand("a", 5.0), stand("b", 60.0), stand("c", 150.0)) == 0.0
    assert odds(watcher(), stand("a", 29.0), stand("b", 60.0)) == 0.0  # GPS errs by so much


def test_who_stands_close_together_far_from_the_line_stands_short() -> None:
    # A gap of 130 - 30 m before a spread of 30 + 20 m: all but the foremost are by chance behind
    # it with a probability of (50 / 150) each.
    three = odds(watcher(), stand("a", 130.0), stand("b", 145.0), stand("c", 160.0))
    assert three == pytest.approx(2 * log(3))


def test_one_vehicle_alone_says_nothing_however_far_from_the_line() -> None:
    assert odds(watcher(), stand("a", 200.0)) == 0.0


def test_the_vehicles_of_all_minutes_of_a_queue_count_each_stand_once() -> None:
    watch = watcher()
    first = odds(watch, stand("a", 130.0), stand("b", 160.0))
    assert odds(watch, stand("a", 130.0), stand("b", 160.0), minutes=2.0) == first
    assert odds(watch, stand("c", 150.0), minutes=3.0) == pytest.approx(2 * first)
    # One that moved up and stands again is one more; one near the line ends it all.
    assert odds(watch, stand("c", 140.0, since=99.0), minutes=4.0) == pytest.approx(3 * first)
    assert odds(watch, stand("d", 10.0), minutes=5.0) == 0.0


def test_a_queue_that_has_gone_is_forgotten_but_for_where_it_began() -> None:
    watch = watcher()
    assert odds(watch, stand("a", 130.0), stand("b", 145.0)) > 0
    assert odds(watch, minutes=0.0) == 0.0
    # There is a line of its own: a queue there, or just behind, is an ordinary one.
    assert odds(watch, stand("c", 125.0), stand("d", 145.0)) == 0.0
    assert odds(watch, minutes=0.0) == 0.0
    assert odds(watch, stand("e", 152.0), stand("f", 160.0)) == 0.0


def test_a_queue_that_began_behind_a_later_one_was_no_line_for_it() -> None:
    watch = watcher()
    assert odds(watch, stand("a", 190.0), stand("b", 195.0)) > 0
    assert odds(watch, minutes=0.0) == 0.0
    assert odds(watch, stand("c", 130.0), stand("d", 160.0)) == pytest.approx(log(3))


def test_where_there_are_detectors_they_see_whether_the_line_is_empty() -> None:
    watch = watcher(has_detector=True)
    assert odds(watch, stand("a", 130.0), stand("b", 145.0), stand("c", 160.0)) == 0.0


def test_it_goes_on_from_what_was_saved() -> None:
    first, second = watcher(), watcher()
    odds(first, stand("a", 130.0), stand("b", 160.0))
    odds(first, minutes=0.0)
    odds(first, stand("c", 60.0), stand("d", 90.0))
    second.restore(first.snapshot())
    again = stand("c", 60.0), stand("e", 95.0)
    assert odds(second, *again, minutes=2.0) == odds(first, *again, minutes=2.0) > 0
