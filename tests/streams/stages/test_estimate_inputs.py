"""What the estimators of several regions found out, told as one stage's counts."""

from congestion.states.estimator import StateEstimator
from streams import topics
from streams.stages.estimate_inputs import INPUTS
from tests.congestion.states.test_estimator import START, readings
from tests.drawing import draw
from tests.roadside import roadside

ROAD = draw("A-a>B-b>C  D-c>E", cell_m=50, region_count=2)


def chattering(region: int, detectors: int) -> StateEstimator:
    """Let so many detectors of a region count more for three minutes than can pass a lane."""
    names = [f"{region}/{n}" for n in range(detectors)]
    at = "a" if region == 0 else "c"
    estimator = StateEstimator(
        ROAD.network, region, roadside(ROAD, detectors={name: (at, 60.0) for name in names})
    )
    for minute in range(3):
        said = [(name, 60.0 * minute, 60, 70 + minute, 0.4, 40.0) for name in names]
        estimator.add_readings(readings(*said))
        estimator.close_minute(START + 60.0 * minute)
    return estimator


def test_a_test_that_withdrew_in_two_regions_accused_the_detectors_of_both():
    find = INPUTS[topics.READINGS].findings["withdrawn"]
    # Three and three per cent may be accused: 12 and 5 are more, 3 are not.
    assert find([chattering(0, 12), chattering(1, 5)]) == {"chatter": 17}
    assert find([chattering(0, 12), chattering(1, 3)]) == {"chatter": 12}
