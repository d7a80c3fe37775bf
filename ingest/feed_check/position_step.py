"""How finely positions are written: rounded to few decimals they no longer tell streets apart."""

import numpy as np
import numpy.typing as npt

from ingest.kernels.cleaning import EARTH_RADIUS_M

_MOST_DECIMALS = 4
"""Positions with more are as fine as any receiver. Unit: count. Source: chosen; a fifth is a metre.
"""
_LEAST_SHARE = 0.99
"""Positions are written to so many decimals where nearly all are. Unit: share. Source: chosen."""
_LEAST_POSITIONS = 100
"""Fewer positions say nothing. Unit: count. Source: chosen."""


def position_step_m(longitude: npt.NDArray, latitude: npt.NDArray) -> float:
    """Give the step (m, along the meridian) that positions (deg) are rounded to, 0 where none is.

    Steps of less than 10 m are none. NaNs have no part in it.
    """
    degrees = np.concatenate((longitude, latitude)).astype(np.float64)
    degrees = degrees[np.isfinite(degrees)]
    if len(degrees) < 2 * _LEAST_POSITIONS:
        return 0.0
    for decimals in range(_MOST_DECIMALS + 1):
        is_rounded = np.abs(degrees - np.round(degrees, decimals)) < 1e-8
        if is_rounded.mean() >= _LEAST_SHARE:
            return float(np.radians(10.0**-decimals) * EARTH_RADIUS_M)
    return 0.0
