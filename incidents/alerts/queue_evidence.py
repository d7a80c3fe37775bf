"""What an alert says of the queue behind its root, and of whether it is usual there."""

from congestion.profile.usual_speed import UsualMinute
from congestion.queues.history import QueueMinute
from incidents.alerts.incidents import Case
from incidents.records import Evidence, iso
from ingest.units import KMH, MINUTE_S, Seconds
from mapmatch.network import Network


def describe_queue(network: Network, case: Case, now: QueueMinute) -> None:
    """Give the case its queue's forecast and evidence; none where its root is in no queue."""
    queue = now.queues.queue_of(case.segment)
    if queue is None or case.state == "cleared":
        case.forecast = ()
        return
    whole = float(now.queues.length_m[queue])
    share = case.queue_length_m / whole if whole > 0 else 0.0
    # The queue is forecast to stay as long as it is.
    case.forecast = tuple((minutes, whole * share) for minutes in now.forecast_minutes)
    when = iso(now.minute_start + MINUTE_S)
    since = iso(float(now.onset[queue]))[11:16]
    growth = now.growth_of(queue)
    moves = "steady" if abs(growth) < 5.0 else f"{growth:+.0f} m a minute"
    clears = "does not clear in a cycle" if now.outlasts_cycle[queue] else "clears in a cycle"
    seen = f"queue since {since} UTC, {moves}, {clears}, {_bounds(now, queue, share)}"
    case.evidence["queue growth"] = Evidence("states", seen, when, 0.0)
    spilled = now.spilled_back(queue)
    if len(spilled):
        first = min(spilled.tolist(), key=lambda s: (now.since[s], s))
        hour = iso(float(now.since[first]))[11:16]
        root = network.segment_ids[now.queues.roots[queue]]
        seen = f"{len(spilled)} segments back up from {root}, the first since {hour} UTC"
        case.evidence["spillback"] = Evidence("states", seen, when, 0.0)


def _bounds(now: QueueMinute, queue: int, share: float) -> str:
    """Give in words between what lengths the middle horizon's lies four times in five."""
    place = len(now.forecast_minutes) // 2
    low, high = (float(bound[queue, place]) * share for bound in (now.low_m, now.high_m))
    return f"in {now.forecast_minutes[place]} minutes {low:.0f} to {high:.0f} m (4 in 5)"


def describe_usual(case: Case, minute_start: Seconds, usual: UsualMinute) -> None:
    """Give the case whether its root is as slow at this hour of other weeks, where known."""
    is_recurrent = usual.is_recurrent(case.segment)
    if is_recurrent is None or case.state == "cleared":
        return
    now, then, spread = (
        float(values[case.segment]) * KMH
        for values in (usual.speed_mps, usual.usual_mps, usual.spread_mps)
    )
    word = "recurrent" if is_recurrent else "not recurrent"
    seen = f"{word}: {now:.0f} km/h where {then:.0f} +-{spread:.0f} is usual at this hour"
    when = iso(minute_start + MINUTE_S)
    case.evidence["typical week"] = Evidence("profile", seen, when, 0.0)
