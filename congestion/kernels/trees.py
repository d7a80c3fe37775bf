"""Sums of regression trees (Friedman 2001), evaluated for many rows."""

import numba as nb
import numpy as np
import numpy.typing as npt

Floats32 = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.uint32]
Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

# Rows that go through a tree side by side, a multiple of what a processor compares at once.
BLOCK = 256
# Leaves of a tree, one bit each of a word.
LEAVES = 64
# Nodes of a tree come in groups of so many, so that a row's word is read and written once for all.
GROUP = 4
# A word with one bit set, times this, has the bit's slot in its uppermost 6 bits: a De Bruijn
# sequence (Leiserson, Prokop and Randall 1998).
SLOTS = 0x03F79D71B4CB0A89

_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_ONE = np.uint64(1)
_SLOTS = np.uint64(SLOTS)
_TO_SLOT = np.uint64(58)


@nb.njit(cache=True, nogil=True, _nrt=False)
def sum_trees(
    columns: Floats32,
    inputs: Counts,
    missing: Floats32,
    node_offsets: Ints,
    column: Counts,
    threshold: Floats32,
    left_on: Words,
    value: Floats,
    sum_offsets: Ints,
    numbers: Floats32,
    alive: Words,
    sums: Floats,
) -> None:
    """Add the trees' values for each of r rows to s sums, without descending a tree.

    Every node of a tree is asked of a row; one that sends it right takes the leaves on its left
    out of the row's word, and the leftmost leaf that is left is where the row ends (QuickScorer,
    Lucchese et al. 2015; a block of rows at once as in V-QuickScorer, 2016). No step depends on
    the one before it, so that the processor compares many rows at once.

    columns features x r, NaN where missing. inputs c: the feature of each column that nodes ask
    for; missing c: what stands for NaN there, which goes right where it is infinite and left where
    it is NaN. node_offsets t + 1: CSR of the trees' nodes, each tree's a multiple of GROUP. Per
    node: column (of inputs), threshold (a number over it goes right), left_on (the leaves that
    stay where it does). value t x LEAVES flat: of each leaf, at its bit's slot. sum_offsets s + 1:
    CSR of the trees that each sum adds up. Scratch: numbers c x BLOCK flat, alive BLOCK. In place:
    sums s x r.
    """
    row_count = columns.shape[1]
    for first in range(0, row_count, BLOCK):
        count = min(BLOCK, row_count - first)
        for c in range(inputs.shape[0]):
            feature, instead, start = inputs[c], missing[c], c * BLOCK
            for i in range(count):
                number = columns[feature, first + i]
                numbers[start + i] = instead if number != number else number
        for s in range(sums.shape[0]):
            for tree in range(sum_offsets[s], sum_offsets[s + 1]):
                for i in range(BLOCK):
                    alive[i] = _ALL
                for node in range(node_offsets[tree], node_offsets[tree + 1], GROUP):
                    _ask(node, column, threshold, left_on, numbers, alive)
                for i in range(count):
                    leftmost = alive[i] & (~alive[i] + _ONE)
                    slot = (leftmost * _SLOTS) >> _TO_SLOT
                    sums[s, first + i] += value[np.uint64(tree * LEAVES) + slot]


@nb.njit(cache=True, nogil=True, _nrt=False, inline="always")
def _ask(
    node: int,
    column: Counts,
    threshold: Floats32,
    left_on: Words,
    numbers: Floats32,
    alive: Words,
) -> None:
    """Ask GROUP nodes, from `node` on, of a block of rows."""
    at_0, at_1 = np.int64(column[node]) * BLOCK, np.int64(column[node + 1]) * BLOCK
    at_2, at_3 = np.int64(column[node + 2]) * BLOCK, np.int64(column[node + 3]) * BLOCK
    limit_0, limit_1 = threshold[node], threshold[node + 1]
    limit_2, limit_3 = threshold[node + 2], threshold[node + 3]
    on_0, on_1, on_2, on_3 = left_on[node], left_on[node + 1], left_on[node + 2], left_on[node + 3]
    for i in range(BLOCK):
        alive[i] &= (
            (on_0 if numbers[at_0 + i] > limit_0 else _ALL)
            & (on_1 if numbers[at_1 + i] > limit_1 else _ALL)
            & (on_2 if numbers[at_2 + i] > limit_2 else _ALL)
            & (on_3 if numbers[at_3 + i] > limit_3 else _ALL)
        )
