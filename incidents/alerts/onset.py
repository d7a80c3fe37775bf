"""When an incident began: earlier than the minute in which it is detected."""

from incidents.signs.city import CitySigns
from ingest.units import MINUTE_S, Seconds

LONGEST_S = 900.0
"""What began longer before the alert has another reason. Unit: s. Source: chosen."""


def onset(segment: int, signs: CitySigns) -> Seconds:
    """Give the earliest of what dates a stoppage: flow missed, vehicles that stand, the queue.

    The start of the minute itself where nothing else dates it.
    """
    minute, flows = signs.minute_start, signs.flows
    dated = [minute]
    if flows.stop_minutes[segment] > 0:
        dated.append(minute - MINUTE_S * float(flows.stop_minutes[segment]))
    if flows.jam_minutes[segment] > 0:
        dated.append(minute - MINUTE_S * float(flows.jam_minutes[segment]))
    if flows.standing_s[segment] > 0:
        dated.append(minute + MINUTE_S - float(flows.standing_s[segment]))
    since = float(signs.queues.since[segment])
    if since <= minute:  # False where it is in no queue: NaN
        dated.append(since)
    return min(time for time in dated if minute - time <= LONGEST_S)
