"""The queue that backs up from an alert's root, and what its vehicles lose in it."""

from congestion.queues.history import QueueMinute
from incidents.alerts.tracked_alert import TrackedAlert
from mapmatch.network import Network


def set_queue_behind(network: Network, alert: TrackedAlert, now: QueueMinute) -> None:
    """Set the queue behind an alert's root as it is now, and add the minute's delay in it.

    Where the root is not the head of its queue, what lies ahead of the root is left out. A
    cleared alert stays as it is.
    """
    if alert.state == "cleared":
        return
    queues = now.queues
    queue = queues.queue_of(alert.segment)
    if queue is None:
        alert.queue, alert.queue_length_m = (), 0.0
        alert.delay_veh_h += float(now.delay_veh_h[alert.segment])
        return
    ahead_m = float(queues.reach_m[alert.segment]) - float(network.length_m[alert.segment])
    members = queues.members_of(queue)
    behind = members[queues.reach_m[members] > ahead_m]
    alert.queue = tuple(behind.tolist())
    alert.queue_length_m = max(0.0, float(queues.length_m[queue]) - ahead_m)
    alert.delay_veh_h += float(now.delay_veh_h[behind].sum())
