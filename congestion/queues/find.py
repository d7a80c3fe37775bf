"""The queues of a whole city: from each head back over the segments that back up from it."""

from dataclasses import dataclass

import numpy as np

from congestion.kernels.queues import (
    LOST_S,
    REACH_M,
    cut_rings,
    join_slow,
    link_standing,
    trace_roots,
)
from congestion.queues.queue_settings import QueueSettings
from congestion.queues.tail import find_tails
from congestion.queues.vehicles import LEAST_MPS
from ingest.kernels.arrays import Flags, Floats, Int32s
from mapmatch.network import NONE, Network


@dataclass(frozen=True)
class Queues:
    """The q queues of a city of n segments, in order of their heads' indices.

    A queue's members start with its head and go upstream by distance. They are a tree: each member
    backs up from its parent.
    """

    roots: Int32s  # q, the head of each queue: its most downstream segment
    member_offsets: Int32s  # q + 1, CSR of members
    members: Int32s
    tails: Int32s  # q, the member that the queue reaches farthest upstream in
    length_m: Floats  # q, along the road from the head's downstream end to where the tail stands
    delay_s: Floats  # q, seconds lost against free flow by driving from tail to head
    root_of: Int32s  # n, NONE where not in a queue
    parent_of: Int32s  # n, the member next downstream, NONE for heads and others
    reach_m: Floats  # n, from the head's downstream end to the segment's upstream end, 0 outside

    def __len__(self) -> int:
        return len(self.roots)

    def members_of(self, queue: int) -> Int32s:
        """Give a queue's segments, head first, then upstream by distance."""
        return self.members[self.member_offsets[queue] : self.member_offsets[queue + 1]]

    def queue_of(self, segment: int) -> int | None:
        """Give the queue that a segment is in, None where it is in none."""
        root = int(self.root_of[segment])
        return None if root == NONE else int(np.searchsorted(self.roots, root))


def find_queues(
    network: Network,
    speed_mps: Floats,
    free_flow_mps: Floats,
    queued_m: Floats | None = None,
    settings: QueueSettings | None = None,
    occupancy: Floats | None = None,
) -> Queues:
    """Give the city's queues from the speeds of its n segments; a speed of NaN is not slow.

    A standing segment backs up from the slowest of its successors that stand and are full; one
    without such a successor is a head. A slow segment joins the queue that it lies behind.
    `queued_m` is the length of each segment's own queue, from its downstream end; it cuts the tail,
    other members count whole. `occupancy` is of the segments' detectors, NaN where unknown.
    """
    chosen = settings or QueueSettings()
    is_full = fullness(network, occupancy, chosen)
    n = network.segment_count
    speed = np.ascontiguousarray(speed_mps, np.float64)
    free = np.ascontiguousarray(free_flow_mps, np.float64)
    ratio = speed / np.maximum(free, 1e-6)
    lost = network.length_m * (1.0 / np.maximum(speed, LEAST_MPS) - 1.0 / np.maximum(free, 1e-6))
    lost = np.maximum(lost, 0.0)
    parent, root, scratch, rounds = (np.empty(n, np.int32) for _ in range(4))
    along = np.zeros((n, 2))
    ahead, behind = (
        (network.successor_offsets, network.successors),
        (network.predecessor_offsets, network.predecessors),
    )
    link_standing(*ahead, network.reverse_segment, ratio, is_full, chosen.standing_share, parent)
    cut_rings(ratio, parent, scratch)
    trace_roots(ratio, chosen.standing_share, network.length_m, lost, parent, scratch, root, along)
    count = join_slow(
        *ahead, *behind, network.reverse_segment, ratio, is_full, chosen.slow_share,
        network.length_m, lost, scratch, rounds, parent, root, along,
    )  # fmt: skip
    return _ordered(network, scratch[:count], queued_m, parent, root, along)


def fullness(network: Network, occupancy: Floats | None, settings: QueueSettings) -> Flags:
    """Tell which of n segments have no room for those who come, as far as can be seen."""
    stores = network.length_m >= settings.least_storage_m
    if occupancy is None:
        return np.ascontiguousarray(stores)
    has_room = occupancy < settings.full_occupancy  # False where NaN
    return np.ascontiguousarray(stores & ~has_room)


def _ordered(
    network: Network,
    found: Int32s,
    queued_m: Floats | None,
    parent: Int32s,
    root: Int32s,
    along: Floats,
) -> Queues:
    """Sort the members found by queue and distance, and measure each queue to its tail."""
    reach: Floats = along[:, REACH_M].copy()
    members: Int32s = found[np.lexsort((found, reach[found], root[found]))]
    roots, starts = np.unique(root[members], return_index=True)
    tails, length_m = find_tails(members, starts, reach, network.length_m, queued_m)
    return Queues(
        roots=roots.astype(np.int32),
        member_offsets=np.append(starts, len(members)).astype(np.int32),
        members=members,
        tails=tails,
        length_m=length_m,
        delay_s=along[tails, LOST_S],
        root_of=root,
        parent_of=parent,
        reach_m=reach,
    )
