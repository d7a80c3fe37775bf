import numpy as np
import pytest

from congestion.detectors.around import pairs_beside
from congestion.detectors.likelihood import changed, unlike
from congestion.detectors.lost_flow import LostFlow
from congestion.region import region_of
from tests.congestion.detectors.test_health import region
from tests.drawing import draw
from tests.roadside import roadside


def test_minutes_without_a_vehicle_count_in_the_flow_once_one_has_come():
    flow = LostFlow(region(1))
    for count in [6.0] * 20 + [0.0] * 4 + [6.0]:
        flow.step(np.ones(1, bool), np.array([count]), np.zeros(1), np.ones(1, bool))
    # 21 x 6 vehicles in 20 + 4 + 1 minutes, and 6 minutes of prior.
    assert flow.flow[0] == pytest.approx(126.0 / 31.0)


def test_two_rates_are_as_unlike_as_their_likelihood_ratio_says():
    ten_to_none = changed(np.array([10.0]), np.array([5.0]), np.zeros(1), np.array([5.0]))
    # Rates of 10.25 / 5.5 before and 10.5 / 11 over all: 10 ln(1.8636 / 0.9545).
    assert ten_to_none[0] == pytest.approx(6.691, abs=1e-3)


def counted(flow: LostFlow, minutes: int, first: float, second: float, witnesses: bool) -> None:
    """Let two lanes count so many vehicles a minute; the second may be no witness of the first."""
    for _ in range(minutes):
        flow.step(
            np.ones(2, bool), np.array([first, second]), np.zeros(2), np.array([True, witnesses])
        )


def test_a_lane_without_witnesses_has_lost_two_fifths_of_its_flow():
    flow = LostFlow(region(2))
    counted(flow, 24, 6.0, 6.0, witnesses=False)
    counted(flow, 30, 0.0, 6.0, witnesses=False)
    # 144 vehicles in 24 minutes and 6 of prior: 4.8 a minute, of which 0.4 are believed due.
    assert flow.lost()[0] == pytest.approx(4.8 * 30 * 0.4)


def test_what_the_lane_beside_took_over_is_lost_only_after_forty_minutes():
    flow = LostFlow(region(2))
    counted(flow, 24, 6.0, 6.0, witnesses=True)
    counted(flow, 30, 0.0, 6.0, witnesses=True)
    # Beside it 180 came; due there was its flow of each minute, 6 (24 + k) / (30 + k).
    due = sum(6.0 * (24 + k) / (30 + k) for k in range(30))
    assert flow.lost()[0] == pytest.approx(4.8 * 30 - (180.0 - due))
    counted(flow, 10, 0.0, 6.0, witnesses=True)
    assert flow.lost()[0] == pytest.approx(4.8 * 40)
    assert flow.passed_around()[0] == 240.0


def test_a_road_that_empties_has_lost_next_to_nothing():
    flow = LostFlow(region(2))
    counted(flow, 24, 6.0, 6.0, witnesses=True)
    counted(flow, 30, 0.0, 0.0, witnesses=True)
    # 144 were due beside it and none came: (0 + 0.4 x 10) / (144 + 10) of its 144 are due.
    assert flow.lost()[0] == pytest.approx(144.0 * 4.0 / 154.0)


def test_nothing_is_lost_where_a_flow_is_known_from_under_ten_minutes_and_after_a_vehicle():
    flow = LostFlow(region(2))
    counted(flow, 9, 6.0, 6.0, witnesses=True)
    counted(flow, 60, 0.0, 6.0, witnesses=True)
    assert flow.lost()[0] == 0.0
    counted(flow, 1, 6.0, 6.0, witnesses=True)
    counted(flow, 30, 0.0, 6.0, witnesses=True)
    assert flow.lost()[0] > 0.0
    counted(flow, 1, 6.0, 6.0, witnesses=True)
    assert flow.lost()[0] == 0.0


def test_two_shares_are_as_unlike_as_their_likelihood_ratio_says():
    ten, none, five = np.array([10.0]), np.zeros(1), np.array([5.0])
    # All on the one lane, then on the other: 2 (10.5 ln(10.5 x 22 / 121) + 0.5 ln(0.5 x 22 / 121)).
    assert unlike(ten, none, none, ten)[0] == pytest.approx(11.181, abs=1e-3)
    assert unlike(ten, ten, five, five)[0] == pytest.approx(0.0, abs=1e-9)


def test_detectors_are_pairs_on_one_segment_within_reach():
    road = draw("A-a>B-b>C", cell_m=50)
    where = {"M0": ("a", 60.0), "M1": ("a", 85.0), "M2": ("a", 100.0), "M3": ("b", 60.0)}
    placed = region_of(road.network, 0, roadside(road, detectors=where))
    first, second = pairs_beside(placed, 30.0)
    names = list(placed.detector_index)
    found = {
        frozenset((names[one], names[other])) for one, other in zip(first, second, strict=True)
    }
    assert found == {frozenset(("M0", "M1")), frozenset(("M1", "M2"))}
