"""In a city that only buses show, a stop is no jam, and one that many buses crawl through is."""

import numpy as np
import pytest

from congestion.kernels.probes import TIME
from congestion.region import region_of
from congestion.seen.sums import OF_BUSES, OF_TAXIS, PASSES, REPORTED, SUM_FIELDS
from congestion.states.bus_usual import BusUsual, shown_by_buses
from congestion.states.fusion import Estimate
from tests.drawing import draw
from tests.roadside import roadside

ROAD = draw("A-a>B-b>C", cell_m=50, free_speed_kmh=36)  # free at 10 m/s
REGION = region_of(ROAD.network, 0, roadside(ROAD))
BOTH, FIRST = np.array([True, True]), np.array([True, False])


def after(minutes: int, mps: float, seen: np.ndarray = BOTH) -> BusUsual:
    """Give what is usual after so many minutes at a speed."""
    usual = BusUsual(REGION)
    for _ in range(minutes):
        usual.step(seen, np.full(2, mps))
    return usual


def test_before_any_bus_the_speed_of_a_free_city_is_usual():
    assert BusUsual(REGION).usual_mps == pytest.approx([10.0, 10.0])


def test_a_segment_begins_with_its_class_and_comes_to_its_own():
    usual = after(60, 5.0, FIRST)
    # Sixty minutes at half and sixty of the free city: the class is at 0.75.
    of_class = (60 * 0.5 + 60) / 120
    own = (60 * 0.5 + 10 * of_class) / 70
    assert usual.usual_mps == pytest.approx([10.0 * own, 10.0 * of_class])


def test_a_bus_that_stands_is_drawn_to_what_is_usual_by_what_each_is_sure_of():
    usual = after(6000, 5.0)
    place = usual.usual_mps[0]
    drawn = usual.drawn(Estimate(np.full(2, 1.0), np.full(2, 2.0)))
    weights = 1 / 2.0**2, 1 / (0.25 * place) ** 2
    expected = (weights[0] * 1.0 + weights[1] * place) / sum(weights)
    assert drawn.speed_mps == pytest.approx([expected] * 2)
    assert drawn.std_mps.tolist() == [2.0, 2.0]


def test_free_flow_is_no_faster_than_buses_show_it():
    usual = after(6000, 3.0)
    assert usual.free_flow(np.array([10.0, 1.0])) == pytest.approx([usual.usual_mps[0] / 0.75, 1.0])


def test_a_taxi_a_detector_or_a_camera_tells_more_than_buses():
    sums = np.zeros((2, SUM_FIELDS))
    assert not shown_by_buses(sums)
    sums[0, OF_BUSES + TIME] = 30.0
    assert shown_by_buses(sums)
    for field in (OF_TAXIS + TIME, REPORTED, PASSES):
        others = sums.copy()
        others[1, field] = 1.0
        assert not shown_by_buses(others)


def test_what_is_usual_is_saved():
    usual, again = after(30, 4.0), BusUsual(REGION)
    again.restore(usual.snapshot())
    assert again.usual_mps.tolist() == usual.usual_mps.tolist()
