"""Columns of the states worked out by hand, through the estimator that publishes them."""

import numpy as np
import pytest

from congestion.profile.week import Week
from congestion.roadside import Roadside
from congestion.settings import EstimatorSettings
from congestion.states.estimator import StateEstimator
from congestion.states.fusion import Estimate, with_history
from tests.congestion.fusions import stated
from tests.congestion.states.test_estimator import START, row
from tests.drawing import draw

ROAD = draw("A-a>B-b>C-c>D", cell_m=50, free_speed_kmh=36, signals="B")  # 200 m, 20 s when free


def states(
    kmh: dict[str, float],
    std_kmh: dict[str, float] | None = None,
    settings: EstimatorSettings | None = None,
    week: Week | None = None,
) -> dict[str, dict]:
    """Give the states, by segment, of a minute in which nothing was seen."""
    make_fusion = stated(kmh, std_kmh)
    stage = StateEstimator(
        ROAD.network, 0, Roadside(), settings=settings, make_fusion=make_fusion, week=week
    )
    minute = stage.close_minute(START)
    return {name: row(minute, name) for name in "abc"}


def week(usual_kmh: list[float], spread_kmh: list[float], free_kmh: list[float]) -> Week:
    """Give a week in which every quarter of an hour is the same."""
    shape = (2, 96, 3)
    return Week(
        "Asia/Shanghai",
        np.broadcast_to(np.array(usual_kmh, np.float16), shape),
        np.broadcast_to(np.array(spread_kmh, np.float16), shape),
        np.array(free_kmh, np.float32),
        np.zeros(3, np.int8),
    )


def test_speed_and_standard_deviation_are_the_fusions_in_kilometres_an_hour():
    of = states({"a": 18.0, "b": 30.0}, {"a": 7.2})
    assert (of["a"]["speed_kmh"], of["a"]["speed_std_kmh"]) == pytest.approx((18.0, 7.2))
    assert of["b"]["speed_kmh"] == pytest.approx(30.0)


def test_before_anything_was_seen_free_flow_is_the_limit_and_the_signals_delay():
    of = states({})
    # 200 m at 36 km/h take 20 s, and half a red at the signal takes 12 s more.
    assert of["a"]["free_flow_kmh"] == pytest.approx(200.0 / 32.0 * 3.6)
    assert of["b"]["free_flow_kmh"] == pytest.approx(36.0)


def test_the_level_is_the_band_that_the_share_of_free_flow_lies_in():
    # Bounds of the HCM: 0.85, 0.67, 0.50, 0.40 and 0.30 of 36 km/h on b, of 22.5 on a.
    for share, level in [(0.86, 0), (0.84, 1), (0.66, 2), (0.49, 3), (0.39, 4), (0.29, 5)]:
        of = states({"a": 22.5 * share, "b": 36.0 * share})
        assert (of["a"]["level"], of["b"]["level"]) == (level, level)


def test_another_profile_of_levels_may_be_set():
    beijing = EstimatorSettings(level_profile="beijing")
    # A secondary road there: 35, 25, 15, 10 and 5 km/h.
    of = states({"a": 36.0, "b": 14.0, "c": 4.9}, settings=beijing)
    assert [of[name]["level"] for name in "abc"] == [0, 3, 5]


def test_where_nothing_was_seen_for_long_the_week_draws_the_speed_by_inverse_variances():
    known = week([18.0, 30.0, np.nan], [3.6, 0.36, 3.6], [36.0] * 3)
    of = states({"a": 36.0, "b": 20.0, "c": 20.0}, {"a": 7.2, "b": 2.88}, week=known)
    # a: 36 +-7.2 and 18 +-3.6 weigh 1 to 4: (36 + 4 x 18) / 5.
    assert of["a"]["speed_kmh"] == pytest.approx(21.6, rel=1e-3)  # a week is stored in half floats
    assert of["a"]["speed_std_kmh"] == pytest.approx(7.2)
    # b: no spread of a week is believed under 2.88 km/h (0.8 m/s): both weigh the same.
    assert of["b"]["speed_kmh"] == pytest.approx(25.0)
    assert of["c"]["speed_kmh"] == pytest.approx(20.0)  # the week knows nothing of it


def test_what_was_seen_is_not_drawn_to_the_week():
    given = Estimate(np.array([10.0]), np.array([2.0]))
    drawn = with_history(given, np.array([False]), np.array([5.0]), np.array([1.0]))
    assert drawn.speed_mps.tolist() == [10.0]


def test_a_profiles_free_flow_is_published_from_the_first_minute():
    of = states({}, week=week([30.0] * 3, [3.6] * 3, [32.0, 28.0, 20.0]))
    assert [of[name]["free_flow_kmh"] for name in "abc"] == pytest.approx([32.0, 28.0, 20.0])
    # What is usual is known as well, but no more than free flow: at most the limit and the signal.
    assert of["a"]["usual_kmh"] == pytest.approx(22.5)
    assert of["b"]["usual_kmh"] == pytest.approx(28.0)
