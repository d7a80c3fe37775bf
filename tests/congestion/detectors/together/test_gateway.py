"""Detectors that stop in the same minutes are a gateway's fault, not the city's."""

import numpy as np
import pytest

from congestion.detectors.health import DetectorHealth
from congestion.detectors.together.gateway import Due, Gateway
from congestion.seen.readings import AgainstProbes, MinuteReadings
from tests.congestion.detectors.test_health import region

COUNT = 100
DUE = Due(np.full(COUNT, 4.0), np.zeros(COUNT), np.zeros(COUNT))
NONE, ALL = slice(0), slice(None)


def stepped(
    test: Gateway, first: int, last: int, held: slice = NONE, empty: slice = NONE,
    again: slice = NONE,
) -> None:  # fmt: skip
    """Some minutes in which these are held, empty or repeat themselves, and the others count."""
    for m in range(first, last):
        counts, occupancies = np.full(COUNT, 4.0), np.full(COUNT, 0.1 + 0.001 * m)
        occupancies[again] = 0.1
        counts[held], counts[empty] = 0.0, 0.0
        occupancies[held], occupancies[empty] = 1.0, 0.0
        readings = MinuteReadings(counts, occupancies, np.full(COUNT, np.nan))
        test.step(60.0 * m, readings, DUE)


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
        test.step(60.0 * m, readings, Due(nothing, nothing, nothing))
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
    test, chance = Gateway(COUNT), np.random.default_rng(3)
    occupancies = np.full(COUNT, 0.1)
    for m in range(300):  # in whole percents, without speeds
        changes = chance.random(COUNT) < 0.6
        occupancies = np.where(changes, occupancies + 0.01, occupancies)
        counts = np.full(COUNT, 4.0)
        test.step(60.0 * m, MinuteReadings(counts, occupancies, np.full(COUNT, np.nan)), DUE)
        assert not test.found().any()


def test_a_third_that_sends_its_last_record_is_found_and_empty_lanes_are_not():
    test, chance = Gateway(COUNT), np.random.default_rng(4)
    empty, stuck = slice(60, COUNT), slice(33)
    occupancies = np.zeros(COUNT)
    for m in range(40):
        fresh = chance.uniform(0.05, 0.2, COUNT)
        occupancies = fresh if m < 20 else np.where(np.arange(COUNT) < 33, occupancies, fresh)
        counts = np.full(COUNT, 4.0)
        counts[empty], occupancies[empty] = 0.0, 0.0
        test.step(60.0 * m, MinuteReadings(counts, occupancies, np.full(COUNT, np.nan)), DUE)
        assert m >= 26 or m < 20 or not test.found()[33:].any()
    assert test.is_repeating[stuck].all()
    assert test.found().sum() == 33
    assert test.evidence(0)[1] == "the same record since the same minutes as 32 others"


def test_those_that_stop_bit_by_bit_are_not_believed():
    count = 1000
    test, due = Gateway(count), Due(*(np.zeros(count) for _ in range(3)))
    for m in range(20):
        stopped = np.arange(count) < 22 * m
        readings = MinuteReadings(
            np.where(stopped, 0.0, 4.0), np.where(stopped, 0.9, 0.1), np.full(count, np.nan)
        )
        test.step(60.0 * m, readings, due)
        if m >= 5:
            assert test.is_held[: 22 * (m - 2)].all()  # each within three minutes
    assert not test.is_held[22 * 20 :].any()


def test_where_probes_crawl_a_queue_holds_the_detectors():
    test = Gateway(COUNT)
    crawl = AgainstProbes(np.full(COUNT, np.nan), np.where(np.arange(COUNT) < 10, 0.0, np.nan))
    for m in range(8):
        held = np.arange(COUNT) < (60 if m > 3 else 0)
        readings = MinuteReadings(
            np.where(held, 0.0, 4.0), np.where(held, 1.0, 0.1), np.full(COUNT, np.nan)
        )
        test.step(60.0 * m, readings, DUE, crawl)
    assert np.flatnonzero(test.is_held).tolist() == list(range(10, 60))


def test_a_third_that_falls_silent_while_vehicles_pass_around_it_is_not_believed():
    test = Gateway(COUNT)
    silent = np.arange(COUNT) < 33
    for m in range(4):
        due = Due(DUE.flow, np.where(silent, 4.0 * m, 0.0), np.where(silent, m, 0.0))
        stepped_due(test, m, silent, due)
    assert np.flatnonzero(test.is_empty).tolist() == list(range(33))
    assert test.evidence(0)[1] == "without a vehicle since the same minutes as 32 others"


def stepped_due(test: Gateway, m: int, silent: np.ndarray, due: Due) -> None:
    """A minute in which some count nothing, with what was due."""
    counts = np.where(silent, 0.0, 4.0)
    test.step(60.0 * m, MinuteReadings(counts, 0.02 * counts, np.full(COUNT, np.nan)), due)


@pytest.mark.parametrize("unit", [1 / 3.6, 3.6])
def test_speeds_that_change_their_unit_in_one_minute_are_not_believed(unit):
    test, chance = Gateway(COUNT), np.random.default_rng(5)
    for m in range(45):
        counts = chance.integers(3, 12, COUNT).astype(float)
        speeds = chance.uniform(4.0, 14.0, COUNT)
        occupancies = counts * chance.uniform(4.0, 6.5, COUNT) / speeds / 60.0
        speeds[:33] *= unit if 20 <= m < 40 else 1.0
        test.step(60.0 * m, MinuteReadings(counts, occupancies, speeds), DUE)
        found = np.flatnonzero(test.is_other_length).tolist()
        if 20 <= m < 23 or 40 <= m < 43:
            assert set(found) <= set(range(33))
        else:
            assert found == (list(range(33)) if 23 <= m < 40 else [])
        if m == 30:
            since, seen = test.evidence(0)
            assert seen == "another unit of speed since the same minutes as 32 others"
            assert 60.0 * 20 <= since <= 60.0 * 21


def test_a_jam_changes_speeds_and_no_lengths():
    test, chance = Gateway(COUNT), np.random.default_rng(6)
    for m in range(40):
        counts = chance.integers(3, 12, COUNT).astype(float)
        speeds = chance.uniform(8.0, 14.0, COUNT) / (4.0 if m >= 20 else 1.0)
        occupancies = np.round(np.minimum(counts * 5.0 / speeds / 60.0, 1.0), 2)
        test.step(60.0 * m, MinuteReadings(counts, occupancies, speeds), DUE)
        assert not test.found().any()


def test_a_long_reading_tells_as_much_as_short_ones():
    test, full = Gateway(COUNT), np.ones(COUNT)
    readings = MinuteReadings(0.0 * full, full, np.nan * full, longest_s=300.0 * full)
    test.step(300.0, readings, DUE)
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
