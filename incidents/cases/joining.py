"""Which case of an operator's making a new detection is of."""

import math
from collections.abc import Iterable

from incidents.cases.table import LIVE
from incidents.records import Alert

REACH_M = 350.0
"""A detection so near a told incident is of it. Unit: m. Source: within which signs are of one
incident, `[detection.judgement] reach_m`."""
METRES_A_DEGREE = 111_195.0
"""Unit: m. Source: a great circle of a sphere of 6371 km."""


def created_case_of(road: Alert, cases: Iterable[Alert]) -> Alert | None:
    """Give the nearest live case that an operator made and no detection has joined, if in reach.

    On the same segment, or in the queue of the detection, any distance is in reach.
    """
    if road.kind != "incident" or road.state == "cleared":
        return None
    found, least = None, math.inf
    for case in cases:
        is_free = case.log[0].action == "create" and not any(e.detected_id for e in case.log)
        if case.state not in LIVE or not is_free:
            continue
        away_m = _away_m(road, case)
        if case.segment_id in (road.segment_id, *road.queue_segment_ids):
            away_m = 0.0
        if away_m <= REACH_M and away_m < least:
            found, least = case, away_m
    return found


def _away_m(one: Alert, other: Alert) -> float:
    """Give how far apart two alerts lie, as the crow flies over so short a distance."""
    north = one.latitude - other.latitude
    east = (one.longitude - other.longitude) * math.cos(math.radians(one.latitude))
    return math.hypot(north, east) * METRES_A_DEGREE
