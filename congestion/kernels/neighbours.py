"""One number a segment of what its neighbours have: their mean, their least, their most."""

import math

import numba as nb
import numpy as np

from ingest.kernels.arrays import Floats, Int32s

MEAN, LEAST, MOST = 0, 1, 2
"""What is asked of the neighbours."""
_LARGEST = float(np.finfo(np.float64).max)


@nb.njit(cache=True, nogil=True, _nrt=False)
def over_neighbours(
    asked: int, offsets: Int32s, of: Int32s, values: Floats, weights: Floats, found: Floats
) -> None:
    """Give of each of n segments the MEAN, the LEAST or the MOST of its neighbours' values.

    offsets n + 1 and of: the neighbours, CSR. values n. weights n: of the mean, where a missing
    value (NaN) counts as 0; NaN where no neighbour weighs anything. LEAST and MOST pass over what
    is missing, and are NaN where all is. In place: found n.
    """
    if asked == MEAN:
        for segment in range(offsets.shape[0] - 1):
            total = weight = 0.0
            for place in range(offsets[segment], offsets[segment + 1]):
                value = values[of[place]]
                known = 0.0 if math.isnan(value) else min(max(value, -_LARGEST), _LARGEST)
                weight += weights[of[place]]
                total += weights[of[place]] * known
            found[segment] = total / weight if weight != 0.0 else math.nan
        return
    for segment in range(offsets.shape[0] - 1):
        chosen = math.nan
        for place in range(offsets[segment], offsets[segment + 1]):
            value = values[of[place]]
            if math.isnan(chosen) or (value < chosen if asked == LEAST else value > chosen):
                chosen = value
        found[segment] = chosen
