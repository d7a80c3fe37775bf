"""Slow twin of incidents/kernels/alignment.py: every common subsequence by recursion."""

from collections.abc import Sequence
from functools import cache


def shared_length(
    true_route: Sequence[int], driven: Sequence[int], length_m: Sequence[float]
) -> float:
    """Give the metres of the heaviest common subsequence."""

    @cache
    def best(i: int, j: int) -> float:
        if i == len(true_route) or j == len(driven):
            return 0.0
        skipped = max(best(i + 1, j), best(i, j + 1))
        if true_route[i] != driven[j]:
            return skipped
        return max(skipped, length_m[true_route[i]] + best(i + 1, j + 1))

    return best(0, 0)
