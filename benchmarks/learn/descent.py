"""The least of a smooth convex function, by limited-memory BFGS."""

from collections.abc import Callable

import numpy as np

from ingest.kernels.arrays import Floats

STEPS, PAIRS = 500, 12
"""So many steps at most, and so many past ones remembered. Unit: count. Source: Nocedal and Wright
2006, algorithm 7.5, with more memory since a gradient costs more than it."""
LEAST_SLOPE, LEAST_GAIN = 1e-3, 1e-7
"""The descent ends where no slope is greater, or a step gains less. Source: chosen, weights are
written with two digits."""


def least(function: Callable[[Floats], tuple[float, Floats]], start: Floats) -> Floats:
    """Give where a function of n numbers is least; it gives its value and its gradient."""
    at = start.copy()
    value, slope = function(at)
    moves: list[tuple[Floats, Floats]] = []
    for _ in range(STEPS):
        if float(np.abs(slope).max()) < LEAST_SLOPE:
            break
        way = _way(slope, moves)
        length, least_fall = 1.0, 1e-4 * float(slope @ way)
        new = at - way
        new_value, new_slope = function(new)
        while new_value > value - length * least_fall and length > 1e-8:
            length /= 2.0
            new = at - length * way
            new_value, new_slope = function(new)
        if float((new - at) @ (new_slope - slope)) > 0.0:
            moves = [*moves, (new - at, new_slope - slope)][-PAIRS:]
        gain = value - new_value
        at, value, slope = new, new_value, new_slope
        if gain < LEAST_GAIN:
            break
    return at


def _way(slope: Floats, moves: list[tuple[Floats, Floats]]) -> Floats:
    """Give the slope times the inverse of the curvature that past moves showed."""
    way = slope.copy()
    shares = []
    for move, change in reversed(moves):
        shares.append(float(move @ way) / float(change @ move))
        way -= shares[-1] * change
    if moves:
        move, change = moves[-1]
        way *= float(move @ change) / float(change @ change)
    else:
        way /= max(1.0, float(np.abs(slope).sum()))
    for (move, change), share in zip(moves, reversed(shares), strict=True):
        way += move * (share - float(change @ way) / float(change @ move))
    return way
