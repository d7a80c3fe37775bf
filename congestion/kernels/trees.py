"""Sums of regression trees (Friedman 2001), evaluated for many rows."""

import numba as nb
import numpy as np
import numpy.typing as npt

Floats32 = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]


@nb.njit(cache=True, nogil=True)
def sum_trees(
    rows: Floats32,
    roots: Ints,
    column: Ints,
    threshold: Floats32,
    nan_goes_left: Flags,
    left: Ints,
    right: Ints,
    value: Floats,
    sums: Floats,
) -> None:
    """Add every tree's value for each of r rows to sums.

    rows r x features (NaN where missing). roots: first node of each tree. Per node: column tested
    (-1 in a leaf), threshold (a row goes left if its number is at most that), where NaN goes, the
    nodes left and right, value (of a leaf). In place: sums r.
    """
    for row in range(rows.shape[0]):
        total = 0.0
        for tree in range(roots.shape[0]):
            node = roots[tree]
            while column[node] >= 0:
                number = rows[row, column[node]]
                if number <= threshold[node] or (nan_goes_left[node] and np.isnan(number)):
                    node = left[node]
                else:
                    node = right[node]
            total += value[node]
        sums[row] += total
