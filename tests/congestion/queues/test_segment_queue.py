"""How far back a queue reaches on its own segment, as the states publish it."""

import numpy as np
import pytest

from congestion.states.estimator import StateEstimator
from tests.congestion.fusions import stated
from tests.congestion.states.test_estimator import START, progress, readings, row
from tests.drawing import draw
from tests.roadside import Where, roadside

ROAD = draw("A-a>B-b>C-c>D", cell_m=50, free_speed_kmh=36)  # 200 m each, free at 10 m/s
# 100 m from b's start, so 100 m from its end; and one 140 m from its end.
DETECTORS: dict[str, Where] = {"M1": ("b", 100.0), "M2": ("b", 60.0)}

# At 4.5 m/s a metre takes 1 / 4.5 s, free 1 / 10 s and in a queue that crawls at 2 m/s 1 / 2 s.
CRAWLED = (1 / 4.5 - 1 / 10) / (1 / 2 - 1 / 10)  # 0.306 of the segment, the rest driven freely

# A minute slower than free flow, 10 m/s, takes so much off it.
FREE_AFTER_ONE = 10.0 * np.exp(-0.15 / 7)


def queue_m(
    kmh: float, occupancy: dict[str, float] | None = None, stood_at_m: float | None = None
) -> float:
    """Give the queue published of b, where nobody passed the detectors."""
    assets = roadside(ROAD, detectors=DETECTORS)
    stage = StateEstimator(ROAD.network, 0, assets, make_fusion=stated({"b": kmh}))
    if occupancy:
        rows = [(name, 0, 60, 0, share, None) for name, share in occupancy.items()]
        stage.add_readings(readings(*rows))
    if stood_at_m is not None:
        stage.add_progress(progress(("t", "taxi", 1, 0, 30, stood_at_m, stood_at_m)))
    return row(stage.close_minute(START), "b")["queue_length_m"]


def test_where_no_end_is_seen_the_queue_is_the_share_that_explains_the_speed():
    assert queue_m(16.2) == pytest.approx(CRAWLED * 200.0)  # 61.1 m
    assert queue_m(7.2) == pytest.approx(200.0)  # all of it crawled
    assert queue_m(3.6) == pytest.approx(200.0)


def test_a_queue_reaches_at_least_back_to_a_detector_that_is_occupied():
    assert queue_m(16.2, {"M1": 0.36, "M2": 0.36}) == pytest.approx(140.0)
    assert queue_m(16.2, {"M1": 0.34, "M2": 0.34}) == pytest.approx(CRAWLED * 200.0)


def test_a_queue_longer_than_to_its_detectors_is_not_cut_there():
    # At 2.4 m/s a metre takes 1 / 2.4 s, where it is free 1 / 9.79 s, some 158 m of 200.
    free = 1.0 / FREE_AFTER_ONE
    assert queue_m(3.6 * 2.4, {"M1": 0.9, "M2": 0.9}) == pytest.approx(
        (1 / 2.4 - free) / (1 / 2 - free) * 200.0
    )


def test_a_queue_reaches_at_least_back_to_the_farthest_probe_that_stood():
    assert queue_m(0.45 * FREE_AFTER_ONE * 3.6, stood_at_m=30.0) == pytest.approx(170.0)


@pytest.mark.parametrize(("share", "is_queue"), [(0.51, False), (0.49, True)])
def test_a_segment_of_a_level_under_three_has_no_queue_whatever_its_detectors_say(share, is_queue):
    length = queue_m(3.6 * FREE_AFTER_ONE * share, {"M1": 0.9, "M2": 0.9})
    assert length == (pytest.approx(140.0) if is_queue else 0.0)
