"""Days before a change matched with days after it, and how sure their difference is."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np

from ingest.kernels.arrays import Floats

DRAWS = 10_000
"""Samples of pairs that a bootstrap draws. Unit: count. Source: chosen, bounds then move by less
than a hundredth of their width."""
SHOWN, CLAIMED = 0.95, 0.999
"""The interval that is shown, and the one that must leave out no change for an effect to be
claimed: one in a thousand reports of nothing claims something. Unit: share. Source: chosen."""
LEAST_PAIRS = 5
"""Fewer pairs say nothing. Unit: count. Source: chosen, a week of workdays."""


class Pair(NamedTuple):
    """A day before the change and a day of the same day of the week after it."""

    before: date
    after: date


class Effect(NamedTuple):
    """By what share a figure changed, between bounds; `is_claimed` where chance is ruled out."""

    change: float
    low: float
    high: float
    is_claimed: bool
    pairs: int


def matched(before: Sequence[date], after: Sequence[date]) -> list[Pair]:
    """Pair days of the same day of the week, those nearest to the change first.

    Days without a partner are left out.
    """
    pairs = []
    for weekday in range(7):
        one = sorted((d for d in before if d.weekday() == weekday), reverse=True)
        other = sorted(d for d in after if d.weekday() == weekday)
        pairs += [Pair(*days) for days in zip(one, other, strict=False)]
    return sorted(pairs, key=lambda pair: pair.after)


def effect(before: Floats, after: Floats, seed: int = 0) -> Effect | None:
    """Give the change of p pairs' figures (above 0), None where there are too few pairs.

    The mean of the logarithms' differences, with bounds of a bootstrap-t over pairs (Efron and
    Tibshirani 1993, chapter 12.5), which holds for few pairs too.
    """
    difference = np.log(after / before)
    count = len(difference)
    if count < LEAST_PAIRS:
        return None
    mean, error = float(difference.mean()), _error(difference[None, :])[0]
    if error <= 1e-12:
        change = float(np.expm1(mean))
        return Effect(change, change, change, abs(change) > 1e-12, count)
    random = np.random.default_rng(seed)
    drawn = difference[random.integers(0, count, (DRAWS, count))]
    errors = np.maximum(_error(drawn), error * 0.05)  # a draw of one pair alone has no spread
    t = (drawn.mean(axis=1) - mean) / errors
    low, high = _bounds(mean, error, t, SHOWN)
    least, most = _bounds(mean, error, t, CLAIMED)
    return Effect(
        change=float(np.expm1(mean)),
        low=float(np.expm1(low)),
        high=float(np.expm1(high)),
        is_claimed=bool(least > 0.0 or most < 0.0),
        pairs=count,
    )


def _error(values: Floats) -> Floats:
    """Give the standard error of each row's mean."""
    return np.asarray(values.std(axis=1, ddof=1) / np.sqrt(values.shape[1]))


def _bounds(mean: float, error: float, t: Floats, share: float) -> tuple[float, float]:
    """Give the bounds of the mean; the same on both sides, so that neither tail is too short."""
    most = float(np.quantile(np.abs(t), share))
    return mean - most * error, mean + most * error
