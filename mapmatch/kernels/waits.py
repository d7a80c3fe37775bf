"""Where a vehicle waited between two fixes, which says when it passed the nodes between them."""

from math import exp

import numba

# Seconds of waiting are shared by these weights, fitted by absolute error to when the vehicles of
# the labelled recordings passed nodes: 178,487 pairs of fixes with one to seven nodes between.
# At a fix where it stands, and how fast (m/s) that fades for one that leaves or comes moving.
LEAVING, LEAVING_MPS = 2.5, 1.6
COMING, COMING_MPS = 4.2, 6.0
# Less on a piece so short (seconds of free driving) that it stands at the node itself.
AT_NODE_S = 0.9
# At a node with a signal, at another, and slowly on the way, for each second of free driving.
SIGNAL, NODE, WAY = 1.0, 0.08, 0.03
# What a vehicle that waits nowhere takes, as a share of the time at free speed.
PACE = 1.04


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def leaving_weight(speed_mps: float, free_s: float) -> float:
    """Weigh the waiting at a fix that a vehicle leaves with free_s to drive to the first node."""
    return LEAVING * exp(-speed_mps / LEAVING_MPS) * min(1.0, free_s / AT_NODE_S)


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def coming_weight(speed_mps: float, free_s: float) -> float:
    """Weigh the waiting at a fix that a vehicle comes to free_s after the last node."""
    return COMING * exp(-speed_mps / COMING_MPS) * min(1.0, free_s / AT_NODE_S)


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def node_weight(has_signal: int) -> float:
    """Weigh the waiting before a node."""
    return SIGNAL if has_signal else NODE


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def share_passed(
    seconds: float, free_s: float, weight: float, free_done_s: float, weight_done: float
) -> float:
    """Give the share of the seconds between two fixes that was over when a node was passed.

    free_s, free_done_s: at free speed, of the whole way and of the way to the node. weight,
    weight_done: of all places to wait, and of those up to the node, without the way itself; NaN
    where a fix told no speed, then the vehicle is taken to be equally slow all the way.
    """
    if free_s <= 0.0 or seconds <= 0.0:
        return 0.0
    share = free_done_s / free_s
    if weight == weight:
        driving = min(seconds, PACE * free_s)
        waited = (weight_done + WAY * free_done_s) / (weight + WAY * free_s)
        share = (driving * share + (seconds - driving) * waited) / seconds
    return min(max(share, 0.0), 1.0)
