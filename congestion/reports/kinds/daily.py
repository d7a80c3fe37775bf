"""The daily report: when and where the area was slow, what it cost, and why."""

from collections.abc import Sequence

from congestion.reports.figures import area_numbers, queue_numbers
from congestion.reports.made import Made, report_of
from congestion.reports.opened import Opened, Say, segment_sums
from congestion.reports.queues.bottlenecks import ranked_bottlenecks
from congestion.reports.queues.queue_tables import (
    bottlenecks_table,
    causes_table,
    occurrences_table,
)
from congestion.reports.records import Told
from congestion.reports.spans import hours_table


def daily_report(opened: Opened, told: Sequence[Told], say: Say = lambda _: None) -> Made:
    """Make the report of a day, or of as much of it as is stored."""
    say("segments")
    segments = segment_sums(opened)
    ranked = ranked_bottlenecks(opened, told, say)
    tables = [
        hours_table(opened),
        bottlenecks_table(ranked.bottlenecks),
        occurrences_table(opened, ranked),
        causes_table(opened, ranked),
    ]
    numbers = [*area_numbers(opened), *queue_numbers(ranked)]
    return Made(report_of("daily", opened, numbers, ranked.bottlenecks, tables), segments, opened)
