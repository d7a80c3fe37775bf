"""Before and after: what changed is found, what did not is not claimed."""

from datetime import date, timedelta

import numpy as np
import pytest

from congestion.reports.matched_days import effect, matched

MONDAY = date(2026, 8, 31)
SEEDS = 100
NOISE = 0.04


def days(first: date, count: int) -> list[date]:
    return [first + timedelta(days=k) for k in range(count)]


def test_days_are_paired_by_weekday_and_those_nearest_to_the_change_first() -> None:
    pairs = matched(days(MONDAY, 14), days(MONDAY + timedelta(days=14), 7))
    assert len(pairs) == 7
    assert all(pair.after - pair.before == timedelta(days=7) for pair in pairs)


def test_a_day_without_a_partner_is_left_out() -> None:
    pairs = matched(days(MONDAY, 2), days(MONDAY + timedelta(days=7), 1))
    assert [(p.before, p.after) for p in pairs] == [(MONDAY, MONDAY + timedelta(days=7))]


def test_four_pairs_say_nothing() -> None:
    assert effect(np.ones(4), np.ones(4)) is None


def sides(seed: int, change: float, pairs: int) -> tuple[np.ndarray, np.ndarray]:
    """Give figures of matched days with a change and with noise of their own."""
    random = np.random.default_rng(seed)
    usual = random.uniform(1.2, 1.8, pairs)
    before, after = (usual * random.lognormal(0.0, NOISE, pairs) for _ in range(2))
    return before, after * (1.0 + change)


@pytest.mark.parametrize("pairs", [20, 30])
def test_a_true_change_of_ten_percent_is_found_and_held_by_its_interval(pairs: int) -> None:
    found = [effect(*sides(seed, -0.1, pairs)) for seed in range(SEEDS)]
    claimed = sum(e is not None and e.is_claimed and e.change < 0 for e in found)
    held = sum(e is not None and e.low <= -0.1 <= e.high for e in found)
    assert claimed >= 95
    assert held >= 90  # 95 are expected; fewer than 90 come by chance in one of 40 trials


@pytest.mark.parametrize("pairs", [5, 10, 20])
def test_no_change_is_never_claimed_in_a_hundred_trials(pairs: int) -> None:
    found = [effect(*sides(1000 + seed, 0.0, pairs)) for seed in range(SEEDS)]
    assert not any(e is not None and e.is_claimed for e in found)
    assert sum(e is not None and e.low <= 0.0 <= e.high for e in found) >= 90


def test_the_same_days_give_the_same_interval() -> None:
    assert effect(*sides(3, 0.1, 10)) == effect(*sides(3, 0.1, 10))
