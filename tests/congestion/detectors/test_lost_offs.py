"""A detector that loses on or off events counts on, and is believed in no occupancy."""

import numpy as np
import pytest

from congestion.detectors.health import DetectorHealth
from congestion.detectors.lost_offs import LostOffs
from congestion.detectors.settings.lost_offs import LostOffsSettings
from congestion.seen.readings import MinuteReadings
from tests.congestion.detectors.test_health import region

NAN = float("nan")


EVENTS = np.zeros(1)  # of a detector that sends events, none of them unpaired


def hours(lost_share: float, minutes: int, flow: float = 10.0) -> LostOffs:
    """One detector of which some vehicles a minute lack their off."""
    test = LostOffs(1)
    for m in range(minutes):
        test.step(60.0 * m, np.array([flow]), np.array([lost_share * flow]))
    return test


@pytest.mark.parametrize(("lost_share", "is_lost"), [(0.8, True), (0.6, True), (0.3, False)])
def test_more_than_half_of_the_vehicles_without_an_end_are_too_many(lost_share, is_lost):
    test = hours(lost_share, 90)
    assert test.verdicts().tolist() == [is_lost]
    if is_lost:
        assert test.since(0) == 0.0
        assert test.evidence(0) == f"{100 * lost_share:.0f} % of its vehicles without on or off"


def test_an_hour_and_a_hundred_vehicles_are_needed():
    assert not hours(0.9, 59).verdicts()[0]
    assert hours(0.9, 60).verdicts()[0]
    assert not hours(0.9, 90, flow=1.0).verdicts()[0]  # 90 vehicles


def test_a_detector_whose_offs_come_again_is_believed_again():
    test = hours(0.9, 90)
    for m in range(90, 400):
        test.step(60.0 * m, np.array([10.0]), np.array([0.0]))
    assert not test.verdicts()[0]


def test_a_detector_that_sends_readings_is_not_tested():
    test = LostOffs(1, LostOffsSettings(least_minutes=1))
    for m in range(90):
        test.step(60.0 * m, np.array([10.0]), np.array([NAN]))
    assert not test.verdicts()[0]


def test_the_count_of_such_a_detector_is_used_and_its_occupancy_is_not():
    health, faults = DetectorHealth(region()), []
    for m in range(90):
        count = 6.0 + m % 5
        # M0 says vehicles stand on it for long, M1 beside it that they drive.
        occupancies = np.array([min(0.09 * count, 1.0), 0.01 * count])
        sent = MinuteReadings(
            np.array([count, count]), occupancies, np.array([NAN, NAN]),
            unpaired=np.array([0.8 * count, 0.0]),
        )  # fmt: skip
        faults += health.step(60.0 * m, sent)
    assert [(f.detector_id, f.fault) for f in faults] == [("M0", "offs_lost")]
    assert health.is_healthy.tolist() == [True, True]
    assert health.excluded == {}
    believed = health.usable(sent)
    assert np.isnan(believed.occupancies).tolist() == [True, False]
    assert believed.counts.tolist() == sent.counts.tolist()


def test_a_detector_of_events_that_no_vehicle_crossed_yet_is_not_silent():
    health, faults = DetectorHealth(region(3)), []
    for m in range(60):
        some, none = np.array([5.0 + m % 3, 5.0, NAN]), np.array([0.0, 0.0, NAN])
        sent = MinuteReadings(some, 0.01 * some, np.full(3, NAN), unpaired=none)
        faults += health.step(60.0 * m, sent)
    assert [f.detector_id for f in faults if f.fault == "no_data"] == []


@pytest.mark.parametrize("lost_share", [0.3, 0.5, 1.0])
def test_an_occupancy_is_in_doubt_from_the_first_vehicles_on(lost_share):
    test = hours(lost_share, 5, flow=2.0)  # ten vehicles
    assert test.has_no_occupancy(EVENTS)[0]
    assert not test.verdicts()[0]


def test_one_lost_in_ten_is_no_doubt():
    assert not hours(0.1, 60).has_no_occupancy(EVENTS)[0]


def test_an_occupancy_is_unknown_until_some_vehicles_have_sent_both():
    assert LostOffs(1).has_no_occupancy(EVENTS)[0]
    assert hours(0.0, 1, flow=7.0).has_no_occupancy(EVENTS)[0]
    assert not hours(0.0, 1, flow=8.0).has_no_occupancy(EVENTS)[0]
    assert not LostOffs(1).has_no_occupancy(np.array([NAN]))[0]  # it sends readings


def test_a_doubt_ends_where_the_offs_come():
    test = hours(0.5, 5, flow=2.0)
    for m in range(5, 40):
        test.step(60.0 * m, np.array([2.0]), np.array([0.0]))
    assert not test.has_no_occupancy(EVENTS)[0]


def test_a_street_that_nobody_leaves_by_its_events_is_not_blocked():
    health = DetectorHealth(region())
    for m in range(10):  # an on now and then, never an off: held until the next one
        came = float(m % 2)
        sent = MinuteReadings(
            np.array([came, 5.0]), np.array([1.0, 0.1]), np.array([NAN, NAN]),
            unpaired=np.array([came if m > 1 else 0.0, 0.0]),
        )  # fmt: skip
        health.step(60.0 * m, sent)
    assert np.isnan(health.usable(sent).occupancies).tolist() == [True, False]
