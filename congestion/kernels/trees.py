"""Sums of regression trees (Friedman 2001), evaluated for many rows."""

import numba as nb
import numpy as np
import numpy.typing as npt

from ingest.kernels.arrays import Floats, Floats32, Int32s, Int64s

Counts = npt.NDArray[np.uint32]
Keys = npt.NDArray[np.int16]
Words = npt.NDArray[np.uint16]

# Rows that go through a tree side by side: a column of their keys is 1 kB, and all columns stay in
# a core's second cache.
BLOCK = 512
# Leaves of a tree, one bit each of two words. A word as wide as a key has a processor compare and
# mask 16 or 32 rows at once.
WORD = 16
LEAVES = 2 * WORD
# Nodes of a tree come in groups of so many, so that a row's word is read and written once for all.
GROUP = 4
# A word with one bit set, times this, has the bit's slot in its uppermost 4 bits: a De Bruijn
# sequence (Leiserson, Prokop and Randall 1998).
SLOTS = 0x0F2D

_NONE, _ALL = np.uint16(0), np.uint16(0xFFFF)
_ONE = np.uint16(1)
_SLOTS = np.uint16(SLOTS)
_TO_SLOT, _WORD = np.uint16(12), np.uint16(WORD)
_HALF, _SIGN = np.int32(16), np.int32(31)
_MAGNITUDE, _INFINITY = np.int32(0x7FFFFFFF), np.int32(0x7F800000)


@nb.njit(cache=True, nogil=True, _nrt=False)
def sum_trees(
    bits: Int32s,
    inputs: Counts,
    missing: Keys,
    node_offsets: Int64s,
    column: Counts,
    threshold: Keys,
    off: Words,
    value: Floats32,
    sum_offsets: Int64s,
    keys: Keys,
    gone: Words,
    leaf: Words,
    total: Floats32,
    sums: Floats,
) -> None:
    """Add the trees' values for each of r rows to s sums, without descending a tree.

    Every node of a tree is asked of a row; one that sends it right takes the leaves on its left
    away, and the leftmost leaf that is left is where the row ends (QuickScorer, Lucchese et al.
    2015; a block of rows at once as in V-QuickScorer, 2016). No step depends on the one before it,
    so that the processor compares many rows at once. Numbers are compared by the upper halves of
    their float32, 8 significant bits, as integers in the numbers' order.

    bits features x r flat: the numbers' float32, NaN where missing. inputs c: the feature of each
    column that nodes ask for; missing c: the key that stands for NaN there. node_offsets 2 t + 1:
    CSR of the nodes that take leaves out of each tree's first and second word, each a multiple of
    GROUP. Per node: column (of inputs), threshold (a key over it goes right), off (the leaves of
    the word that are gone where it does). value t x LEAVES flat: of each leaf, at its word's WORD
    and its bit's slot. sum_offsets s + 1: CSR of the pairs of trees that each sum adds up, a look
    at a row's sum for both. Scratch: keys c x BLOCK flat, gone and leaf 2 x BLOCK flat, total
    BLOCK. In place: sums s x r.
    """
    row_count = sums.shape[1]
    for first in range(0, row_count, BLOCK):
        count = min(BLOCK, row_count - first)
        for c in range(inputs.shape[0]):
            _read(bits, np.int64(inputs[c]) * row_count + first, count, missing[c], c, keys)
        for s in range(sums.shape[0]):
            total[:] = 0.0
            for pair in range(sum_offsets[s], sum_offsets[s + 1]):
                for half in range(2):
                    tree = 2 * pair + half
                    gone[:] = _NONE
                    for word in range(2):
                        nodes = 2 * tree + word
                        for node in range(node_offsets[nodes], node_offsets[nodes + 1], GROUP):
                            _ask(node, column, threshold, off, keys, word * BLOCK, gone)
                    _end(gone, half * BLOCK, leaf)
                _add(value, pair, leaf, total)
            for i in range(count):
                sums[s, np.uint64(first + i)] += total[i]


@nb.njit(cache=True, nogil=True, _nrt=False, inline="always")
def _read(bits: Int32s, at: int, count: int, instead: int, column: int, keys: Keys) -> None:
    """Give the keys of a block's column; bits `at` on are its numbers.

    Indices are unsigned here and below where they do not start at 0: Numba lets signed ones count
    from an array's end, and what may do so is gathered one by one.
    """
    for i in range(count):
        number = bits[np.uint64(at) + np.uint64(i)]
        # Negative numbers have their order turned round.
        ordered = np.int32(number ^ ((number >> _SIGN) & _MAGNITUDE))
        is_missing = (number & _MAGNITUDE) > _INFINITY
        keys[column * BLOCK + i] = instead if is_missing else np.int16(ordered >> _HALF)


@nb.njit(cache=True, nogil=True, _nrt=False, inline="always")
def _ask(
    node: int, column: Counts, threshold: Keys, off: Words, keys: Keys, start: int, gone: Words
) -> None:
    """Ask GROUP nodes, from `node` on, of a block of rows, whose words begin at `start`."""
    at_0, at_1 = np.int64(column[node]) * BLOCK, np.int64(column[node + 1]) * BLOCK
    at_2, at_3 = np.int64(column[node + 2]) * BLOCK, np.int64(column[node + 3]) * BLOCK
    limit_0, limit_1 = threshold[node], threshold[node + 1]
    limit_2, limit_3 = threshold[node + 2], threshold[node + 3]
    off_0, off_1, off_2, off_3 = off[node], off[node + 1], off[node + 2], off[node + 3]
    for i in range(BLOCK):
        gone[start + i] |= (
            (off_0 if keys[at_0 + i] > limit_0 else _NONE)
            | (off_1 if keys[at_1 + i] > limit_1 else _NONE)
            | (off_2 if keys[at_2 + i] > limit_2 else _NONE)
            | (off_3 if keys[at_3 + i] > limit_3 else _NONE)
        )


@nb.njit(cache=True, nogil=True, _nrt=False, inline="always")
def _end(gone: Words, start: int, leaf: Words) -> None:
    """Give the places, in a tree's values, of the leaves that a block of rows ends in."""
    for i in range(BLOCK):
        first, second = gone[i], gone[BLOCK + i]
        in_first = np.uint16(np.uint16(~first & np.uint16(first + _ONE)) * _SLOTS) >> _TO_SLOT
        in_second = np.uint16(np.uint16(~second & np.uint16(second + _ONE)) * _SLOTS) >> _TO_SLOT
        leaf[start + i] = np.uint16(in_second + _WORD) if first == _ALL else in_first


@nb.njit(cache=True, nogil=True, _nrt=False, inline="always")
def _add(value: Floats32, pair: int, leaf: Words, total: Floats32) -> None:
    """Add the values of the leaves that a block of rows ends in, in both trees of a pair."""
    first = np.uint64(2 * pair * LEAVES)
    second = np.uint64((2 * pair + 1) * LEAVES)
    for i in range(BLOCK):
        total[i] += value[first + np.uint64(leaf[i])] + value[second + np.uint64(leaf[BLOCK + i])]
