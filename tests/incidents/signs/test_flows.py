"""Stopped flows and standing queues."""

import numpy as np
import pytest

from congestion.records import Sighting
from congestion.roadside import Roadside, RoadsideAssets
from incidents.settings import FlowSettings
from incidents.signs.flows import FlowSigns, FlowWatch
from incidents.signs.lane_detectors import detector_bank
from incidents.signs.minute import city_minute
from tests.incidents.city import EMPTY, FULL, START, Lane, avenue, minute_states, roadside, standing

AVENUE = avenue()
S2 = AVENUE.index_of("s2") or 0


def watch(
    last: tuple[Lane, Lane], minutes: int, sightings: list[Sighting] | None = None
) -> FlowSigns:
    """Run 20 ordinary minutes, then some in which s2 reads as given."""
    assets = roadside(AVENUE)
    stop = RoadsideAssets(
        ("b",), np.array([S2], np.int32), np.array([100.0]), np.zeros(1, np.int32)
    )
    beside = Roadside(assets.detectors, assets.cameras, stop)
    bank = detector_bank(AVENUE, beside)
    flows = FlowWatch(AVENUE, bank, beside, FlowSettings())
    for minute in range(20 + minutes):
        states = minute_states(AVENUE, minute, {"s2": last} if minute >= 20 else {})
        seen = (sightings or []) if minute >= 20 else []
        signs = flows.step(city_minute(AVENUE, bank, START + 60 * minute, [states]), seen)
    return signs


def test_a_flow_that_ends_has_stopped_and_the_odds_grow_with_time() -> None:
    one, three = watch((EMPTY, EMPTY), 1), watch((EMPTY, EMPTY), 3)
    assert 0 < one.stopped[S2] < three.stopped[S2]
    # 12 vehicles a minute usual, a tenth of it still passes, variance twice the mean.
    assert one.stopped[S2] == pytest.approx(0.9 * 12 / 2, rel=0.01)
    assert three.stop_minutes[S2] == 3


def test_a_flow_of_half_the_usual_has_not_stopped() -> None:
    assert watch(((3, 0.05, 45), (3, 0.05, 45)), 5).stopped[S2] == 0


def test_the_gap_between_platoons_says_less_where_they_always_come_so_far_apart() -> None:
    platoon: tuple[Lane, Lane] = ((6, 0.1, 40), (6, 0.1, 40))
    steady: tuple[Lane, Lane] = ((2, 0.03, 40), (2, 0.03, 40))
    beside = roadside(AVENUE)
    bank = detector_bank(AVENUE, beside)
    flows = FlowWatch(AVENUE, bank, beside, FlowSettings())
    s3 = AVENUE.index_of("s3") or 0
    for minute in range(64):  # a platoon every third minute, then the gap after the last
        lanes = {"s2": platoon if minute % 3 == 1 else (EMPTY, EMPTY)}
        lanes["s3"] = steady if minute < 62 else (EMPTY, EMPTY)
        states = minute_states(AVENUE, minute, lanes)
        signs = flows.step(city_minute(AVENUE, bank, START + 60 * minute, [states]), [])
    assert 0 < signs.stopped[S2] < 0.6 * signs.stopped[s3]


def test_a_full_lane_that_does_not_move_is_a_queue() -> None:
    signs = watch((FULL, EMPTY), 1)
    assert signs.is_jammed[S2]
    assert signs.full_lanes[S2] == 1
    assert signs.line_full[S2] == 0.5


def test_a_full_lane_that_moves_is_no_queue() -> None:
    assert not watch(((15, 0.9, 12), EMPTY), 1).is_jammed[S2]


def test_vehicles_that_stand_long_are_a_queue_and_its_head_is_the_foremost() -> None:
    seen = [standing("t1", "s2", 150.0, 20), standing("t2", "s2", 220.0, 20)]
    signs = watch((EMPTY, EMPTY), 1, seen)
    assert (signs.standing[S2], signs.standing_offset_m[S2]) == (2, 220.0)
    assert signs.is_jammed[S2]


def test_a_bus_at_its_stop_and_a_short_stand_are_no_queue() -> None:
    seen = [
        standing("b1", "s2", 110.0, 20, fleet="bus"),
        standing("t1", "s2", 200.0, 20, minutes=1),
    ]
    assert not watch((EMPTY, EMPTY), 1, seen).is_jammed[S2]
    away = [standing("b1", "s2", 200.0, 20, fleet="bus")]
    assert watch((EMPTY, EMPTY), 1, away).is_jammed[S2]
