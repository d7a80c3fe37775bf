"""Queues of connected slow segments over the whole city: head, members, tail, length, delay."""

from dataclasses import dataclass
from typing import Annotated

import msgspec
import numpy as np

from congestion.kernels.queues import (
    LOST_S,
    REACH_M,
    cut_rings,
    join_slow,
    link_standing,
    trace_roots,
)
from congestion.queues.vehicles import VEHICLE_SPACING_M
from ingest.kernels.arrays import Flags, Floats, Int32s
from mapmatch.network import NONE, Network

Share = Annotated[float, msgspec.Meta(gt=0, le=1)]

_LEAST_MPS = 0.3
# Vehicles that one red gathers in a lane driven at capacity: 0.5 veh/s of saturation flow, a green
# of 40 % and a cycle of 90 s (Highway Capacity Manual: 1,800 to 1,900 veh/h and lane).
_RED_VEHICLES = 10


class QueueSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is a queue, by share of free-flow speed.

    Segments below `standing_share` hold one; it reaches back over those below `slow_share`, and
    only out of segments that are full: a queue with room behind it holds nobody up. A segment is
    full where its detectors are occupied by `full_occupancy`, or have nothing to say. One shorter
    than `least_storage_m` is filled by every red and is never taken for full.
    """

    standing_share: Share = 0.2
    slow_share: Share = 0.3
    full_occupancy: Share = 0.4  # of each 7.5 m of a queue its vehicle covers two thirds
    least_storage_m: Annotated[float, msgspec.Meta(ge=0, le=1000)] = (
        _RED_VEHICLES * VEHICLE_SPACING_M
    )


@dataclass(frozen=True)
class Queues:
    """q queues, heads in order of segment index, and whose each of n segments is.

    A queue's members start with its head and go upstream by distance. The members are a tree:
    each backs up from its parent.
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

    A standing segment backs up from the slowest of its successors that stand and are full; a head
    has none. A slow one joins the queue behind which it lies. `queued_m` says how far back from
    its downstream end each segment's own queue stands: of a tail that counts, else all of it.
    `occupancy` is of the segments' detectors, NaN where unknown.
    """
    chosen = settings or QueueSettings()
    is_full = fullness(network, occupancy, chosen)
    n = network.segment_count
    speed = np.ascontiguousarray(speed_mps, np.float64)
    free = np.ascontiguousarray(free_flow_mps, np.float64)
    ratio = speed / np.maximum(free, 1e-6)
    lost = network.length_m * (1.0 / np.maximum(speed, _LEAST_MPS) - 1.0 / np.maximum(free, 1e-6))
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
    """Tell which of n segments have no room for those who come, as far as can be told."""
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
    ends = np.append(starts[1:], len(members))[: len(roots)]
    stands = reach[members]
    if queued_m is not None:
        length = network.length_m[members]
        stands = stands - length + np.clip(np.nan_to_num(queued_m[members]), 0.0, length)
    farthest = np.maximum.reduceat(stands, starts) if len(starts) else stands
    queue = np.repeat(np.arange(len(roots)), ends - starts)
    at_tail = np.flatnonzero(stands == farthest[queue])
    places = at_tail[np.unique(queue[at_tail], return_index=True)[1]]
    tails = members[places]
    return Queues(
        roots=roots.astype(np.int32),
        member_offsets=np.append(starts, len(members)).astype(np.int32),
        members=members,
        tails=tails,
        length_m=stands[places],
        delay_s=along[tails, LOST_S],
        root_of=root,
        parent_of=parent,
        reach_m=reach,
    )
