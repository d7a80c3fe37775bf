"""Detectors that stop in the same minutes are a gateway's fault, not the city's."""

import numpy as np
import pytest

from congestion.detectors.gateway import Gateway
from congestion.detectors.health import DetectorHealth
from congestion.seen.readings import MinuteReadings
from tests.congestion.detectors.test_health import region

COUNT = 100
FLOW = np.full(COUNT, 4.0)
NONE, ALL = slice(0), slice(None)


def stepped(
    test: Gateway, first: int, last: int, held: slice = NONE, empty: slice = NONE,
    again: slice = NONE,
) -> None:  # fmt: skip
    """Some minutes in which these are held, empty or repeat themselves, and the others count."""
    is_held = np.zeros(COUNT, np.bool_)
    is_held[held] = True
    for m in range(first, last):
        counts, occupancies = np.full(COUNT, 4.0), np.full(COUNT, 0.1 + 0.001 * m)
        occupancies[again] = 0.1
        counts[held], counts[empty] = 0.0, 0.0
        occupancies[held], occupancies[empty] = 1.0, 0.0
        readings = MinuteReadings(counts, occupancies, np.full(COUNT, np.nan))
        test.step(60.0 * m, readings, is_held, FLOW)


@pytest.mark.parametrize("begin", [0, 20])
def test_those_that_are_held_from_the_same_minute_on_are_not_believed(begin):
    test = Gateway(COUNT)
    stepped(test, 0, begin)
    stepped(test, begin, begin + 2, held=slice(40))
    assert not test.found().any()
    stepped(test, begin + 2, begin + 3, held=slice(40))
    assert np.flatnonzero(test.is_held).tolist() == list(range(40))
    words = "occupied without a vehicle since the same minutes as 39 others"
    assert test.evidence(0) == (60.0 * begin, words)
    stepped(test, begin + 3, begin + 4)
    assert not test.found().any()


def test_where_most_are_held_one_minute_is_enough():
    test = Gateway(COUNT)
    stepped(test, 0, 1, held=slice(60))
    assert test.is_held.sum() == 60


def test_a_queue_that_grows_is_a_queue():
    test = Gateway(COUNT)
    stepped(test, 0, 20)
    for m in range(20, 70):
        stepped(test, m, m + 1, held=slice(2 * (m - 20)))
    assert not test.found().any()


def test_a_jammed_city_that_is_first_seen_is_jammed():
    test = Gateway(COUNT)
    stepped(test, 0, 30, held=slice(15))
    assert not test.found().any()  # fewer than 20 may stand


def test_a_region_where_no_vehicle_comes_from_one_minute_on_has_no_counts():
    test = Gateway(COUNT)
    stepped(test, 0, 20)
    stepped(test, 20, 23, empty=ALL)
    assert test.is_empty.all()
    words = "without a vehicle since the same minutes as 99 others"
    assert test.evidence(7) == (60.0 * 20, words)
    stepped(test, 23, 24)
    assert not test.found().any()


def test_past_a_block_half_the_detectors_run_empty():
    test = Gateway(COUNT)
    stepped(test, 0, 20)
    stepped(test, 20, 60, empty=slice(50))
    assert not test.found().any()


def test_nothing_is_missed_where_no_flow_is_known():
    test, nothing = Gateway(COUNT), np.zeros(COUNT)
    for m in range(300):  # a night
        readings = MinuteReadings(nothing, nothing, np.full(COUNT, np.nan))
        test.step(60.0 * m, readings, nothing > 0, nothing)
    assert not test.found().any()


def test_records_that_come_again_from_everywhere_are_none():
    test = Gateway(COUNT)
    stepped(test, 0, 5)
    stepped(test, 5, 7, again=ALL)  # the first of them is new
    assert test.is_repeating.all()
    assert test.evidence(0) == (60.0 * 6, "the same record since the same minutes as 99 others")
    stepped(test, 7, 8)
    assert not test.found().any()


def test_some_records_come_again_by_chance():
    test = Gateway(COUNT)
    stepped(test, 0, 30, again=slice(40))
    assert not test.found().any()


def test_a_long_reading_tells_as_much_as_short_ones():
    test, full = Gateway(COUNT), np.ones(COUNT)
    readings = MinuteReadings(0.0 * full, full, np.nan * full, longest_s=300.0 * full)
    test.step(300.0, readings, full[:] > 0, FLOW)
    assert test.is_held.all()


def test_a_snapshot_goes_on():
    test, again = Gateway(COUNT), Gateway(COUNT)
    stepped(test, 0, 2, held=slice(40))
    again.restore(test.snapshot())
    stepped(again, 2, 3, held=slice(40))
    assert again.is_held.sum() == 40


def test_no_test_withdraws_for_what_a_gateway_did():
    health = DetectorHealth(region(40))
    count = 40
    for m in range(12):
        counts = np.full(count, 5.0 + m % 4)
        sent = MinuteReadings(counts, 0.02 * counts, np.full(count, np.nan))
        health.step(60.0 * m, sent)
    stopped = MinuteReadings(np.zeros(count), np.ones(count), np.full(count, np.nan))
    faults = [fault for m in range(12, 90) for fault in health.step(60.0 * m, stopped)]
    assert {fault.fault for fault in faults} == {"stuck_on"}
    assert len(faults) == count
    assert "39 others" in faults[0].evidence
    assert health.withdrawn == {}
