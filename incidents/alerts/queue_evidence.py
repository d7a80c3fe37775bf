"""What an alert says of the queue behind its root, and of whether it is usual there."""

from congestion.profile.usual_speed import UsualMinute
from congestion.queues.history import QueueMinute
from incidents.alerts.tracked_alert import TrackedAlert
from incidents.records import iso
from incidents.seen_words import Seen, evidence
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
    bounds = zip(now.forecast_minutes, now.low_m[queue], now.high_m[queue], strict=True)
    alert.forecast = tuple(
        (minutes, whole * share, float(low) * share, float(high) * share)
        for minutes, low, high in bounds
    )
    when = iso(now.minute_start + MINUTE_S)
    growth = now.growth_of(queue)
    moves = "steady" if abs(growth) < STEADY_M else "moves"
    clears = "stays" if now.outlasts_cycle[queue] else "clears"
    values = {"since_at": float(now.onset[queue]), "growth_pace": round(growth, 1)}
    seen = Seen(f"queue_{moves}_{clears}", values)
    alert.evidence["queue growth"] = evidence("states", seen, when, 0.0)
    spilled = now.spilled_back(queue)
    if len(spilled):
        first = min(spilled.tolist(), key=lambda s: (now.since[s], s))
        root = network.segment_ids[now.queues.roots[queue]]
        since = float(now.since[first])
        seen = Seen("spillback", {"n": len(spilled), "root": root, "since_at": since})
        alert.evidence["spillback"] = evidence("states", seen, when, 0.0)


def describe_usual(alert: TrackedAlert, minute_start: Seconds, usual: UsualMinute) -> None:
    """Set the evidence whether the root is as slow at this hour of other weeks, where known."""
    is_recurrent = usual.is_recurrent(alert.segment)
    if is_recurrent is None or alert.state == "cleared":
        return
    now, then, spread = (
        float(values[alert.segment]) * KMH
        for values in (usual.speed_mps, usual.usual_mps, usual.spread_mps)
    )
    values = {"now_kmh": now, "usual_kmh": then, "spread_kmh": spread}
    word = "recurrent" if is_recurrent else "not_recurrent"
    seen = Seen(word, {name: round(value, 1) for name, value in values.items()})
    when = iso(minute_start + MINUTE_S)
    alert.evidence["typical week"] = evidence("profile", seen, when, 0.0)
