"""What a segment's neighbours have, on the slow way: lists, one segment after another."""

import math
from collections.abc import Callable, Sequence


def mean(values: Sequence[float], weights: Sequence[float]) -> float:
    """Give the weighted mean, where a missing value is 0; NaN where nothing weighs."""
    known = [0.0 if math.isnan(value) else value for value in values]
    weighed = sum(weight * value for weight, value in zip(weights, known, strict=True))
    return weighed / sum(weights) if sum(weights) else math.nan


def chosen(values: Sequence[float], choose: Callable[[Sequence[float]], float]) -> float:
    """Give the least or the most of the values that are known, NaN without any."""
    known = [value for value in values if not math.isnan(value)]
    return choose(known) if known else math.nan
