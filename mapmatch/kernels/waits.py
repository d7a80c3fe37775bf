"""Where a vehicle waited between two fixes, which says when it passed the nodes between them."""

from math import exp

from ingest.kernels.compiling import inlined_part

# The time beyond driving is shared among the places where a vehicle may wait, by these weights; a
# node with a signal weighs 1. They were set on the labelled recordings of shanghai-core (simulated)
# before a script fitted them. benchmarks/learn/waits.py fits them to 143,606 pairs of fixes with
# one to seven nodes between; what it gives stands beside each, with its range where one recording
# is left out. The fit errs 1.43 s a node, these values 1.46 s, sharing by free speed alone 1.82 s.
LEAVING = 2.5
"""At a fix that a vehicle leaves at rest. Unit: none. Source: as above; the fit 3.9 (3.8 to
4.0)."""
LEAVING_MPS = 1.6
"""Speed at which that has faded to 1/e. Unit: m/s. Source: as above; the fit 1.9 (1.8 to 1.9)."""
COMING = 4.2
"""At a fix that a vehicle comes to rest at. Unit: none. Source: as above; the fit 10 (10 to 11)."""
COMING_MPS = 6.0
"""Speed at which that has faded to 1/e. Unit: m/s. Source: as above; the fit 4.8 (4.7 to 4.8)."""
AT_NODE_S = 0.9
"""On a piece that is driven in less than this a vehicle stands at the node itself, so that it waits
less at the fix. Unit: s. Source: as above; the fit 0.47 (0.44 to 0.52)."""
SIGNAL = 1.0
"""Before a node with a signal. Unit: none. Source: by definition, what the others are measured
by."""
NODE = 0.08
"""Before a node without a signal. Unit: none. Source: as above; the fit 0."""
WAY = 0.03
"""For each second of free driving: slow traffic. Unit: 1/s. Source: as above; the fit 0.30 (0.26 to
0.30)."""
PACE = 1.04
"""Time that a vehicle takes which waits nowhere, by that at free speed. Unit: none. Source: as
above; the fit 0.86 (0.86 to 0.89)."""


@inlined_part
def leaving_weight(speed_mps: float, free_s: float) -> float:
    """Weigh the waiting at a fix that a vehicle leaves with free_s to drive to the first node."""
    return LEAVING * exp(-speed_mps / LEAVING_MPS) * min(1.0, free_s / AT_NODE_S)


@inlined_part
def coming_weight(speed_mps: float, free_s: float) -> float:
    """Weigh the waiting at a fix that a vehicle comes to free_s after the last node."""
    return COMING * exp(-speed_mps / COMING_MPS) * min(1.0, free_s / AT_NODE_S)


@inlined_part
def node_weight(has_signal: int) -> float:
    """Weigh the waiting before a node."""
    return SIGNAL if has_signal else NODE


@inlined_part
def share_passed(
    seconds: float, free_s: float, weight: float, free_done_s: float, weight_done: float
) -> float:
    """Give the share of the seconds between two fixes that was over when a node was passed.

    `free_s` and `free_done_s` are seconds at free speed: of the whole way, and of the way to the
    node. `weight` and `weight_done` are the weights of all places to wait, and of those up to the
    node, without the way itself. They are NaN where a fix gave no speed: the vehicle then counts
    as equally slow all the way.
    """
    if free_s <= 0.0 or seconds <= 0.0:
        return 0.0
    share = free_done_s / free_s
    if weight == weight:
        driving = min(seconds, PACE * free_s)
        waited = (weight_done + WAY * free_done_s) / (weight + WAY * free_s)
        share = (driving * share + (seconds - driving) * waited) / seconds
    return min(max(share, 0.0), 1.0)
