"""The slow twin of mapmatch.kernels.noise: all distances across at once, each with its weight."""

from dataclasses import dataclass
from itertools import pairwise
from math import exp, log, sqrt

from mapmatch.matcher_settings import MatcherSettings

SAME_DIRECTION = 0.9
"""Two distances across are of one axis of the error where the cosine of the turn is above this."""


@dataclass(frozen=True)
class Seen:
    """A settled fix's signed distance across its segment, whose unit direction is `along`."""

    across: float
    along: tuple[float, float]
    seconds: float  # since the settled fix before
    is_first: bool = False  # of a trace: what came before is another


def sigma_of(settings: MatcherSettings, seen: list[Seen]) -> float:
    """Give the standard deviation: squares weighed by age, with sigma_weight fixes assumed."""
    weights = _weights(settings, len(seen))
    squares = sum(w * one.across**2 for w, one in zip(weights, seen, strict=True))
    assumed = settings.sigma_weight * settings.sigma_m**2
    sigma = sqrt((squares + assumed) / (sum(weights) + settings.sigma_weight))
    return min(max(sigma, settings.min_sigma_m), settings.max_sigma_m)


def tau_of(settings: MatcherSettings, seen: list[Seen]) -> float:
    """Give the time over which the error persists: -step / ln(autocorrelation at a step).

    Of pairs of fixes on a road that keeps its direction, weighed by age, with tau_weight pairs of
    their size assumed.
    """
    pairs = [
        (before, one)
        for before, one in pairwise(seen)
        if not one.is_first and _cosine(before, one) > SAME_DIRECTION
    ]
    if not pairs:
        return settings.tau_s
    weights = _weights(settings, len(pairs))
    count = sum(weights)
    product = sum(w * a.across * b.across for w, (a, b) in zip(weights, pairs, strict=True))
    square = sum(
        w * (a.across**2 + b.across**2) / 2.0 for w, (a, b) in zip(weights, pairs, strict=True)
    )
    step = sum(w * b.seconds for w, (_, b) in zip(weights, pairs, strict=True)) / count
    assumed = settings.tau_weight * square / count
    correlation = (product + assumed * exp(-step / settings.tau_s)) / (square + assumed)
    correlation = min(max(correlation, 0.001), 0.995)
    return min(max(-step / log(correlation), 0.1), 4.0 * settings.tau_s)


def _weights(settings: MatcherSettings, count: int) -> list[float]:
    return [settings.noise_decay**age for age in reversed(range(count))]


def _cosine(before: Seen, one: Seen) -> float:
    return before.along[0] * one.along[0] + before.along[1] * one.along[1]
