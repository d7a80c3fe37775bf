"""What an alert costs, worked out by hand from the states."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from congestion.queues.history import QueueHistory, QueueMinute
from congestion.roadside import Roadside
from incidents.alert_settings import SeveritySettings
from incidents.alerts.impact import Impacts
from incidents.alerts.tracked_alert import TrackedAlert
from incidents.records import Kind
from mapmatch.network import ROAD_CLASSES, Network
from tests.drawing import draw
from tests.roadside import roadside

ROADS = draw("A-a>B-b>C-c>D-d>E-e>F", cell_m=50, lanes=2)
NETWORK = replace(
    ROADS.network,
    road_class=np.full(ROADS.network.segment_count, ROAD_CLASSES.index("tertiary"), np.int8),
)
# At 1.25 m/s of 12.5, 200 m take 160 s: 270 veh/h are 12 vehicles. Without an occupancy that is
# all that is known. Each loses nine tenths of its time: 10.8 vehicle-hours an hour.
COST = 10.8
SETTINGS = SeveritySettings(unseen_delay=2.0, bus_line=0.2, most_lines=5)


def minute_of(standing: str, network: Network = NETWORK) -> QueueMinute:
    """Give the first minute, in which some segments stand and the others are free."""
    n = network.segment_count
    stands = np.isin(network.segment_ids, list(standing))
    return QueueHistory(network).step(
        0.0,
        np.where(stands, 1.25, 12.5),
        np.full(n, 12.5),
        np.where(stands, network.length_m, 0.0),
        np.full(n, 270.0),
        np.full(n, np.nan),
    )


def alert(root: str, kind: Kind = "hotspot", **known: Any) -> TrackedAlert:
    one = TrackedAlert("x", kind, ROADS.segment(root), 100.0, 0.0, "demand", 0.5)
    for name, value in known.items():
        setattr(one, name, value)
    return one


def impact(
    one: TrackedAlert,
    now: QueueMinute,
    network: Network = NETWORK,
    stops: Mapping[str, tuple[str, ...]] | None = None,
) -> float:
    given = stops or {}
    beside = replace(
        roadside(ROADS, bus_stops={s: (s, 50.0) for s in given}), bus_lines=tuple(given.values())
    )
    return Impacts(network, beside, SETTINGS).of(one, now)


def test_a_queue_costs_what_its_vehicles_lose_behind_the_root() -> None:
    now = minute_of("bcd")
    assert impact(alert("d"), now) == pytest.approx(3 * COST)
    assert impact(alert("c"), now) == pytest.approx(2 * COST)  # d lies ahead of it


def test_where_the_root_stands_no_more_it_is_the_next_of_its_queue_that_does() -> None:
    members = (ROADS.segment("d"), ROADS.segment("c"))
    assert impact(alert("d", queue=members), minute_of("bc")) == pytest.approx(2 * COST)


@pytest.mark.parametrize(
    ("growth_m_minute", "factor"),
    [
        (0.0, 1.0),
        (20.0, 1.375),  # 400 m grow to 700 in 15 minutes, 1.75 times as much
        (200.0, 1.5),  # never reckoned with as more than twice as much
        (-200.0, 0.625),  # nor as less than a quarter
    ],
)
def test_half_of_it_is_what_it_will_be_if_it_goes_on_growing(
    growth_m_minute: float, factor: float
) -> None:
    now = minute_of("cd")
    grown = replace(now, growth_mps=np.full(len(now.growth_mps), growth_m_minute / 60.0))
    assert impact(alert("d"), grown) == pytest.approx(2 * COST * factor)


def test_an_incident_costs_something_before_there_is_a_queue_and_by_the_lanes_it_takes() -> None:
    now = minute_of("")
    assert impact(alert("d"), now) == 0.0
    assert impact(alert("d", "incident"), now) == pytest.approx(2.0 * 2)  # all lanes, or unknown
    assert impact(alert("d", "incident", lane=1), now) == pytest.approx(2.0 * 1.5)  # one of two
    stands = minute_of("cd")
    assert impact(alert("d", "incident"), stands) == pytest.approx((2 * COST + 2.0) * 2)


@pytest.mark.parametrize(
    ("road_class", "weight"),
    [("motorway", 2.0), ("trunk_link", 2.0), ("primary", 1.5), ("secondary", 1.2), ("service", 1)],
)
def test_it_weighs_more_on_a_road_of_a_higher_class(road_class: str, weight: float) -> None:
    number = ROAD_CLASSES.index(road_class)
    network = replace(NETWORK, road_class=np.full_like(NETWORK.road_class, number))
    now = minute_of("d", network)
    assert impact(alert("d"), now, network) == pytest.approx(COST * weight)


def test_each_bus_line_with_a_stop_in_the_queue_adds_a_fifth_up_to_twice_as_much() -> None:
    now = minute_of("cd")
    one = impact(alert("d"), now, stops={"c": ("L1",), "d": ("L1", "L2"), "a": ("L9",)})
    assert one == pytest.approx(2 * COST * 1.4)
    many = impact(alert("d"), now, stops={"c": tuple(f"L{n}" for n in range(9))})
    assert many == pytest.approx(2 * COST * 2.0)


def test_without_anything_beside_the_roads_no_lines_are_hit() -> None:
    assert Impacts(NETWORK, Roadside(), SETTINGS).of(alert("d"), minute_of("d")) > 0.0
