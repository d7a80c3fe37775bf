"""Slow twin of the test of vehicle lengths: Page's cumulative sum of one detector and shift."""

import math
from collections.abc import Sequence


def mixed(history: Sequence[float], usual: Sequence[float], slack: float) -> list[float]:
    """Give the chance of each class: smoothed history and prior, and a slack for all alike."""
    weight = [h + u for h, u in zip(history, usual, strict=True)]
    padded = [0.0, *weight, 0.0]
    smooth = [
        (padded[i - 1] + 2.0 * padded[i] + padded[i + 1]) / 4.0 for i in range(1, len(padded) - 1)
    ]
    return [(1.0 - slack) * share / sum(weight) + slack / len(weight) for share in smooth]


def gain(
    history: Sequence[float], usual: Sequence[float], slack: float, seen: int, shift: int
) -> float:
    """Give ln p(seen | all lengths moved by shift) / p(seen | as before)."""
    chances = mixed(history, usual, slack)
    source = seen - shift
    inside = 0 <= source < len(chances)
    moved = chances[source] if inside else slack / len(chances)
    return math.log(moved / chances[seen])


def page(gains: Sequence[float], ceiling: float) -> float:
    """Give the cumulative sum that starts anew at 0."""
    total = 0.0
    for value in gains:
        total = min(max(total + value, 0.0), ceiling)
    return total
