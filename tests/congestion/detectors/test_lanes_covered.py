"""How many lanes a detector covers: said by its file, or shown by what it counts."""

from dataclasses import replace

import numpy as np

from congestion.detectors.lanes_covered import LanesCovered
from congestion.detectors.settings.health import HealthSettings
from congestion.region import region_of
from tests.drawing import draw
from tests.roadside import roadside

ROAD = draw("A-a>B-b>C", cell_m=50)
ASSETS = roadside(ROAD, detectors={"M1": ("a", 100.0), "M2": ("b", 100.0), "M3": ("b", 90.0)})
REGION = replace(region_of(ROAD.network, 0, ASSETS), lanes=np.array([4.0, 4.0]))
LANE = HealthSettings().chatter_count
BUSY = np.array([90.0, 90.0, 90.0])


def test_a_lone_detector_that_counts_what_only_several_lanes_pass_covers_them_all():
    covered = LanesCovered(REGION, LANE)
    made = [covered.step(BUSY).tolist() for _ in range(3)]
    assert made == [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [4.0, 1.0, 1.0]]
    assert covered.step(np.full(3, 2.0)).tolist() == [4.0, 1.0, 1.0]  # also at night


def test_a_lane_as_busy_as_real_ones_get_is_no_station():
    # Single lanes of I-24 passed up to 54 vehicles in a minute, and 55 is the most taken for one's.
    single, several = LanesCovered(REGION, LANE), LanesCovered(REGION, LANE)
    for _ in range(60):
        lane, station = single.step(np.full(3, 54.0)), several.step(np.full(3, 56.0))
    assert lane.tolist() == [1.0, 1.0, 1.0]
    assert station.tolist() == [4.0, 1.0, 1.0]


def test_lanes_that_a_file_says_stay_as_they_are():
    covered = LanesCovered(replace(REGION, detector_lanes=np.array([2.0, np.nan, 3.0])), LANE)
    for _ in range(5):
        lanes = covered.step(BUSY)
    assert lanes.tolist() == [2.0, 1.0, 3.0]


def test_a_saved_state_knows_the_stations():
    covered, again = LanesCovered(REGION, LANE), LanesCovered(REGION, LANE)
    for _ in range(3):
        covered.step(BUSY)
    again.restore(covered.snapshot())
    assert again.step(np.zeros(3)).tolist() == [4.0, 1.0, 1.0]
