"""The standard normal deviate: an occupancy far from its own last minutes, two minutes on end.

Source: Dudek, Messer and Nuckles 1974, Incident detection on urban freeways, Transportation
Research Record 495: mean and deviation over five minutes, two successive values. The deviate is
swept.
"""

import numpy as np
import numpy.typing as npt

from benchmarks.classics.minutes import SegmentMinutes, before, lasting

Flags = npt.NDArray[np.bool_]

WINDOW = 5
"""Minutes that the mean and the deviation are of. Source: the paper."""
LEAST_DEVIATION = 0.01
"""A steadier occupancy is taken to vary by so much. Unit: occupancy. Source: chosen."""
SWEPT = (2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 30.0)


def normal_deviate(minutes: SegmentMinutes, deviate: float) -> Flags:
    """Give m x n alarms."""
    # The two minutes that are judged are left out of what they are judged by.
    past = np.stack([before(minutes.occupancy, back) for back in range(2, 2 + WINDOW)])
    mean = past.mean(axis=0)
    deviation = np.maximum(past.std(axis=0), LEAST_DEVIATION)
    odd = minutes.occupancy - mean > deviate * deviation
    odd_before = before(minutes.occupancy, 1) - mean > deviate * deviation
    return odd & odd_before & lasting(np.isfinite(minutes.occupancy), 2)
