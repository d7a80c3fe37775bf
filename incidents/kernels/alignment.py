"""How much of a true route a driven one shares, in order."""

import numpy as np
import numpy.typing as npt
from numba import njit


@njit(cache=True, nogil=True)
def shared_length(
    true_route: npt.NDArray[np.int32],
    driven_route: npt.NDArray[np.int32],
    length_m: npt.NDArray[np.float64],
) -> float:
    """Give the metres of the heaviest common subsequence of two routes.

    `true_route` (k) and `driven_route` (l) are segment indices in the order driven, `length_m`
    (n) the length of each segment. The longest common subsequence weighted by length: what is
    left of either route is what Newson and Krumm (2009, figure 6) count as missed and as added.
    """
    best = np.zeros(len(driven_route) + 1)
    for i in range(len(true_route)):
        diagonal = 0.0
        for j in range(len(driven_route)):
            above = best[j + 1]
            value = max(above, best[j])
            if true_route[i] == driven_route[j]:
                value = max(value, diagonal + length_m[true_route[i]])
            diagonal = above
            best[j + 1] = value
    return best[-1]
