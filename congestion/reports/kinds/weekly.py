"""The weekly report: days and hours of a week, how reliable its travel times were, its queues."""

from collections.abc import Sequence

import numpy as np

from congestion.profile.calendar import Calendar
from congestion.reliability import LOTTR_PERIODS
from congestion.reports import sources
from congestion.reports.figures import area_numbers, queue_numbers
from congestion.reports.kinds.bottlenecks import recurrent_numbers
from congestion.reports.made import Made, report_of
from congestion.reports.opened import Opened, Say, segment_sums
from congestion.reports.quarters import (
    Reliability,
    peak_hour_excessive_delay,
    quarter_means,
    reliability,
)
from congestion.reports.queues.bottlenecks import ranked_bottlenecks
from congestion.reports.queues.queue_tables import (
    bottlenecks_table,
    causes_table,
    occurrences_table,
)
from congestion.reports.records import Column, Number, Table, Told
from congestion.reports.spans import days_table, hours_table

SEGMENT_QUARTERS = "segment quarters"


def weekly_report(
    opened: Opened, told: Sequence[Told], calendar: Calendar, say: Say = lambda _: None
) -> Made:
    """Make the report of a week, or of any days."""
    say("segments")
    segments = segment_sums(opened)
    say("quarters of an hour")
    means = quarter_means(opened, calendar)
    reliable = reliability(means)
    phed, peak_quarters = peak_hour_excessive_delay(opened, means)
    ranked = ranked_bottlenecks(opened, told, say)
    numbers = [
        *area_numbers(opened),
        *queue_numbers(ranked),
        *recurrent_numbers(opened, ranked, calendar),
        Number("lottr_reliable_share",
               round(reliable.reliable_share(), 4) if reliable.quarters else None, "share",
               reliable.quarters, SEGMENT_QUARTERS, sources.LOTTR),
        Number("phed_person_h", round(phed, 2) if peak_quarters else None, "person h",
               peak_quarters, SEGMENT_QUARTERS, sources.PHED),
    ]  # fmt: skip
    tables = [
        days_table(opened),
        hours_table(opened),
        bottlenecks_table(ranked.bottlenecks),
        occurrences_table(opened, ranked),
        causes_table(opened, ranked),
        lottr_table(opened, reliable),
    ]
    made = report_of("weekly", opened, numbers, ranked.bottlenecks, tables)
    return Made(made, segments, opened)


def lottr_table(opened: Opened, reliable: Reliability) -> Table:
    """Give LOTTR of every segment and period, the least reliable first."""
    names = [period.name.replace(" ", "_").replace("-", "_to_") for period in LOTTR_PERIODS]
    columns = [Column("segment_id"), Column("road_name")]
    columns += [Column(f"lottr_{name}", "1", sources.LOTTR) for name in names]
    worst = np.nan_to_num(reliable.lottr).max(axis=1, initial=0.0)
    network = opened.network
    rows = [
        [network.segment_ids[s], network.names[s],
         *(None if np.isnan(v) else float(v) for v in reliable.lottr[i])]
        for i in np.argsort(-worst, kind="stable").tolist()
        for s in [int(reliable.segment[i])]
    ]  # fmt: skip
    return Table("lottr", columns, rows)
