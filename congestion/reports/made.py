"""A report with what its charts and maps are drawn from."""

from datetime import datetime
from typing import NamedTuple

from congestion.reports.opened import Opened
from congestion.reports.records import Bottleneck, Number, Report, Table
from congestion.reports.segment_sums import SegmentSums


class Made(NamedTuple):
    """A report, the sums of its segments, and what it was made of."""

    report: Report
    segments: SegmentSums
    opened: Opened


def report_of(
    kind: str,
    opened: Opened,
    numbers: list[Number],
    bottlenecks: list[Bottleneck],
    tables: list[Table],
) -> Report:
    """Give a report of a kind on what was opened."""
    notes = list(opened.notes)
    if opened.unknown_rows:
        notes.append(
            f"{opened.unknown_rows:,} states are of segments that this network has not: they are "
            "of another version of it, and do not count"
        )
    start, end = (
        datetime.fromtimestamp(time, opened.zone).isoformat(timespec="minutes")
        for time in opened.period
    )
    return Report(
        kind=kind, network=opened.network.name, start=start, end=end, area=opened.area.name,
        coverage=opened.coverage(), numbers=numbers, bottlenecks=bottlenecks, tables=tables,
        notes=notes,
    )  # fmt: skip
