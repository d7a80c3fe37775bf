"""Slow twin of the odds of an empty lane: vehicle after vehicle chooses another lane."""

import math


def odds_of_none(alpha: float, beta: float, n: int) -> float:
    """Give -ln P(none of n vehicles takes a lane of share Beta(alpha, beta)), Polya's urn."""
    chance = 1.0
    for chosen in range(n):
        chance *= (beta + chosen) / (alpha + beta + chosen)
    return -math.log(chance)
