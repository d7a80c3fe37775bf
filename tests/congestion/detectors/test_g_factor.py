import numpy as np
import pytest

from congestion.detectors.g_factor import GFactor
from congestion.region import Region, region_of
from congestion.seen.readings import MinuteReadings
from congestion.states.estimator import StateEstimator
from tests.congestion.states.test_estimator import START, readings
from tests.drawing import draw
from tests.roadside import roadside

ROAD = draw("A-a>B-b>C-c>D", cell_m=50, free_speed_kmh=54)
ONE = roadside(ROAD, detectors={"M0": ("b", 160)})
FREE_MPS = 0.95 * 15.0


def region() -> Region:
    """One detector on a segment limited to 15 m/s."""
    return region_of(ROAD.network, 0, ONE)


def said(
    count: float, length_m: float, speed_mps: float, told_mps: float = np.nan
) -> MinuteReadings:
    """What a detector says of vehicles of that length and speed; a single one tells no speed."""
    occupancy = count * length_m / speed_mps / 60.0
    return MinuteReadings(*(np.array([value]) for value in (count, occupancy, told_mps)))


def test_a_single_sensor_gets_the_speed_that_flow_and_occupancy_imply():
    factor = GFactor(region())
    for _ in range(200):
        factor.fill(said(4.0, 6.5, FREE_MPS))
    assert factor.length_m[0] == pytest.approx(6.5, rel=0.05)
    assert factor.fill(said(10.0, 6.5, 5.0)).speeds[0] == pytest.approx(5.0, rel=0.05)


def test_before_it_has_learnt_a_length_a_usual_one_is_taken():
    assert GFactor(region()).fill(said(10.0, 5.0, 4.0)).speeds[0] == pytest.approx(4.0)


def test_a_speed_that_was_measured_stays_and_teaches_the_length():
    factor = GFactor(region())
    for _ in range(200):
        assert factor.fill(said(4.0, 7.0, 20.0, told_mps=20.0)).speeds[0] == 20.0
    assert factor.length_m[0] == pytest.approx(7.0, rel=0.05)


def test_congested_minutes_teach_no_length():
    factor = GFactor(region())
    for _ in range(50):
        factor.fill(said(15.0, 5.0, 2.0))
    assert factor.length_m[0] == pytest.approx(5.0)


@pytest.mark.parametrize("count", [0.0, np.nan])
def test_where_nothing_passed_there_is_no_speed(count):
    reported = MinuteReadings(np.array([count]), np.array([0.0]), np.array([np.nan]))
    assert np.isnan(GFactor(region()).fill(reported).speeds[0])


def test_a_segment_seen_by_single_sensors_only_gets_a_detector_speed():
    estimator = StateEstimator(ROAD.network, 0, ONE)
    estimator.add_readings(readings(("M0", 0, 60, 10, 10 * 5.0 / 5.0 / 60.0, None)))
    states = estimator.close_minute(START).states.to_pandas().set_index("segment_id")
    assert states.detector_speed_kmh["b"] == pytest.approx(18.0, rel=0.01)


def test_a_detector_that_is_not_believed_teaches_nothing_of_its_own():
    factor = GFactor(region())
    for _ in range(200):
        factor.fill(said(4.0, 10.0, FREE_MPS), np.array([False]))
    assert factor.length_m[0] == pytest.approx(5.0)


def test_no_speed_is_made_of_more_than_thirteen_tenths_of_the_limit():
    # 15 m/s; by flow and occupancy it would be 30.
    assert GFactor(region()).fill(said(10.0, 5.0, 30.0)).speeds[0] == pytest.approx(1.3 * 15.0)


def test_a_length_is_that_of_its_vehicles_among_thirty_usual_ones():
    factor = GFactor(region())
    factor.fill(said(6.0, 8.0, 20.0, told_mps=20.0))  # an occupancy of 0.04: traffic is free
    assert factor.length_m[0] == pytest.approx((6 * 8.0 + 30 * 5.0) / 36)


def test_of_a_changed_length_the_last_two_thousand_vehicles_are_remembered():
    factor = GFactor(region())
    for length_m in [5.0] * 1000 + [10.0] * 500:
        factor.fill(said(4.0, length_m, 40.0, told_mps=40.0))
    # Each minute of 4 fades 2000 by 4 / 2004: after 500 of them about exp(-1) is of the old ones.
    assert factor.length_m[0] == pytest.approx(10.0 - 5.0 * np.exp(-1), rel=0.02)


FREEWAY = draw("A-a>B-b>C", cell_m=400, free_speed_kmh=108, road_class="motorway")
COUNTED = roadside(FREEWAY, detectors={"M0": ("b", 200)})


def free_minutes(factor: GFactor, count: int) -> list[float]:
    """Speeds made of free traffic at 31.5 m/s: 6 m vehicles, occupancy in whole percents."""
    rng = np.random.default_rng(0)
    made = []
    for passed in rng.poisson(4.0, count).astype(float):
        occupancy = round(passed * 6.0 / 31.5 / 60.0 + rng.uniform(-0.005, 0.005), 2)
        reported = MinuteReadings(*(np.array([x]) for x in (passed, occupancy, np.nan)))
        made.append(float(factor.fill(reported).speeds[0]))
    return [speed for speed in made[60:] if not np.isnan(speed)]


def test_the_speed_of_a_freeway_made_of_whole_percents_does_not_jump():
    made = np.array(free_minutes(GFactor(region_of(FREEWAY.network, 0, COUNTED)), 600))
    assert made.mean() == pytest.approx(1.05 * 30.0, rel=0.05)
    assert made.std() < 0.15 * made.mean()


def test_a_jam_on_a_freeway_is_read_in_its_first_minute():
    factor = GFactor(region_of(FREEWAY.network, 0, COUNTED))
    free_minutes(factor, 300)
    assert factor.fill(said(15.0, 6.0, 4.0)).speeds[0] == pytest.approx(4.0, rel=0.15)
