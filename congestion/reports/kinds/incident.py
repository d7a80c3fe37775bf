"""The report after an incident: its queue minute by minute, what it cost, and who did what."""

from typing import NamedTuple

import numpy as np

from congestion.reports import sources
from congestion.reports.figures import area_numbers
from congestion.reports.local_time import local_text
from congestion.reports.made import Made, report_of
from congestion.reports.opened import Opened, Say, segment_sums
from congestion.reports.queues.bottlenecks import member_causes
from congestion.reports.queues.queue_minutes import QueueMinutes, queue_minutes
from congestion.reports.records import Column, Number, Table, Told
from ingest.kernels.arrays import Floats, Int64s
from ingest.units import MINUTE_S

_INCIDENT = ("alert_id", "kind", "cause", "segment_id", "place_en", "place_zh", "onset", "end",
             "queue_segment_ids")  # fmt: skip


class Step(NamedTuple):
    """One entry of a case's log: when, who, what, and why or with what."""

    time: float
    actor: str
    action: str
    detail: str


class Where(NamedTuple):
    """Where an alert's root is: its segment, and the place in words."""

    segment_id: str
    place_en: str
    place_zh: str


class QueueLife(NamedTuple):
    """An alert's queue: m minutes with its length and the vehicle-hours lost in it."""

    minute: Int64s
    length_m: Floats
    delay_veh_h: Floats


def incident_report(
    opened: Opened, told: Told, where: Where, log: list[Step], say: Say = lambda _: None
) -> Made:
    """Make the report of one alert; the period holds its time and some before and after."""
    say("segments")
    segments = segment_sums(opened)
    queues = queue_minutes(opened, say)
    life = queue_life(opened, queues, told)
    lost = float(life.delay_veh_h.sum())
    count = len(life.minute)
    numbers = [
        Number("incident_minutes", round((told.end - told.start) / MINUTE_S, 1), "min", 1,
               "alerts", "from its onset to its end"),
        Number("incident_delay_veh_h", round(lost, 2), "veh h", count, "queue minutes",
               f"{sources.DELAY}; {sources.QUEUES}"),
        Number("longest_queue_m", round(float(life.length_m.max())) if count else None, "m",
               count, "queue minutes", sources.QUEUES),
        *area_numbers(opened),
    ]  # fmt: skip
    zone = opened.zone
    times = (local_text(time, zone) for time in (told.start, told.end))
    tables = [
        Table("incident", [Column(name) for name in _INCIDENT],
              [[told.alert_id, told.kind, told.cause, *where, *times,
                " ".join(sorted(told.segment_ids))]]),
        Table("timeline", [Column("time"), Column("actor"), Column("action"), Column("detail")],
              [[local_text(s.time, zone), s.actor, s.action, s.detail] for s in log]),
        Table("queue", [Column("time"), Column("length_m", "m", sources.QUEUES),
                        Column("delay_veh_h", "veh h", sources.DELAY)],
              [[local_text(t, zone), round(m), round(d, 3)]
               for t, m, d in zip(*(a.tolist() for a in life), strict=True)]),
    ]  # fmt: skip
    return Made(report_of("incident", opened, numbers, [], tables), segments, opened)


def queue_life(opened: Opened, queues: QueueMinutes, told: Told) -> QueueLife:
    """Give the queues that an alert tells of, summed by the minute."""
    told_of = np.array(member_causes(queues, [told], opened.network), dtype=str) == told.cause
    key = queues.member_minute.astype(np.int64) << 32 | queues.member_root
    rows = np.isin(queues.minute.astype(np.int64) << 32 | queues.root, key[told_of])
    minute, place = np.unique(queues.minute[rows], return_inverse=True)
    length = np.zeros(len(minute))
    np.maximum.at(length, place, queues.length_m[rows])
    lost: Floats = np.bincount(place, queues.delay_veh_h[rows], len(minute)).astype(np.float64)
    return QueueLife(minute, length, lost)
