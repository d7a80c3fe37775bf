"""Free flow and the usual speed, by the steps and by what they come to in the end."""

from math import exp

import numpy as np
import pytest

from congestion.profile.week import RUNGS
from congestion.region import region_of
from congestion.roadside import Roadside
from congestion.states.estimator import StateEstimator
from congestion.states.free_flow import SpeedPercentiles
from tests.congestion.fusions import stated
from tests.congestion.states.test_estimator import START, progress, row
from tests.drawing import draw

ROAD = draw("A---------a-------->B", cell_m=50, free_speed_kmh=50)  # 1000 m, no signal


def published(kmh: list[float], column: str) -> list[float]:
    """Give a column of the road's states over minutes that are driven at the speeds given."""
    now: dict[str, float] = {}
    stage = StateEstimator(ROAD.network, 0, Roadside(), make_fusion=stated(now))
    given = []
    for minute, speed in enumerate(kmh):
        now["a"], start = speed, 60.0 * minute
        stage.add_progress(progress((f"t{minute}", "taxi", 0, start, start + 20.0, 0.0, 100.0)))
        given.append(row(stage.close_minute(START + start), "a")[column])
    return given


def test_free_flow_moves_by_85_hundredths_of_a_step_up_and_by_15_down():
    # It starts at the limit of 50 km/h. In logarithms the step of the n-th minute is 1 / (n + 6):
    # a slower minute takes 0.15 of it off, a faster one adds 0.85 of it.
    first = 50.0 * exp(-0.15 / 7)
    second = first * exp(0.85 / 8)
    third = second * exp(-0.15 / 9)
    given = published([20.0, 54.9, 20.0], "free_flow_kmh")
    assert given == pytest.approx([first, second, third])  # 48.9, 54.4 and 53.5


def test_free_flow_is_at_most_a_tenth_over_the_limit():
    # 50 exp(0.85 / 7) would be 56.5.
    assert published([80.0], "free_flow_kmh") == pytest.approx([55.0])


def test_the_usual_speed_moves_by_half_a_step_and_is_published_from_the_fifth_minute_on():
    given = published([20.0] * 5, "usual_kmh")
    assert np.isnan(given[:4]).all()
    steps = sum(1 / (n + 6) for n in (1, 2, 3, 4, 5))
    assert given[4] == pytest.approx(50.0 * exp(-0.5 * steps))


def test_a_minute_that_nobody_drove_moves_neither():
    stage = StateEstimator(ROAD.network, 0, Roadside(), make_fusion=stated({"a": 20.0}))
    state = row(stage.close_minute(START), "a")
    assert state["free_flow_kmh"] == pytest.approx(50.0)


def test_of_speeds_that_come_equally_often_85_in_100_are_slower_and_half_than_the_usual():
    speeds = np.arange(31.0, 51.0) / 3.6  # 20 speeds: 17 are under 47.5 km/h, 10 under 40.5
    usual = SpeedPercentiles(region_of(ROAD.network, 0, Roadside()))
    random = np.random.default_rng(7)
    for _ in range(200):
        for speed in random.permutation(speeds):
            usual.step(np.array([speed]), np.array([True]))
    # The step never falls below a hundredth: the estimate wanders by about 0.8 km/h.
    assert usual.free_flow_mps[0] * 3.6 == pytest.approx(47.5, abs=2.0)
    assert usual.usual_mps[0] * 3.6 == pytest.approx(40.5, abs=2.0)


def test_free_flow_is_the_segments_own_after_30_seen_minutes():
    rungs = [RUNGS[rung] for rung in published([40.0] * 30, "free_flow_rung")]
    assert rungs == ["limit"] * 29 + ["any_time"]
