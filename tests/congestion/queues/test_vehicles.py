"""How many vehicles a queue holds and what they lose, worked out by hand."""

import numpy as np
import pytest

from congestion.queues.history import QueueHistory
from congestion.queues.vehicles import (
    LaneFlows,
    delay_veh_h,
    flow_everywhere,
    read_lane_flows,
    vehicles_on,
)
from mapmatch.network import ROAD_CLASSES
from tests.drawing import draw

ROAD = draw("A-a>B-b>C", cell_m=50, lanes=2).network  # 200 m each
UNKNOWN = float("nan")


def vehicles(occupancy: float, speed_mps: float = 4.0) -> float:
    speed, flow = np.full(2, speed_mps), np.full(2, 720.0)
    return float(vehicles_on(ROAD, speed, flow, np.full(2, occupancy))[0])


def test_without_occupancy_there_are_as_many_as_pass_while_one_drives_through():
    # 720 veh/h are 0.2 veh/s, and 200 m at 4 m/s take 50 s.
    assert vehicles(UNKNOWN) == pytest.approx(0.2 * 50.0)
    assert vehicles(UNKNOWN, speed_mps=0.0) == pytest.approx(0.2 * 200.0 / 0.3)  # none stands still


def test_with_occupancy_they_are_the_mean_of_that_and_of_what_covers_the_road():
    # 0.3 of two lanes of 200 m at 7.5 m a vehicle are 16; by flow they are 10.
    assert vehicles(0.3) == pytest.approx((16.0 + 10.0) / 2)
    assert vehicles(0.0) == pytest.approx(10.0 / 2)


def test_each_vehicle_loses_the_share_of_the_minute_that_it_is_slower_than_free():
    speed, free = np.array([4.0, 10.0, 12.0, UNKNOWN]), np.full(4, 10.0)
    lost = delay_veh_h(np.full(4, 30.0), speed, free)
    assert lost.tolist() == pytest.approx([30.0 * 0.6 / 60.0, 0.0, 0.0, 0.0])


def test_the_queues_minute_says_the_vehicle_hours_that_each_segment_lost():
    history = QueueHistory(ROAD)
    now = history.step(
        0.0, np.array([4.0, 2.0]), np.full(2, 10.0), np.zeros(2), np.full(2, 720.0),
        np.array([0.3, UNKNOWN]),
    )  # fmt: skip
    # a: 13 vehicles lose 0.6 of a minute; b: 0.2 veh/s for 100 s are 20, and they lose 0.8.
    assert now.delay_veh_h.tolist() == pytest.approx([13.0 * 0.6 / 60.0, 20.0 * 0.8 / 60.0])


def test_the_flow_of_a_street_without_detectors_is_its_classs_of_the_minute_by_lanes():
    names = "abcdefg"
    road = draw(
        "A-a>B-b>C-c>D-d>E-e>F-f>G-g>H",
        lanes={**dict.fromkeys(names, 1), "e": 2, "g": 3},
        road_class={**dict.fromkeys(names, "secondary"), "f": "primary"},
    ).network
    profile = LaneFlows("drawn", 50.0, {"secondary": 70.0, "primary": 90.0})
    counted = np.array([100.0, 200.0, 300.0, 400.0, 1000.0, UNKNOWN, UNKNOWN])
    # Lane flows of the five counted: 100, 200, 300, 400 and 1000 / 2; their mean is 300.
    flows = flow_everywhere(road, counted, profile)
    assert flows.tolist() == pytest.approx([100.0, 200.0, 300.0, 400.0, 1000.0, 90.0, 3 * 300.0])
    counted[4] = UNKNOWN  # four are too few to tell of the others
    flows = flow_everywhere(road, counted, profile)
    assert flows[4:].tolist() == pytest.approx([2 * 70.0, 90.0, 3 * 70.0])


def test_an_arterial_without_detectors_carries_what_arterials_carry_in_the_peak():
    road = draw("A-a>B-b>C", cell_m=50, lanes=2, road_class="primary").network  # 200 m each
    now = QueueHistory(road).step(
        0.0, np.full(2, 2.0), np.full(2, 10.0), np.zeros(2), np.full(2, UNKNOWN),
        np.full(2, UNKNOWN),
    )  # fmt: skip
    # Half to all of what a lane discharges: 1,900 veh/h in the green, which is 0.45 of the time
    # (Highway Capacity Manual). At 2 m/s they take 100 s a segment and lose 0.8 of a minute.
    least, most = (2 * flow / 3600.0 * 100.0 * 0.8 / 60.0 for flow in (430.0, 860.0))
    assert ((least < now.delay_veh_h) & (now.delay_veh_h < most)).all()


def test_shipped_lane_flows_fall_with_the_class_of_the_road_and_stay_below_capacity():
    of_class = dict(zip(ROAD_CLASSES, read_lane_flows().of_classes().tolist(), strict=True))
    order = ("motorway", "trunk", "primary", "secondary", "tertiary", "residential")
    flows = [of_class[name] for name in order]
    assert flows == sorted(set(flows), reverse=True)
    assert flows[0] < 1900.0
    assert of_class["secondary"] > 5 * of_class["residential"]


def test_a_link_road_has_its_roads_flow_and_a_class_that_is_not_named_the_other(tmp_path):
    road = draw("A-a>B-b>C", road_class={"a": "primary_link", "b": "service"}).network
    profile = LaneFlows("drawn", 50.0, {"primary": 90.0})
    assert flow_everywhere(road, np.full(2, UNKNOWN), profile).tolist() == [90.0, 50.0]
    assert read_lane_flows().source
    (tmp_path / "broken.toml").write_text("other = 1.0")
    with pytest.raises(ValueError, match=r"broken\.toml: no profile of lane flows"):
        read_lane_flows(tmp_path / "broken.toml")
