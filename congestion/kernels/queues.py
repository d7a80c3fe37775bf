"""Queues on the graph: which slow segment backs up from which, how far each queue reaches."""

import numba as nb
import numpy as np

from ingest.kernels.arrays import Flags, Floats, Int32s

# How far a kernel adds up along a queue: columns of `along`.
REACH_M, LOST_S = 0, 1


@nb.njit(cache=True, nogil=True, _nrt=False)
def link_standing(
    successor_offsets: Int32s,
    successors: Int32s,
    reverse_segment: Int32s,
    ratio: Floats,
    is_full: Flags,
    standing_share: float,
    parent: Int32s,
) -> None:
    """Let each standing segment back up from the slowest of its standing, full successors.

    CSR successors of n segments; reverse_segment n (turning back is no way for a queue to grow);
    ratio n: speed over free-flow speed, NaN where unknown; a segment stands below standing_share.
    is_full n: a segment that has room takes all who come and holds nobody up (Daganzo 1994, eq. 3).
    In place: parent n, -1 for a segment that does not stand or has no such successor (a head).
    Equal ratios: the lower index.
    """
    for segment in range(parent.shape[0]):
        parent[segment] = -1
        if not ratio[segment] < standing_share:
            continue
        best = np.inf
        for edge in range(successor_offsets[segment], successor_offsets[segment + 1]):
            ahead = successors[edge]
            if ahead == reverse_segment[segment] or ahead == segment:
                continue
            if not ratio[ahead] < standing_share or not is_full[ahead]:
                continue
            if ratio[ahead] < best or (ratio[ahead] == best and ahead < parent[segment]):
                best = ratio[ahead]
                parent[segment] = ahead


@nb.njit(cache=True, nogil=True, _nrt=False)
def cut_rings(ratio: Floats, parent: Int32s, seen_from: Int32s) -> None:
    """Make the slowest segment of every ring of parents a head; equal ratios: the lower index.

    ratio n. seen_from n: scratch. In place: parent n, -1 at each ring's new head.
    """
    for segment in range(parent.shape[0]):
        seen_from[segment] = -1
    for start in range(parent.shape[0]):
        at = start
        while at >= 0 and seen_from[at] < 0:
            seen_from[at] = start
            at = parent[at]
        if at < 0 or seen_from[at] != start:
            continue
        slowest = at
        walker = parent[at]
        while walker != at:
            if ratio[walker] < ratio[slowest] or (
                ratio[walker] == ratio[slowest] and walker < slowest
            ):
                slowest = walker
            walker = parent[walker]
        parent[slowest] = -1


@nb.njit(cache=True, nogil=True, _nrt=False)
def trace_roots(
    ratio: Floats,
    standing_share: float,
    length_m: Floats,
    lost_s: Floats,
    parent: Int32s,
    path: Int32s,
    root: Int32s,
    along: Floats,
) -> int:
    """Follow every standing segment to the head of its queue; give the number of heads.

    ratio, length_m, lost_s (seconds lost driving through) n; parent n without rings. path n:
    scratch. In place: root n (-1 where not standing), along n x 2: metres and lost seconds from
    the head's downstream end to the segment's upstream end along parents (0 where not standing).
    """
    heads = 0
    for start in range(parent.shape[0]):
        root[start] = -1
        along[start, REACH_M] = 0.0
        along[start, LOST_S] = 0.0
    for start in range(parent.shape[0]):
        steps = 0
        at = start if ratio[start] < standing_share else -1
        while at >= 0 and root[at] < 0:
            path[steps] = at
            steps += 1
            at = parent[at]
        for step in range(steps - 1, -1, -1):
            segment = path[step]
            ahead = parent[segment]
            along[segment, REACH_M] = length_m[segment]
            along[segment, LOST_S] = lost_s[segment]
            if ahead < 0:
                root[segment] = segment
                heads += 1
            else:
                root[segment] = root[ahead]
                along[segment, REACH_M] += along[ahead, REACH_M]
                along[segment, LOST_S] += along[ahead, LOST_S]
    return heads


@nb.njit(cache=True, nogil=True, _nrt=False)
def join_slow(
    successor_offsets: Int32s,
    successors: Int32s,
    predecessor_offsets: Int32s,
    predecessors: Int32s,
    reverse_segment: Int32s,
    ratio: Floats,
    is_full: Flags,
    slow_share: float,
    length_m: Floats,
    lost_s: Floats,
    frontier: Int32s,
    joined_in: Int32s,
    parent: Int32s,
    root: Int32s,
    along: Floats,
) -> int:
    """Let queues grow upstream over segments that are slow without standing; give the members.

    Round by round, a segment below slow_share behind a full member of an earlier round joins the
    slowest of these. CSR successors and predecessors of n segments; reverse_segment, ratio,
    is_full, length_m, lost_s n. frontier, joined_in n: scratch; the first rows of frontier hold the
    members, those that stand in order of index. In place: parent, root, along as trace_roots
    leaves them.
    """
    count = 0
    for segment in range(root.shape[0]):
        joined_in[segment] = 0
        if root[segment] >= 0:
            joined_in[segment] = 1 if is_full[segment] else -1
            frontier[count] = segment
            count += 1
    first, this_round = 0, 1
    while first < count:
        stop = count
        this_round += 1
        for place in range(first, stop):
            member = frontier[place]
            for edge in range(predecessor_offsets[member], predecessor_offsets[member + 1]):
                behind = predecessors[edge]
                if joined_in[behind] != 0 or not ratio[behind] < slow_share:
                    continue
                ahead = -1
                for way in range(successor_offsets[behind], successor_offsets[behind + 1]):
                    next_one = successors[way]
                    is_member = 0 < joined_in[next_one] < this_round
                    if not is_member or next_one == reverse_segment[behind]:
                        continue
                    if (
                        ahead < 0
                        or ratio[next_one] < ratio[ahead]
                        or (ratio[next_one] == ratio[ahead] and next_one < ahead)
                    ):
                        ahead = next_one
                if ahead < 0:
                    continue
                joined_in[behind] = this_round if is_full[behind] else -1
                frontier[count] = behind
                count += 1
                parent[behind] = ahead
                root[behind] = root[ahead]
                along[behind, REACH_M] = along[ahead, REACH_M] + length_m[behind]
                along[behind, LOST_S] = along[ahead, LOST_S] + lost_s[behind]
        first = stop
    return count


@nb.njit(cache=True, nogil=True, _nrt=False)
def trace_origins(
    members: Int32s,
    parent: Int32s,
    since_s: Floats,
    length_m: Floats,
    wave_mps: float,
    tolerance_s: float,
    origin: Int32s,
) -> int:
    """Tell from where each member's queue came; give how many queue for themselves.

    members: of all queues, each after its parent. parent, since_s (when it began to queue),
    length_m n. A member backs up from its parent where it began no earlier than a wave of
    wave_mps takes through the parent, less tolerance_s; else, like a head, it is its own origin
    (Lighthill and Whitham 1955: a queue's tail travels as a kinematic wave). In place: origin n,
    written for members only.
    """
    count = 0
    for place in range(members.shape[0]):
        segment = members[place]
        ahead = parent[segment]
        origin[segment] = segment
        if ahead >= 0:
            lag = since_s[segment] - since_s[ahead]
            if lag + tolerance_s >= length_m[ahead] / wave_mps:
                origin[segment] = origin[ahead]
        count += origin[segment] == segment
    return count
