import numpy as np
import pytest

from congestion.detectors.likelihood import changed
from congestion.detectors.lost_flow import LostFlow
from tests.congestion.detectors.test_health import region


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
