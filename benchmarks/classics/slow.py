"""The crudest rule: slower than a share of the usual speed for three minutes. Source: chosen."""

import numpy as np
import numpy.typing as npt

from benchmarks.classics.minutes import SegmentMinutes, lasting

MINUTES = 3
A_THIRD = 1.0 / 3.0
SWEPT = (0.1, 0.15, 0.2, 0.25, A_THIRD, 0.4, 0.5)


def slow(minutes: SegmentMinutes, share: float = A_THIRD) -> npt.NDArray[np.bool_]:
    """Give m x n alarms."""
    return lasting(minutes.speed_kmh < share * minutes.usual_kmh, MINUTES)
