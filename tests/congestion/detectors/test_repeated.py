"""Values that repeat: what a gateway that hangs sends, and what traffic may do."""

import numpy as np
import pytest

from congestion.detectors.repeated import RepeatedValues
from congestion.seen.readings import MinuteReadings

HELD = np.zeros(1, np.bool_)


def send(
    values: RepeatedValues, count: float, occupancy: float, speed: float, interval_s: float = 60.0
) -> None:
    """Let the one detector send a record."""
    said = (np.array([value]) for value in (count, occupancy, speed, interval_s))
    values.step(MinuteReadings(*said), HELD)


@pytest.mark.parametrize(("occupancy", "is_found"), [(0.1, True), (0.02, True), (0.01, False)])
def test_a_record_that_is_sent_twelve_times_is_frozen_unless_it_is_of_an_empty_road(
    occupancy, is_found
):
    values = RepeatedValues(1)
    for _ in range(11):
        send(values, 8.0, occupancy, 12.0)
    assert not values.occupancy_is_stuck[0]
    send(values, 8.0, occupancy, 12.0)
    assert values.occupancy_is_stuck[0] == is_found


def test_one_other_count_begins_a_frozen_record_anew():
    # 8 and 9 vehicles would make occupancies of 0.1 and 0.1125: less apart than had to change.
    values = RepeatedValues(1)
    for minute in range(20):
        send(values, 9.0 if minute == 10 else 8.0, 0.1, 12.0)
    assert not values.occupancy_is_stuck[0]


def test_a_frozen_record_is_told_with_how_often_it_came():
    values = RepeatedValues(1)
    for _ in range(12):
        send(values, 8.0, 0.1, 12.0)
    assert values.evidence(0) == "the same occupancy in 12 readings"
    assert values.readings(0) == 12.0


def test_a_speed_that_stays_for_three_hours_is_stuck():
    values = RepeatedValues(1)
    for minute in range(179):
        send(values, 6.0 + minute % 5, 0.05 + 0.001 * (minute % 7), 10.0)
    assert not values.speed_is_stuck[0]
    send(values, 6.0, 0.05, 10.0)
    assert values.speed_is_stuck[0]
    assert values.evidence(0) == "the same speed in 180 readings"
    send(values, 6.0, 0.05, 10.5)
    assert not values.speed_is_stuck[0]


def test_a_speed_of_quarter_hours_is_stuck_after_twelve_of_them():
    values = RepeatedValues(1)
    for reading in range(11):
        send(values, 6.0 + reading % 5, 0.05, 10.0, 900.0)
    assert not values.speed_is_stuck[0]
    send(values, 6.0, 0.05, 10.0, 900.0)
    assert values.speed_is_stuck[0]


def test_hours_without_a_vehicle_make_no_speed_stuck():
    values = RepeatedValues(1)
    for _ in range(300):
        send(values, 0.0, 0.0, 10.0)
    assert not values.speed_is_stuck[0]


def stuck(step: float, occupancy: float, least: float, most: float) -> RepeatedValues:
    """Two detectors: one changes by such steps, the other stays while its counts change."""
    values = RepeatedValues(2)
    for minute in range(20):
        counts = np.array([6.0, least if minute % 2 else most])
        occupancies = np.array([0.1 + step * (minute % 3), occupancy])
        values.step(MinuteReadings(counts, occupancies, np.full(2, np.nan)), np.zeros(2, np.bool_))
    assert values.occupancy_is_stuck.tolist() == [False, True]
    return values


@pytest.mark.parametrize(("step", "is_sure"), [(0.003, True), (0.01, True), (0.02, False)])
def test_an_occupancy_is_stuck_beyond_doubt_if_no_rounding_keeps_it(step, is_sure):
    # 3 to 5 vehicles would have made occupancies of 0.048 to 0.08.
    values = stuck(step, 0.08, 3.0, 5.0)
    assert values.occupancy_is_stuck_beyond_doubt.tolist() == [False, is_sure]


def test_where_every_occupancy_is_stuck_it_is_no_rounding():
    values = RepeatedValues(3)
    for minute in range(9):
        counts = np.full(3, 3.0 + 2.0 * (minute % 2))
        values.step(
            MinuteReadings(counts, np.full(3, 0.08), np.full(3, np.nan)), np.zeros(3, np.bool_)
        )
    assert values.occupancy_is_stuck_beyond_doubt.all()
