"""Where a queue of several segments ends: its tail, and how far back from the head it stands."""

import numpy as np

from ingest.kernels.arrays import Floats, Int32s, Int64s


def find_tails(
    members: Int32s, starts: Int64s, reach_m: Floats, length_m: Floats, queued_m: Floats | None
) -> tuple[Int32s, Floats]:
    """Give the tail of each of q queues and its distance (m) from the head's downstream end.

    The tail is the member whose traffic stands farthest upstream; of equal ones the first.
    members: of all queues, each queue's own together; starts q: the first of each queue. Of each
    of n segments: reach_m, from the head's downstream end to its upstream end; length_m; queued_m,
    the length of its own queue from its downstream end (None: all of them stand whole).
    """
    stands = reach_m[members]
    if queued_m is not None:
        length = length_m[members]
        stands = stands - length + np.clip(np.nan_to_num(queued_m[members]), 0.0, length)
    farthest = np.maximum.reduceat(stands, starts) if len(starts) else stands
    queue = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(members))))
    at_tail = np.flatnonzero(stands == farthest[queue])
    first = at_tail[np.unique(queue[at_tail], return_index=True)[1]]
    return members[first], stands[first]
