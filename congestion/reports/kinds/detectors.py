"""The report of detectors: which were not believed, since when, and what was seen."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from congestion.reports.figures import area_numbers
from congestion.reports.local_time import local_text
from congestion.reports.made import Made, report_of
from congestion.reports.opened import Opened, Say, segment_sums
from congestion.reports.records import Column, Number, Table
from ingest.units import MINUTE_S, Seconds

HOUR_S = 3600.0
_OF_DAYS = (
    "a lake keeps the faults of whole days: a day counts as the fault that held longest on it, for "
    "all of the hours in which the detector was not believed"
)
_SOURCE = "verdicts of the live tests of detectors (congestion/detectors)"


class Fault(NamedTuple):
    """A span in which a detector was not believed; of a lake's days only the hours are known."""

    detector_id: str
    segment_id: str
    fault: str
    since: Seconds
    until: Seconds | None  # None where it goes on
    evidence: str
    hours: float | None = None  # of the span; None where all of it counts


def detectors_report(opened: Opened, faults: Sequence[Fault], say: Say = lambda _: None) -> Made:
    """Make the report of the detectors that were not believed in the period."""
    say("segments")
    segments = segment_sums(opened)
    found = sorted(_within(opened, faults), key=lambda f: (-f["hours"], f["detector_id"]))
    by_kind = Counter(f["fault"] for f in found)
    hours = {kind: sum(f["hours"] for f in found if f["fault"] == kind) for kind in by_kind}
    detectors = len({f["detector_id"] for f in found})
    numbers = [
        Number("faulty_detectors", detectors, "count", len(found), "faults", _SOURCE),
        Number("fault_h", round(sum(hours.values()), 2), "h", len(found), "faults", _SOURCE),
        *area_numbers(opened),
    ]
    tables = [
        Table("fault_kinds", [Column("fault"), Column("faults", "count"), Column("fault_h", "h")],
              [[kind, n, round(hours[kind], 2)] for kind, n in by_kind.most_common()]),
        Table("faults", COLUMNS, [[f[column.name] for column in COLUMNS] for f in found]),
    ]  # fmt: skip
    report = report_of("detectors", opened, numbers, [], tables)
    if any(fault.hours is not None for fault in faults):
        report = msgspec.structs.replace(report, notes=[*report.notes, _OF_DAYS])
    return Made(report, segments, opened)


COLUMNS = [
    Column("detector_id"), Column("segment_id"), Column("fault", "", _SOURCE), Column("from"),
    Column("to"), Column("hours", "h"), Column("evidence"),
]  # fmt: skip


def _within(opened: Opened, faults: Sequence[Fault]) -> list[dict[str, Any]]:
    """Give the faults of the area and period; one that goes on ends with the period."""
    network, period = opened.network, opened.period
    rows = []
    for fault in faults:
        segment = network.index_of(fault.segment_id)
        if segment is None or not opened.area.chosen[segment]:
            continue
        until = period.end if fault.until is None else fault.until
        start, end = max(fault.since, period.start), min(until, period.end)
        if end - start < MINUTE_S:
            continue
        hours = (end - start) / HOUR_S if fault.hours is None else fault.hours
        rows.append(
            fault._asdict() | {
                "from": local_text(start, opened.zone),
                "to": "" if fault.until is None else local_text(end, opened.zone),
                "hours": round(hours, 2),
            }
        )  # fmt: skip
    return rows
