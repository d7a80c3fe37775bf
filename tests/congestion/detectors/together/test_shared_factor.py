"""Many detectors off by one factor: a wrong unit, a double count, and what traffic does instead."""

import numpy as np
import pytest

from congestion.detectors.together.settings import GatewaySettings
from congestion.detectors.together.shared_factor import SharedFactor
from congestion.region import Region, region_of
from congestion.seen.readings import MinuteReadings
from tests.congestion.detectors.test_health import ROAD
from tests.roadside import roadside

COUNT, ODD = 120, 40
MPH = 1 / 1.609344


def lanes_of_two() -> Region:
    """Detectors on one segment, every second one in the second lane."""
    detectors = {f"M{i:03d}": ("b", 100.0, i % 2) for i in range(COUNT)}
    return region_of(ROAD.network, 0, roadside(ROAD, detectors=detectors))


def every_third() -> np.ndarray:
    return np.arange(COUNT) % 3 == 0


def stepped(
    test: SharedFactor, first: int, last: int, odd: np.ndarray, count: float = 1.0,
    speed: float = 1.0, occupancy: float = 1.0, length: float = 1.0,
) -> None:  # fmt: skip
    """Some minutes of vehicles of about 5 m; what the odd tell is off by factors."""
    chance = np.random.default_rng(first)
    for m in range(first, last):
        counts = chance.integers(3, 12, COUNT).astype(float)
        speeds = chance.uniform(11.0, 15.0, COUNT)
        lengths = chance.uniform(4.5, 5.5, COUNT) * np.where(odd, length, 1.0)
        occupancies = counts * lengths / speeds / 60.0
        for values, factor in ((counts, count), (speeds, speed), (occupancies, occupancy)):
            values[odd] *= factor
        test.step(60.0 * m, MinuteReadings(counts, occupancies, speeds))


@pytest.mark.parametrize(
    ("factors", "of", "words"),
    [
        ({"speed": MPH}, "speed", ("0.62", "mph taken for km/h")),
        ({"speed": 1 / MPH}, "speed", ("1.61", "km/h converted from mph twice")),
        ({"count": 2.0}, "count", ("0.50", "vehicles counted twice")),
        ({"occupancy": 0.5}, "occupancy", ("0.50", "half the occupancy")),
    ],
)
def test_a_third_that_is_off_by_one_factor_from_the_start_is_named(factors, of, words):
    test = SharedFactor(lanes_of_two(), GatewaySettings())
    stepped(test, 0, 8, every_third(), **factors)
    assert np.array_equal(test.are_off(of), every_third())
    assert np.array_equal(test.found, every_third())
    times, why = words
    seen = f"vehicles {times} times as long as usual, as at 39 others: {why}"
    assert test.evidence(0)[1] == seen


def test_a_third_that_turns_to_miles_is_named_and_believed_once_it_has_turned_back():
    test = SharedFactor(lanes_of_two(), GatewaySettings())
    stepped(test, 0, 20, every_third())
    assert not test.found.any()
    stepped(test, 20, 30, every_third(), speed=MPH)
    assert np.array_equal(test.are_off("speed"), every_third())
    assert test.evidence(0)[0] <= 60.0 * 30
    stepped(test, 30, 40, every_third())
    assert not test.found.any()


def test_lorries_in_one_lane_are_no_fault():
    test = SharedFactor(lanes_of_two(), GatewaySettings())
    cars = np.arange(COUNT) % 4 == 1  # half of the second lane
    stepped(test, 0, 30, cars, length=0.5)
    assert not test.found.any()


@pytest.mark.parametrize("length", [MPH, 1 / MPH, 1 / 3.6])
def test_other_vehicles_at_the_same_speeds_are_told_in_no_other_unit(length):
    test = SharedFactor(lanes_of_two(), GatewaySettings())
    stepped(test, 0, 30, every_third(), length=length)
    assert not test.found.any()


def test_fewer_than_a_gateway_has_are_not_named():
    test = SharedFactor(lanes_of_two(), GatewaySettings())
    stepped(test, 0, 30, np.arange(COUNT) < 19, speed=MPH)
    assert not test.found.any()


def test_where_most_vehicles_are_shorter_than_cars_nobody_knows_who_is_wrong():
    test = SharedFactor(lanes_of_two(), GatewaySettings())
    stepped(test, 0, 30, ~every_third(), speed=MPH)
    assert not test.found.any()


def test_a_snapshot_goes_on():
    test, again = (SharedFactor(lanes_of_two(), GatewaySettings()) for _ in range(2))
    stepped(test, 0, 8, every_third(), speed=MPH)
    again.restore(test.snapshot())
    assert np.array_equal(again.found, every_third())
    again.begin_day()
    assert not again.found.any()
