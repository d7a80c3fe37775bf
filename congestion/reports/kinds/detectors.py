"""The report of detectors: which were not believed, since when, and what was seen."""

from collections import Counter
from typing import Any

import pyarrow as pa

from congestion.reports.figures import area_numbers
from congestion.reports.local_time import local_text
from congestion.reports.made import Made, report_of
from congestion.reports.opened import Opened, Say, segment_sums
from congestion.reports.records import Column, Number, Table
from ingest.units import MINUTE_S

HOUR_S = 3600.0
_SOURCE = "verdicts of the live tests of detectors (congestion/detectors)"


def detectors_report(opened: Opened, faults: pa.Table, say: Say = lambda _: None) -> Made:
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
    return Made(report_of("detectors", opened, numbers, [], tables), segments, opened)


COLUMNS = [
    Column("detector_id"), Column("segment_id"), Column("fault", "", _SOURCE), Column("from"),
    Column("to"), Column("hours", "h"), Column("evidence"),
]  # fmt: skip


def _within(opened: Opened, faults: pa.Table) -> list[dict[str, Any]]:
    """Give the faults of the area and period; one that goes on ends with the period."""
    network, period = opened.network, opened.period
    rows = []
    for fault in faults.to_pylist():
        segment = network.index_of(fault["segment_id"])
        if segment is None or not opened.area.chosen[segment]:
            continue
        until = fault["until"].timestamp() if fault["until"] else period.end
        start, end = max(fault["since"].timestamp(), period.start), min(until, period.end)
        if end - start < MINUTE_S:
            continue
        rows.append(
            {
                **fault, "from": local_text(start, opened.zone),
                "to": local_text(end, opened.zone) if fault["until"] else "",
                "hours": round((end - start) / HOUR_S, 2),
            }
        )  # fmt: skip
    return rows
