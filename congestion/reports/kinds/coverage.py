"""The report of coverage: which part of the network and of the time was seen, and by how much."""

import numpy as np

from congestion.reports import sources
from congestion.reports.figures import area_numbers
from congestion.reports.local_time import local_text
from congestion.reports.made import Made, report_of
from congestion.reports.opened import Opened, Say, segment_sums
from congestion.reports.records import Column, Number, Table
from congestion.reports.segment_sums import SegmentSums
from congestion.reports.spans import days_table, hours_table
from ingest.units import MINUTE_S
from mapmatch.network import ROAD_CLASSES

SHARES = ("observed_share", "filled_share", "missing_share")


def coverage_report(opened: Opened, say: Say = lambda _: None) -> Made:
    """Make the report of what the states of the period rest on."""
    say("segments")
    segments = segment_sums(opened)
    gaps = gaps_table(opened)
    never = int(opened.area.chosen.sum()) - int((segments.observed > 0).sum())
    count = int(opened.area.chosen.sum())
    numbers = [
        Number("never_observed_segments", never, "count", count, "segments", sources.COVERAGE),
        Number("gap_minutes", sum(gaps.column("minutes")), "min", opened.period.minutes,
               "minutes", "minutes of the period without any state"),
        *area_numbers(opened),
    ]  # fmt: skip
    tables = [classes_table(opened, segments), gaps, days_table(opened), hours_table(opened)]
    return Made(report_of("coverage", opened, numbers, [], tables), segments, opened)


def classes_table(opened: Opened, sums: SegmentSums) -> Table:
    """Give the shares of each class of roads, by segments and minutes."""
    network, minutes = opened.network, opened.period.minutes
    count = len(ROAD_CLASSES)
    chosen = np.bincount(network.road_class[opened.area.chosen], minlength=count)
    kind = network.road_class[sums.segment]
    observed, known = (np.bincount(kind, of, count) for of in (sums.observed, sums.known))
    seen = np.bincount(kind[sums.observed > 0], minlength=count)
    columns = [Column("road_class"), Column("segments", "count")]
    columns += [Column(name, "share", sources.COVERAGE) for name in SHARES]
    columns += [Column("ever_observed", "count"), Column("sample_size", "segment minutes")]
    rows = []
    for i in np.flatnonzero(chosen).tolist():
        expected = int(chosen[i]) * minutes
        shares = (observed[i] / expected, (known[i] - observed[i]) / expected)
        missing = round(max(0.0, 1.0 - float(sum(shares))), 4)
        rows.append([ROAD_CLASSES[i], int(chosen[i]), *(round(float(s), 4) for s in shares),
                     missing, int(seen[i]), expected])  # fmt: skip
    return Table("classes", columns, rows)


def gaps_table(opened: Opened) -> Table:
    """Give each span of the period of which nothing is stored."""
    start, end = (int(t) for t in opened.period)
    stored = np.unique(opened.minutes.minute)
    bounds = np.concatenate([[start - int(MINUTE_S)], stored, [end]])
    missing = np.diff(bounds) // int(MINUTE_S) - 1
    rows = [
        [local_text(bounds[i] + MINUTE_S, opened.zone), local_text(bounds[i + 1], opened.zone),
         int(missing[i])]
        for i in np.flatnonzero(missing > 0).tolist()
    ]  # fmt: skip
    return Table("gaps", [Column("from"), Column("to"), Column("minutes", "min")], rows)
