"""Greens that did not serve their queue, from detectors with the signal's phases and without."""

import numpy as np
import pytest

from benchmarks.sensors.split_failures import (
    GREEN,
    RED,
    YELLOW,
    by_phases,
    by_rhythm,
    joined,
    kappa,
    occupied,
    share,
)
from ingest.kernels.arrays import Floats

CYCLE = [(0.0, GREEN), (20.0, YELLOW), (24.0, RED)]


def spans(*of: tuple[float, float]) -> Floats:
    return np.array(of, np.float64).reshape(-1, 2)


def test_a_detector_is_occupied_from_on_to_off_and_a_lost_off_is_no_span() -> None:
    found = occupied([1.0, 2.0, 5.0, 6.0, 9.0], [True, False, True, True, False])
    assert found.tolist() == [[1.0, 2.0], [5.0, 9.0]]
    assert len(occupied([1.0], [True])) == 0


def test_two_detectors_are_occupied_while_either_is() -> None:
    both = joined([spans((0, 4), (10, 12)), spans((3, 6))])
    assert both.tolist() == [[0.0, 6.0], [10.0, 12.0]]
    assert share(both, 0.0, 12.0) == pytest.approx(8 / 12)


def test_a_green_fails_where_it_and_the_red_after_it_are_full() -> None:
    assert by_phases(spans((0, 17), (24, 29)), CYCLE) == [0.0]
    assert by_phases(spans((0, 15), (24, 29)), CYCLE) == []  # three quarters of the green
    assert by_phases(spans((0, 17), (26, 40)), CYCLE) == []  # three fifths of five seconds


def test_a_green_that_never_gave_yellow_is_no_cycle() -> None:
    assert by_phases(spans((0, 40)), [(0.0, GREEN), (24.0, RED)]) == []


def test_by_its_rhythm_a_green_fails_where_vehicles_follow_closely_to_the_next_wait() -> None:
    close = spans((0, 20), (21, 23), (24, 26), (27, 60))
    assert by_rhythm(close, 1.5, 0.5) == [20.0]
    assert by_rhythm(close, 0.5, 0.5) == []
    assert by_rhythm(spans((0, 20), (21, 23), (40, 60)), 1.5, 0.0) == []  # the queue was gone
    assert by_rhythm(spans((0, 20)), 1.5, 0.5) == []


def test_kappa_is_what_is_agreed_beyond_chance() -> None:
    # Of ten, four and five yes, three of them shared: 0.7 agreed, 0.5 by chance.
    told, true = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0], [1, 1, 1, 0, 1, 1, 0, 0, 0, 0]
    assert kappa(told, true) == pytest.approx((0.7, 0.4))
