"""Queues on the graph: which slow segment backs up from which, and how far each queue reaches."""

import numba as nb
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]


@nb.njit(cache=True, nogil=True)
def link_slow(
    successor_offsets: Ints,
    successors: Ints,
    reverse_segment: Ints,
    is_slow: Flags,
    ratio: Floats,
    parent: Ints,
) -> None:
    """Let each slow segment back up from the slowest of its slow successors.

    CSR successors of n segments; reverse_segment n (turning back is no way for a queue to grow);
    is_slow n; ratio n: speed over free-flow speed. In place: parent n, -1 for a segment that is
    not slow or has no slow successor (a head). Equal ratios: the lower index.
    """
    for segment in range(parent.shape[0]):
        parent[segment] = -1
        if not is_slow[segment]:
            continue
        best = np.inf
        for edge in range(successor_offsets[segment], successor_offsets[segment + 1]):
            ahead = successors[edge]
            if ahead == reverse_segment[segment] or ahead == segment or not is_slow[ahead]:
                continue
            if ratio[ahead] < best or (ratio[ahead] == best and ahead < parent[segment]):
                best = ratio[ahead]
                parent[segment] = ahead


@nb.njit(cache=True, nogil=True)
def trace_roots(
    is_slow: Flags, ratio: Floats, length_m: Floats, parent: Ints, root: Ints, reach_m: Floats
) -> int:
    """Follow every slow segment to the head of its queue; give the number of heads.

    is_slow, ratio, length_m n. parent n as link_slow leaves it; where parents run in a ring, the
    ring's slowest segment becomes a head (in place: its parent becomes -1). In place: root n (-1
    where not slow), reach_m n: metres from the head's downstream end to the segment's upstream
    end along parents (0 where not slow).
    """
    count = parent.shape[0]
    seen_in = np.full(count, -1, np.int32)
    path = np.empty(count, np.int32)
    heads = 0
    for start in range(count):
        root[start] = -1
        reach_m[start] = 0.0
    for start in range(count):
        if not is_slow[start] or root[start] >= 0:
            continue
        steps = 0
        at = start
        while at >= 0 and root[at] < 0 and seen_in[at] != start:
            seen_in[at] = start
            path[steps] = at
            steps += 1
            at = parent[at]
        if at >= 0 and root[at] < 0:
            # A ring: cut it below its slowest segment, then walk again from the start.
            slowest = at
            walker = parent[at]
            while walker != at:
                if ratio[walker] < ratio[slowest] or (
                    ratio[walker] == ratio[slowest] and walker < slowest
                ):
                    slowest = walker
                walker = parent[walker]
            parent[slowest] = -1
            steps = 0
            at = start
            while at >= 0:
                path[steps] = at
                steps += 1
                at = parent[at]
        if at < 0:
            at = path[steps - 1]
            root[at] = at
            reach_m[at] = length_m[at]
            heads += 1
            steps -= 1
        for step in range(steps - 1, -1, -1):
            segment = path[step]
            root[segment] = root[parent[segment]]
            reach_m[segment] = reach_m[parent[segment]] + length_m[segment]
    return heads
