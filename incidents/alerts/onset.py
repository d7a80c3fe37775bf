"""When an incident began: before the minute in which it could be told."""

from incidents.signs.city import CitySigns
from ingest.units import MINUTE_S, Seconds

# What happened longer ago is another story (s).
LONGEST_S = 900.0


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
    since = float(signs.queues.since[segment])  # NaN, so not compared, where it is in no queue
    dated.append(since if since <= minute else minute)
    return min(time for time in dated if minute - time <= LONGEST_S)
