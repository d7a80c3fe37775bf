"""Sums of regression trees (Friedman 2001), evaluated for many rows."""

import numba as nb
import numpy as np
import numpy.typing as npt

Floats32 = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.uint32]

# Rows that go down a tree side by side: while one waits for memory the others step.
BLOCK = 128


@nb.njit(cache=True, nogil=True)
def sum_trees(
    rows: Floats32,
    roots: Counts,
    depths: Counts,
    column: Counts,
    threshold: Floats32,
    nan_goes_right: Counts,
    child: Counts,
    value: Floats,
    sums: Floats,
) -> None:
    """Add every tree's value for each of r rows to sums.

    rows r x features (NaN where missing), contiguous. Per tree: roots (its first node), depths
    (steps to its deepest leaf). Per node: column tested; threshold; nan_goes_right 0 or 1; child,
    the node a row goes to if its number is at most the threshold, the next node being where it
    goes if not; value of a leaf. A leaf's child is the leaf itself and its threshold infinite, so
    that every row takes the same number of steps and the processor never guesses a branch. In
    place: sums r.
    """
    row_count = rows.shape[0]
    numbers = rows.ravel()
    width = np.uint64(rows.shape[1])
    at = np.empty(BLOCK, np.uint32)
    for first in range(0, row_count, BLOCK):
        count = min(BLOCK, row_count - first)
        for tree in range(roots.shape[0]):
            at[:] = roots[tree]
            for _ in range(depths[tree]):
                for i in range(count):
                    node = at[i]
                    number = numbers[np.uint64(first + i) * width + column[node]]
                    is_missing = np.uint32(number != number)
                    goes_right = np.uint32(number > threshold[node])
                    at[i] = child[node] + (goes_right | (is_missing & nan_goes_right[node]))
            for i in range(count):
                sums[first + i] += value[at[i]]
