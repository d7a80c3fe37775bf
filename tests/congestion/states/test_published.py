"""Columns of the states worked out by hand, through the estimator that publishes them."""

from math import exp

import numpy as np
import pyarrow as pa
import pytest

from congestion.profile.week import Week
from congestion.roadside import Roadside
from congestion.settings import EstimatorSettings
from congestion.states.estimator import StateEstimator
from congestion.states.fusion import Estimate, Fusion, with_history
from ingest.approaches import Approach
from ingest.frames import CAMERA_EVENTS
from tests.congestion.fusions import PlainFusion, stated
from tests.congestion.states.test_estimator import START, progress, readings, row
from tests.drawing import draw
from tests.roadside import roadside

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


def camera_passes(*seen: tuple[str, float | None, float | None]) -> pa.RecordBatch:
    """Give passes (camera, km/h, seconds on the stop line) in the middle of the first minute."""
    columns = {
        "camera_id": [camera for camera, _, _ in seen],
        "approach_id": [f"{camera}:0" for camera, _, _ in seen],
        "event_time": [int((START + 30) * 1000)] * len(seen),
        "kind": ["pass"] * len(seen),
        "lane": [1] * len(seen),
        "plate_hash": [None] * len(seen),
        "speed_kmh": [kmh for _, kmh, _ in seen],
        "dwell_s": [dwell for _, _, dwell in seen],
    }
    arrays = [pa.array(columns[field.name], field.type) for field in CAMERA_EVENTS]
    return pa.RecordBatch.from_arrays(arrays, schema=CAMERA_EVENTS)


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


def qualities(minutes: int, make_fusion: type = PlainFusion) -> dict[str, list[str]]:
    """Give the qualities of a road on whose middle a taxi drives in the first minute only."""
    stage = StateEstimator(ROAD.network, 0, Roadside(), make_fusion=make_fusion)
    stage.add_progress(progress(("t", "taxi", 1, 0, 20, 0, 200)))
    closed = [stage.close_minute(START + 60.0 * minute) for minute in range(minutes)]
    return {name: [row(minute, name)["quality"] for minute in closed] for name in "abc"}


def test_what_was_seen_less_than_ten_minutes_ago_is_filled_and_older_is_historic():
    assert qualities(12)["b"] == ["observed", *["filled"] * 9, "historic", "historic"]
    assert set(qualities(2)["a"]) == {"historic"}


def test_a_segment_beside_one_that_was_just_seen_is_filled_though_never_seen_itself():
    found = qualities(2, Fusion)
    assert (found["a"][0], found["b"][0], found["c"][0]) == ("filled", "observed", "filled")


def test_a_camera_that_sees_a_vehicle_pass_makes_a_segment_observed_and_teaches_free_flow():
    assets = roadside(ROAD, cameras={Approach("K", "K:0"): ("b", 200.0)})
    stage = StateEstimator(ROAD.network, 0, assets, make_fusion=stated({"b": 30.0}))
    stage.add_camera_events(camera_passes(("K", 36.0, 0.5)))
    state = row(stage.close_minute(START), "b")
    assert (state["quality"], state["probe_count"]) == ("observed", 0)
    assert state["free_flow_kmh"] == pytest.approx(36.0 * exp(-0.15 / 7))  # slower than that


def test_vehicles_and_detectors_are_counted_and_what_nobody_reports_is_unknown():
    assets = roadside(ROAD, detectors={"M1": ("b", 160.0), "M2": ("b", 160.0, 1)})
    stage = StateEstimator(ROAD.network, 0, assets, make_fusion=PlainFusion)
    both = [("t1", "taxi", 1, 0, 10, 0, 90), ("b1", "bus", 1, 0, 20, 0, 60)]
    stage.add_progress(progress(*both, ("t2", "taxi", 2, 0, 0.4, 0, 4)))
    stage.add_readings(readings(("M1", 0, 60, 6, 0.1, 30.0), ("M2", 0, 60, 3, 0.3, 60.0)))
    minute = stage.close_minute(START)
    of = {name: row(minute, name) for name in "abc"}
    assert [of[name]["probe_count"] for name in "abc"] == [0, 2, 1]
    assert [of[name]["detector_count"] for name in "abc"] == [0, 2, 0]
    assert of["b"]["probe_speed_kmh"] == pytest.approx(150 / 30 * 3.6)
    assert np.isnan(of["c"]["probe_speed_kmh"])  # 0.4 s of driving is no speed
    assert of["b"]["flow_veh_h"] == pytest.approx(540.0)  # over both lanes
    assert of["b"]["occupancy"] == pytest.approx(0.2)  # mean of both
    assert of["b"]["detector_speed_kmh"] == pytest.approx((6 * 30 + 3 * 60) / 9)  # by vehicle
    assert [of["a"][name] for name in ("flow_veh_h", "occupancy")] == pytest.approx(
        [np.nan, np.nan], nan_ok=True
    )


def test_a_detector_that_cannot_be_believed_counts_in_nothing_but_its_own_lane():
    assets = roadside(ROAD, detectors={"M1": ("b", 160.0), "M2": ("b", 160.0, 1)})
    stage = StateEstimator(ROAD.network, 0, assets, make_fusion=PlainFusion)
    for minute in range(10):  # nobody drives so close behind another: 60 a minute are chatter
        sound = ("M2", 60 * minute, 60, 6 + minute % 3, 0.05 + 0.001 * minute, 40.0)
        chatters = ("M1", 60 * minute, 60, 60, 0.2 + 0.001 * minute, 20.0)
        stage.add_readings(readings(sound, chatters))
        state = row(stage.close_minute(START + 60.0 * minute), "b")
    assert state["detector_count"] == 1
    assert state["flow_veh_h"] == pytest.approx(60.0 * 6)
    assert state["occupancy"] == pytest.approx(0.059)
    assert state["lane_counts"] == [60.0, 6.0]
