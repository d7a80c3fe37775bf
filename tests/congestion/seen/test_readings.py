"""What detectors add to the sums when they measure all, or only some, of what can be measured."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from congestion.region import region_of
from congestion.seen.readings import MinuteReadings, add_readings, are_sums
from congestion.seen.sums import SPOT_COUNT, SUM_FIELDS, TIMED_COUNT
from congestion.states.features import dwell, flow, occupancy, space_speed
from ingest.kernels.arrays import Floats
from tests.drawing import draw
from tests.roadside import roadside

ROAD = draw("A-a>B-b>C", cell_m=50, free_speed_kmh=108)
REGION = region_of(
    ROAD.network, 0, roadside(ROAD, detectors={"M1": ("a", 50.0), "M2": ("a", 52.0)})
)
NONE = np.nan


def sums_of(
    *lanes: tuple[float, float, float], covers: tuple[float, float] = (1.0, 1.0), **more: np.ndarray
) -> Floats:
    """Give the sums of a minute: count, occupancy and speed (m/s) of each detector."""
    counts, occupancies, speeds = (np.array(of, float) for of in zip(*lanes, strict=True))
    sums = np.zeros((2, SUM_FIELDS))
    add_readings(
        REGION, MinuteReadings(counts, occupancies, speeds, **more), np.array(covers),
        np.ones(2, np.bool_), sums,
    )  # fmt: skip
    return sums


def test_the_space_mean_speed_weighs_the_paces_of_vehicles():
    # Ten at 20 m/s and ten at 5: 20 vehicles in 10 / 20 + 10 / 5 seconds a metre.
    assert space_speed(sums_of((10, 0.1, 20.0), (10, 0.3, 5.0)))[0] == pytest.approx(8.0)


def test_sums_of_readings_that_are_there_themselves_are_none_more():
    rows = pa.table(
        {
            "detector_id": ["M1", "M1", "M1", "M2", "M2", "M3"],
            "interval_start": pa.array([0, 240, 260, 240, 270, 0], pa.int64()),
            "interval_s": pa.array([300, 20, 40, 30, 30, 300], pa.int32()),
        }
    )
    starts = pc.multiply(rows["interval_start"], 1000).cast(pa.timestamp("ms", tz="UTC"))
    rows = rows.set_column(1, "interval_start", starts)
    # M1: five minutes, 20 s and then 40 s of the last; M2: two halves; M3: five minutes alone.
    assert are_sums(rows).tolist() == [True, False, False, False, False, False]


def test_a_speed_alone_gives_a_speed_and_says_nothing_of_flow_and_occupancy():
    sums = sums_of((NONE, NONE, 20.0), (NONE, NONE, 5.0))
    assert space_speed(sums)[0] == pytest.approx(8.0)
    assert np.isnan([flow(sums)[0], occupancy(sums)[0], dwell(sums)[0]]).all()


def test_a_count_alone_gives_a_flow_and_says_nothing_of_speed_and_occupancy():
    sums = sums_of((10, NONE, NONE), (20, NONE, NONE))
    assert flow(sums)[0] == pytest.approx(1800.0)
    assert np.isnan([space_speed(sums)[0], occupancy(sums)[0], dwell(sums)[0]]).all()


def test_an_occupancy_alone_gives_a_speed_only_where_it_shows_a_queue():
    assert np.isnan(space_speed(sums_of((NONE, 0.3, NONE), (NONE, 0.3, NONE)))[0])
    # A queue dissolves at 5 m/s: where half of the road is covered its speed is as much.
    assert space_speed(sums_of((NONE, 0.5, NONE), (NONE, 0.5, NONE)))[0] == pytest.approx(5.0)


def test_a_queue_that_stands_on_a_detector_moves_as_its_flow_lets_it():
    # Nobody came in a minute of which 0.9 were occupied: half a vehicle of 6.5 m in 54 s.
    sums = sums_of((0, 0.9, NONE), (0, 0.9, NONE))
    assert space_speed(sums)[0] == pytest.approx(0.3)  # the least that is told apart
    assert sums[0, SPOT_COUNT] == 2.0
    assert np.isnan(space_speed(sums_of((0, 0.0, NONE), (0, 0.0, NONE)))[0])  # an empty road


def test_a_station_of_four_lanes_has_four_lanes_flow_and_one_lanes_dwell():
    lane = sums_of((15, 0.2, 10.0), (NONE, NONE, NONE))
    station = sums_of((60, 0.2, 10.0), (NONE, NONE, NONE), covers=(4.0, 1.0))
    assert flow(station)[0] == pytest.approx(4 * flow(lane)[0])
    assert dwell(station)[0] == pytest.approx(dwell(lane)[0])


def test_a_speed_that_was_made_of_flow_and_occupancy_was_not_timed():
    made = np.array([True, False])
    sums = sums_of((10, 0.1, 20.0), (4, 0.1, 20.0), is_made=made)
    assert (sums[0, SPOT_COUNT], sums[0, TIMED_COUNT]) == (14.0, 4.0)
