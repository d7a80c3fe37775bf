"""Bottlenecks: heads of queues ranked by what their queues cost, with extent, times and causes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from congestion.reports.opened import Opened, Say
from congestion.reports.queues.queue_minutes import QueueMinutes, queue_minutes
from congestion.reports.records import Bottleneck, Told
from ingest.kernels.arrays import Int32s
from ingest.units import MINUTE_S
from mapmatch.network import NONE, Network
from mapmatch.projection import LocalPlane

NO_ALERT = "no_alert"
"""Stands for the cause of a queue of which no alert tells."""
PAUSE_MINUTES = 10
"""A bottleneck whose head has no queue for at most so long is active all along. Unit: min. Source:
chosen, five cycles of a signal; hot spots forget a queue after as long (BLIND_S)."""
NEAR_M = 150.0
"""Heads that follow each other within so much road are one bottleneck: signals a few metres apart
hand the head to and fro. Unit: m. Source: chosen, the spacing of a city's junctions."""


class Occurrence(NamedTuple):
    """One time that a bottleneck was active."""

    place: int  # segment, the bottleneck's head
    start: float
    end: float
    minutes: int  # in which it had a queue
    delay_veh_h: float
    extent_m: float


class Ranked(NamedTuple):
    """The bottlenecks of a period, worst first, each time they were active, and their queues."""

    bottlenecks: list[Bottleneck]
    occurrences: list[Occurrence]
    queues: QueueMinutes
    place: Int32s  # k, of `queues`: the bottleneck that a queue minute is of
    causes: list[str]  # m, of `queues`: a member row's cause


def ranked_bottlenecks(
    opened: Opened, told: Sequence[Told], say: Say = lambda _: None
) -> Ranked:  # fmt: skip
    """Rank the heads of the period's queues by the vehicle-hours lost in their queues.

    A head is active from as many minutes of queue on as the operators' hot spots open after.
    """
    queues = queue_minutes(opened, say)
    causes = member_causes(queues, told, opened.network)
    place = places(queues, opened.network)
    return rank(queues, place, causes, opened.network, opened.rules.active_minutes)


def rank(
    queues: QueueMinutes, place: Int32s, causes: list[str], network: Network, active_minutes: int
) -> Ranked:
    """Rank the places of k queue minutes; those never active for so many minutes are none."""
    occurrences = occurrences_of(queues, place, active_minutes)
    of_place: dict[int, list[Occurrence]] = {}
    for occurrence in occurrences:
        of_place.setdefault(occurrence.place, []).append(occurrence)
    mix = _cause_mix(queues, place, causes, occurrences)
    worst = sorted(of_place, key=lambda p: (-sum(o.delay_veh_h for o in of_place[p]), p))
    plane = LocalPlane(network)
    found = []
    for number, segment in enumerate(worst, start=1):
        times = of_place[segment]
        last = network.vertex_offsets[segment + 1] - 1
        longitude, latitude = plane.to_degrees(network.vertex_x[last], network.vertex_y[last])
        found.append(
            Bottleneck(
                rank=number,
                segment_id=network.segment_ids[segment],
                road_name=network.names[segment],
                delay_veh_h=round(sum(o.delay_veh_h for o in times), 2),
                extent_m=round(max(o.extent_m for o in times)),
                occurrences=len(times),
                minutes=sum(o.minutes for o in times),
                causes=mix[segment],
                longitude=round(float(longitude), 6),
                latitude=round(float(latitude), 6),
            )
        )
    return Ranked(found, occurrences, queues, place, causes)


def occurrences_of(queues: QueueMinutes, place: Int32s, active_minutes: int) -> list[Occurrence]:
    """Give each time that a place was active: its queue minutes without a long pause between."""
    order = np.lexsort((queues.minute, place))
    at, minute = place[order], queues.minute[order]
    is_new = np.diff(at, prepend=-1) != 0
    is_new |= np.diff(minute, prepend=0) > (PAUSE_MINUTES + 1) * MINUTE_S
    bounds = np.append(np.flatnonzero(is_new), len(order))
    found = []
    for low, high in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        rows = order[low:high]
        count = len(np.unique(minute[low:high]))
        if count < active_minutes:
            continue
        found.append(
            Occurrence(
                int(at[low]), float(minute[low]), float(minute[high - 1]) + MINUTE_S, count,
                float(queues.delay_veh_h[rows].sum()), float(queues.length_m[rows].max()),
            )
        )  # fmt: skip
    return found


def places(queues: QueueMinutes, network: Network) -> Int32s:
    """Give the bottleneck of each of k queue minutes: the head, or the one near it that led more.

    A head joins the head straight ahead or behind within NEAR_M whose queues lost more.
    """
    n = network.segment_count
    lost = np.bincount(queues.root, queues.delay_veh_h, n)
    leader = np.arange(n, dtype=np.int32)
    for head in np.flatnonzero(lost > 0).tolist():
        near = _near(network, head)
        best = max(near, key=lambda s: (lost[s], -s), default=head)
        if lost[best] > lost[head]:
            leader[head] = best
    for head in np.argsort(-lost, kind="stable")[: np.count_nonzero(lost > 0)].tolist():
        leader[head] = leader[leader[head]]
    return np.asarray(leader[queues.root], np.int32)


def _near(network: Network, head: int) -> list[int]:
    """Give the segments next ahead and behind that are no farther than NEAR_M end to end."""
    first, last = network.successor_offsets[head : head + 2]
    ahead = network.successors[first:last]
    first, last = network.predecessor_offsets[head : head + 2]
    behind = network.predecessors[first:last]
    back = network.reverse_segment[head]
    near = [int(s) for s in ahead if s != back and network.length_m[s] <= NEAR_M]
    if network.length_m[head] <= NEAR_M:
        near += [int(s) for s in behind if s not in (back, NONE)]
    return near


def member_causes(queues: QueueMinutes, told: Sequence[Told], network: Network) -> list[str]:
    """Give the cause of each of m member rows: of the alert that tells of the queue it is in.

    An alert tells of a queue while it lasts, where one of its segments is a member. Incidents go
    before hot spots, the longer alert before the shorter.
    """
    causes = np.full(len(queues.member), NO_ALERT, dtype=object)
    order = sorted(told, key=lambda t: (t.kind == "incident", t.end - t.start, t.alert_id))
    key = queues.member_minute.astype(np.int64) * network.segment_count + queues.member_root
    for alert in order:  # the last to write a row is the first in rank
        marked = np.zeros(network.segment_count, np.bool_)
        indices = [network.index_of(segment) for segment in alert.segment_ids]
        marked[[i for i in indices if i is not None]] = True
        low, high = np.searchsorted(queues.member_minute, [alert.start, alert.end + 1e-3])
        inside = slice(int(low), int(high))
        hit = np.unique(key[inside][marked[queues.member[inside]]])
        causes[inside][np.isin(key[inside], hit)] = alert.cause
    return causes.tolist()


def _cause_mix(
    queues: QueueMinutes, place: Int32s, causes: list[str], occurrences: list[Occurrence]
) -> dict[int, dict[str, float]]:
    """Give each place's delay by cause as shares, the largest first."""
    row_place = _of_members(queues, place)
    names, code = np.unique(np.array(causes, dtype=str), return_inverse=True)
    active = {occurrence.place for occurrence in occurrences}
    mix = {}
    for segment in active:
        rows = row_place == segment
        lost = np.bincount(code[rows], queues.member_delay_veh_h[rows], len(names))
        total = lost.sum() or 1.0
        shares = {str(names[i]): round(float(lost[i] / total), 3) for i in np.argsort(-lost)}
        mix[segment] = {name: share for name, share in shares.items() if share > 0}
    return mix


def _of_members(queues: QueueMinutes, place: Int32s) -> Int32s:
    """Give the place of each member row, whose queue is that of its minute and head."""
    keys = queues.minute.astype(np.int64) << 32 | queues.root
    wanted = queues.member_minute.astype(np.int64) << 32 | queues.member_root
    return np.asarray(place[np.searchsorted(keys, wanted)], np.int32)


def delay_by_cause(ranked: Ranked) -> dict[str, float]:
    """Give the vehicle-hours lost in queues by cause, the largest first."""
    names, code = np.unique(np.array(ranked.causes, dtype=str), return_inverse=True)
    lost = np.bincount(code, ranked.queues.member_delay_veh_h, len(names))
    return {str(names[i]): float(lost[i]) for i in np.argsort(-lost, kind="stable")}
