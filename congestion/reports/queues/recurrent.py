"""Delay of bottlenecks split into what recurs at the place and hour, and what does not."""

from datetime import datetime
from typing import NamedTuple

import numpy as np

from congestion.profile.calendar import Calendar
from congestion.profile.week import SLOTS
from congestion.reports.local_time import day_of, labelled
from congestion.reports.opened import Opened
from congestion.reports.queues.bottlenecks import Ranked

LEAST_DAYS = 5
"""From so many days of a kind on their median says what is usual. Unit: count. Source: chosen, a
week of workdays."""


class Split(NamedTuple):
    """Vehicle-hours lost in queues on days of a kind with enough days, and how many days."""

    recurrent_veh_h: float
    nonrecurrent_veh_h: float
    days: int


def split_delay(opened: Opened, ranked: Ranked, calendar: Calendar) -> Split | None:
    """Split the delay in queues; None where no kind of day (workday, day off) has enough days.

    What recurs is the median over the days of a kind, of a place and quarter of an hour, as far as
    the day had so much. Source: Skabardonis, Varaiya and Petty 2003.
    """
    days = {k: d for k, d in _days_of_kinds(opened, calendar).items() if len(d) >= LEAST_DAYS}
    if not days:
        return None
    slots: dict[str, tuple[str, int, int]] = {}  # day, kind and quarter of a label

    def slot(local: datetime) -> str:
        kind, quarter = calendar.day_and_slot(local)
        text = f"{day_of(local)} {quarter}"
        slots[text] = (day_of(local), kind, quarter)
        return text

    labels, code = labelled(ranked.queues.minute, opened.zone, slot)
    recurrent = total = 0.0
    for kind, names in days.items():
        number = {name: i for i, name in enumerate(names)}
        of_label = [slots[label] for label in labels]
        day = np.array([number.get(d, -1) if k == kind else -1 for d, k, _ in of_label], np.int64)
        quarter = np.array([q for _, _, q in of_label], np.int64)
        rows = day[code] >= 0
        key = ranked.place[rows].astype(np.int64) * SLOTS + quarter[code[rows]]
        keys, row = np.unique(key, return_inverse=True)
        lost = np.zeros((len(keys), len(names)))
        np.add.at(lost, (row, day[code[rows]]), ranked.queues.delay_veh_h[rows])
        recurrent += float(np.minimum(lost, np.median(lost, axis=1, keepdims=True)).sum())
        total += float(lost.sum())
    return Split(recurrent, total - recurrent, sum(len(names) for names in days.values()))


def _days_of_kinds(opened: Opened, calendar: Calendar) -> dict[int, list[str]]:
    """Give the stored days of each kind."""
    kinds: dict[str, int] = {}

    def day(local: datetime) -> str:
        kinds[day_of(local)] = calendar.day_and_slot(local)[0]
        return day_of(local)

    labelled(opened.minutes.minute, opened.zone, day)
    found: dict[int, list[str]] = {}
    for name, kind in sorted(kinds.items()):
        found.setdefault(kind, []).append(name)
    return found
