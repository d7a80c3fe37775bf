"""Slow twin of the tree kernel: one row down one tree at a time."""

import math
import struct

from congestion.states.trees import Tree


def cut(number: float) -> float:
    """Give a number's first 8 significant bits: the upper two bytes of its float32."""
    try:
        upper = struct.pack(">f", number)[:2]
    except OverflowError:  # beyond the largest float32
        upper = struct.pack(">f", math.copysign(3.4e38, number))[:2]
    return struct.unpack(">f", upper + b"\0\0")[0]


def value_of(tree: Tree, row: list[float]) -> float:
    """Give the value of the leaf that a row ends in."""
    node = 0
    while tree.feature[node] >= 0:
        number = row[tree.feature[node]]
        is_missing = math.isnan(number)
        goes_left = tree.nan_left[node] if is_missing else cut(number) <= cut(tree.threshold[node])
        node = tree.child[node] + (0 if goes_left else 1)
    return tree.value[node]
