"""Queues of connected slow segments over the whole city: head, members, tail, length, delay."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt

from congestion.kernels.queues import link_slow, trace_roots
from mapmatch.network import NONE, Network

Metres = Annotated[float, "m"]
Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

QUEUE_LEVEL = 3
"""From this level on a segment is slow enough to be part of a queue."""


@dataclass(frozen=True)
class Queues:
    """q queues, heads in order of segment index, and whose each of n segments is.

    A queue's members start with its head and go upstream by distance.
    """

    roots: Ints  # q, the head of each queue: its most downstream segment
    member_offsets: Ints  # q + 1, CSR of members
    members: Ints
    tails: Ints  # q, the member that reaches farthest upstream
    length_m: Floats  # q, along the road from the head's downstream end to the tail's upstream end
    delay_s: Floats  # q, seconds lost against free flow by driving from tail to head
    delay_veh_h: Floats  # q, vehicle-hours lost in the minute; 0 where no flow was given
    root_of: Ints  # n, NONE where not in a queue
    parent_of: Ints  # n, the member next downstream, NONE for heads and others
    reach_m: Floats  # n, from the head's downstream end to the segment's upstream end, 0 outside

    def __len__(self) -> int:
        return len(self.roots)

    def members_of(self, queue: int) -> Ints:
        """Give a queue's segments, head first, then upstream by distance."""
        return self.members[self.member_offsets[queue] : self.member_offsets[queue + 1]]


def find_queues(
    network: Network,
    speed_mps: Floats,
    free_flow_mps: Floats,
    level: npt.NDArray[np.int8],
    flow_veh_h: Floats | None = None,
    min_level: int = QUEUE_LEVEL,
) -> Queues:
    """Give the queues among segments of at least `min_level`, arrays over all of the network.

    A slow segment backs up from the slowest of its slow successors; a head has none. Speeds that
    are NaN count as not slow. `flow_veh_h` (NaN where unknown) turns lost seconds into
    vehicle-hours: what enters in a minute times what each loses.
    """
    n = network.segment_count
    speed = np.ascontiguousarray(speed_mps, np.float64)
    free = np.ascontiguousarray(free_flow_mps, np.float64)
    is_slow = (np.asarray(level) >= min_level) & np.isfinite(speed) & np.isfinite(free)
    ratio = np.where(is_slow, speed / np.maximum(free, 1e-6), np.inf)
    parent, root, reach = np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n)
    link_slow(
        network.successor_offsets,
        network.successors,
        network.reverse_segment,
        is_slow,
        ratio,
        parent,
    )
    trace_roots(is_slow, ratio, network.length_m, parent, root, reach)
    slow = np.flatnonzero(root != NONE)
    order = np.lexsort((slow, reach[slow], root[slow]))
    members: Ints = slow[order].astype(np.int32)
    roots, starts = np.unique(root[members], return_index=True)
    ends = np.append(starts[1:], len(members))[: len(roots)]
    tails = np.asarray(members[ends - 1], np.int32)
    with np.errstate(divide="ignore", invalid="ignore"):
        lost = network.length_m * (1.0 / np.maximum(speed, 0.3) - 1.0 / free)
    lost = np.where(is_slow, np.maximum(lost, 0.0), 0.0)
    flow = np.zeros(n) if flow_veh_h is None else np.nan_to_num(flow_veh_h)
    hours = np.bincount(root[members], (lost * flow)[members], n)[roots] / 60.0 / 3600.0
    return Queues(
        roots=roots.astype(np.int32),
        member_offsets=np.append(starts, len(members)).astype(np.int32),
        members=members,
        tails=tails,
        length_m=reach[tails],
        delay_s=np.array([_along(tail, parent, lost) for tail in tails.tolist()]),
        delay_veh_h=hours,
        root_of=root,
        parent_of=parent,
        reach_m=reach,
    )


def _along(tail: int, parent: Ints, lost_s: Floats) -> float:
    total = 0.0
    while tail != NONE:
        total += float(lost_s[tail])
        tail = int(parent[tail])
    return total
