"""How numbers are spread: three of their quantiles."""

from collections.abc import Iterable

import msgspec
import numpy as np
import numpy.typing as npt

_LOW, _HIGH = 0.1, 0.9
"""The outer quantiles. Unit: share. Source: chosen; a few odd rows move neither."""


class Spread(msgspec.Struct, frozen=True):
    """The median of numbers, and the bounds that a tenth of them lies below and above."""

    low: float
    median: float
    high: float


def spread_of(values: npt.ArrayLike | Iterable[float]) -> Spread | None:
    """Give how the finite ones of some numbers are spread, None where there is none."""
    numbers = np.asarray(values, np.float64)
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return None
    low, median, high = np.quantile(numbers, (_LOW, 0.5, _HIGH)).tolist()
    return Spread(low, median, high)
