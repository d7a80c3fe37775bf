"""Slow twin of the tree kernel: one row down one tree at a time."""

import math

from congestion.trees import Tree


def value_of(tree: Tree, row: list[float]) -> float:
    """Give the value of the leaf that a row ends in."""
    node = 0
    while tree.feature[node] >= 0:
        number = row[tree.feature[node]]
        is_missing = math.isnan(number)
        goes_left = tree.nan_left[node] if is_missing else number <= tree.threshold[node]
        node = tree.child[node] + (0 if goes_left else 1)
    return tree.value[node]
