"""What an alert says of the queue behind its root, and of whether it is usual there."""

from congestion.profile.usual_speed import UsualMinute
from congestion.queues.history import QueueMinute
from incidents.alerts.tracked_alert import TrackedAlert
from incidents.records import Evidence, iso
from ingest.units import KMH, MINUTE_S, Seconds
from mapmatch.network import Network

STEADY_M = 5.0
"""A queue that grows or shrinks by less is called steady. Unit: m a minute. Source: chosen, less
than one vehicle's place in a queue (7.5 m)."""


def describe_queue(network: Network, alert: TrackedAlert, now: QueueMinute) -> None:
    """Set an alert's forecast and the evidence of its queue; no forecast where there is none."""
    queue = now.queues.queue_of(alert.segment)
    if queue is None or alert.state == "cleared":
        alert.forecast = ()
        return
    whole = float(now.queues.length_m[queue])
    share = alert.queue_length_m / whole if whole > 0 else 0.0
    # The queue is forecast to stay as long as it is.
    alert.forecast = tuple((minutes, whole * share) for minutes in now.forecast_minutes)
    when = iso(now.minute_start + MINUTE_S)
    since = iso(float(now.onset[queue]))[11:16]
    growth = now.growth_of(queue)
    moves = "steady" if abs(growth) < STEADY_M else f"{growth:+.0f} m a minute"
    clears = "does not clear in a cycle" if now.outlasts_cycle[queue] else "clears in a cycle"
    seen = f"queue since {since} UTC, {moves}, {clears}, {_bounds(now, queue, share)}"
    alert.evidence["queue growth"] = Evidence("states", seen, when, 0.0)
    spilled = now.spilled_back(queue)
    if len(spilled):
        first = min(spilled.tolist(), key=lambda s: (now.since[s], s))
        hour = iso(float(now.since[first]))[11:16]
        root = network.segment_ids[now.queues.roots[queue]]
        seen = f"{len(spilled)} segments back up from {root}, the first since {hour} UTC"
        alert.evidence["spillback"] = Evidence("states", seen, when, 0.0)


def _bounds(now: QueueMinute, queue: int, share: float) -> str:
    """Give as text the bounds that the length will lie in four times in five.

    Of the forecast's horizons it is the middle one.
    """
    middle = len(now.forecast_minutes) // 2
    low, high = (float(bound[queue, middle]) * share for bound in (now.low_m, now.high_m))
    return f"in {now.forecast_minutes[middle]} minutes {low:.0f} to {high:.0f} m (4 in 5)"


def describe_usual(alert: TrackedAlert, minute_start: Seconds, usual: UsualMinute) -> None:
    """Set the evidence whether the root is as slow at this hour of other weeks, where known."""
    is_recurrent = usual.is_recurrent(alert.segment)
    if is_recurrent is None or alert.state == "cleared":
        return
    now, then, spread = (
        float(values[alert.segment]) * KMH
        for values in (usual.speed_mps, usual.usual_mps, usual.spread_mps)
    )
    word = "recurrent" if is_recurrent else "not recurrent"
    seen = f"{word}: {now:.0f} km/h where {then:.0f} +-{spread:.0f} is usual at this hour"
    when = iso(minute_start + MINUTE_S)
    alert.evidence["typical week"] = Evidence("profile", seen, when, 0.0)
