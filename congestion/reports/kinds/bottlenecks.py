"""The report of bottlenecks: over a period of days or weeks, which places cost most, and why."""

from collections.abc import Sequence

from congestion.profile.calendar import Calendar
from congestion.reports import sources
from congestion.reports.figures import area_numbers, queue_numbers
from congestion.reports.made import Made, report_of
from congestion.reports.opened import Opened, Say, segment_sums
from congestion.reports.queues.bottlenecks import Ranked, ranked_bottlenecks
from congestion.reports.queues.bus_stops import blocking_numbers, blocking_table
from congestion.reports.queues.queue_tables import (
    bottlenecks_table,
    causes_table,
    occurrences_table,
)
from congestion.reports.queues.recurrent import LEAST_DAYS, split_delay
from congestion.reports.records import Number, Told
from congestion.reports.spans import days_table
from congestion.roadside import RoadsideAssets


def bottlenecks_report(
    opened: Opened, told: Sequence[Told], calendar: Calendar, stops: RoadsideAssets[str],
    say: Say = lambda _: None,
) -> Made:  # fmt: skip
    """Make the report of the period's bottlenecks, and of bus stops where any are known."""
    say("segments")
    segments = segment_sums(opened)
    ranked = ranked_bottlenecks(opened, told, say)
    tables = [
        bottlenecks_table(ranked.bottlenecks),
        occurrences_table(opened, ranked),
        causes_table(opened, ranked),
        days_table(opened),
    ]
    numbers = [
        *area_numbers(opened), *queue_numbers(ranked), *recurrent_numbers(opened, ranked, calendar)
    ]  # fmt: skip
    if len(stops):
        tables.append(blocking_table(opened, segments, ranked, stops))
        numbers += blocking_numbers(tables[-1])
    made = report_of("bottlenecks", opened, numbers, ranked.bottlenecks, tables)
    return Made(made, segments, opened)


def recurrent_numbers(opened: Opened, ranked: Ranked, calendar: Calendar) -> list[Number]:
    """Give the delay in queues that recurs and that does not; without a value: too few days."""
    split = split_delay(opened, ranked, calendar)
    names = ("recurrent_delay_veh_h", "nonrecurrent_delay_veh_h")
    if split is None:
        source = f"{sources.RECURRENT}; needs {LEAST_DAYS} workdays or days off"
        return [Number(name, None, "veh h", 0, "days", source) for name in names]
    return [
        Number(name, round(value, 2), "veh h", split.days, "days", sources.RECURRENT)
        for name, value in zip(names, split, strict=False)
    ]
