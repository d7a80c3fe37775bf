"""The queue that backs up from an alert's root, and what its vehicles lose in it."""

import numpy as np

from congestion.queues.history import QueueMinute
from incidents.alerts.tracked_alert import TrackedAlert
from ingest.kernels.arrays import Int32s
from ingest.units import Metres
from mapmatch.network import Network


def members_behind(network: Network, segment: int, now: QueueMinute) -> Int32s:
    """Give a segment and the members of its queue behind it, itself alone where it is in none.

    Where it is not the head of its queue, what lies ahead of it is left out.
    """
    queues = now.queues
    queue = queues.queue_of(segment)
    if queue is None:
        return np.array([segment], np.int32)
    members = queues.members_of(queue)
    return members[queues.reach_m[members] > _ahead_m(network, segment, now)]


def length_behind_m(network: Network, segment: int, now: QueueMinute) -> Metres:
    """Give how long the queue behind a segment is, itself included; 0 where it is in none."""
    queue = now.queues.queue_of(segment)
    if queue is None:
        return 0.0
    return max(0.0, float(now.queues.length_m[queue]) - _ahead_m(network, segment, now))


def head_of(alert: TrackedAlert, now: QueueMinute) -> int:
    """Give an alert's root, or, where that is in no queue now, the first of its own that is."""
    own = (alert.segment, *alert.queue)
    return next((s for s in own if now.queues.queue_of(s) is not None), alert.segment)


def set_queue_behind(network: Network, alert: TrackedAlert, now: QueueMinute) -> None:
    """Set the queue behind an alert's root as it is now, and add the minute's delay in it.

    A cleared alert stays as it is.
    """
    if alert.state == "cleared":
        return
    behind = members_behind(network, alert.segment, now)
    alert.delay_veh_h += float(now.delay_veh_h[behind].sum())
    is_queue = now.queues.queue_of(alert.segment) is not None
    alert.queue = tuple(behind.tolist()) if is_queue else ()
    alert.queue_length_m = length_behind_m(network, alert.segment, now)


def _ahead_m(network: Network, segment: int, now: QueueMinute) -> Metres:
    """Give how much of its queue lies ahead of a member."""
    return float(now.queues.reach_m[segment]) - float(network.length_m[segment])
