"""The before-and-after report: whether a figure changed on a day, on days matched by weekday."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

import numpy as np

from congestion.profile.calendar import Calendar
from congestion.queues.vehicles import MINUTES_IN_HOUR
from congestion.reports import sources
from congestion.reports.figures import area_numbers
from congestion.reports.local_time import labelled
from congestion.reports.made import Made, report_of
from congestion.reports.matched_days import Effect, Pair, effect, matched
from congestion.reports.opened import Opened, Say, segment_sums
from congestion.reports.records import Column, Number, Table
from congestion.reports.stored import ReportError
from ingest.kernels.arrays import Floats
from ingest.units import KMH

WHOLE_SHARE = 0.5
"""A day with fewer of the usual minutes is no partner. Unit: share. Source: chosen."""
_SOURCE = (
    "mean change of days matched by day of the week, bootstrap-t over pairs; "
    "Efron and Tibshirani 1993"
)


class Hours(NamedTuple):
    """The hours of a day that are compared, from one until before another."""

    start: int
    end: int


class DayFigures(NamedTuple):
    """What each stored day came to in the hours compared, of an area."""

    days: list[date]
    minutes: Floats  # d, minutes with a known state
    figures: dict[str, Floats]  # d each


def before_after_report(
    opened: Opened, change: date, hours: Hours, calendar: Calendar, say: Say = lambda _: None
) -> Made:
    """Make the report of what changed on a day. Raises ReportError where a side has no days."""
    say("segments")
    segments = segment_sums(opened)
    days = day_figures(opened, hours)
    pairs, dropped = _pairs(days, change, calendar)
    at = {day: i for i, day in enumerate(days.days)}
    numbers, rows = [], []
    for name, values in days.figures.items():
        before = np.array([values[at[pair.before]] for pair in pairs])
        after = np.array([values[at[pair.after]] for pair in pairs])
        numbers += effect_numbers(name, effect(before, after), len(pairs))
    for pair in pairs:
        shown = (days.figures[name][at[day]] for name in days.figures for day in pair)
        rows.append([pair.before.isoformat(), pair.after.isoformat(), f"{pair.before:%A}",
                     *(round(float(v), 3) for v in shown)])  # fmt: skip
    columns = [Column("before"), Column("after"), Column("weekday")]
    columns += [Column(f"{name}_{side}", unit, source) for name, unit, source in FIGURES
                for side in ("before", "after")]  # fmt: skip
    made = report_of(
        "before-after", opened, [*numbers, *area_numbers(opened)], [],
        [Table("pairs", columns, rows)],
    )  # fmt: skip
    made.notes.extend(dropped)
    return Made(made, segments, opened)


FIGURES = (
    ("tti", "1", sources.TTI),
    ("delay_veh_h_per_h", "veh h/h", sources.DELAY),
    ("speed_kmh", "km/h", sources.SPEED),
)


def day_figures(opened: Opened, hours: Hours) -> DayFigures:
    """Give each local day's figures in the hours. Raises ReportError where none has any."""
    minutes = opened.minutes

    def day(local: datetime) -> str:
        return f"{local:%Y-%m-%d}" if hours.start <= local.hour < hours.end else ""

    labels, code = labelled(minutes.minute, opened.zone, day)
    kept = [label for label in labels if label]
    if not kept:
        raise ReportError(f"nothing is stored of the hours {hours.start} to {hours.end}")
    figures: dict[str, list[float]] = {name: [] for name, _, _ in FIGURES}
    counts = []
    for label in kept:
        rows = code == labels.index(label)
        counts.append(float(len(np.unique(minutes.minute[rows & (minutes.known > 0)]))))
        weight, time, free = minutes.sums[rows, :3].sum(axis=0).tolist()
        figures["tti"].append(time / free if free else np.nan)
        figures["speed_kmh"].append(KMH * weight / time if time else np.nan)
        # An hour of the whole area: a state that lacks is no gain.
        known = max(int(minutes.known[rows].sum()), 1)
        lost = float(minutes.delay_veh_h[rows].sum()) / known * MINUTES_IN_HOUR
        figures["delay_veh_h_per_h"].append(lost * int(opened.area.chosen.sum()))
    days = [date.fromisoformat(label) for label in kept]
    return DayFigures(days, np.array(counts), {n: np.array(v) for n, v in figures.items()})


def _pairs(days: DayFigures, change: date, calendar: Calendar) -> tuple[list[Pair], list[str]]:
    """Give the matched days, and what is said of those that are not used."""
    least = WHOLE_SHARE * float(np.median(days.minutes))
    notes = []
    used = []
    for day, minutes in zip(days.days, days.minutes.tolist(), strict=True):
        if minutes < least:
            notes.append(f"{day}: {minutes:.0f} minutes are stored, too few: not compared")
        elif day in calendar.holidays or day in calendar.workdays:
            notes.append(f"{day}: not what its day of the week is usually: not compared")
        else:
            used.append(day)
    before, after = [d for d in used if d < change], [d for d in used if d >= change]
    for side, found in (("before", before), ("from", after)):
        if not found:
            raise ReportError(f"no day is stored {side} {change}, expected days on both sides")
    pairs = matched(before, after)
    alone = len(used) - 2 * len(pairs)
    if alone:
        notes.append(f"{alone} days have no partner of the same day of the week: not compared")
    return pairs, notes


def effect_numbers(name: str, found: Effect | None, pairs: int) -> list[Number]:
    """Give a figure's change with its bounds; without values: there are too few pairs."""
    values: Sequence[float | None] = (None,) * 4
    if found is not None:
        values = (found.change, found.low, found.high, float(found.is_claimed))
    kinds = ("change", "change_low", "change_high", "change_is_claimed")
    units = ("share", "share", "share", "1 yes, 0 no")
    return [
        Number(f"{name}_{kind}", None if v is None else round(v, 4), unit, pairs, "pairs of days",
               _SOURCE)
        for kind, v, unit in zip(kinds, values, units, strict=True)
    ]  # fmt: skip
