"""The report of the service: how fast and how surely stored cases were handled."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from congestion.reports.figures import area_numbers
from congestion.reports.made import Made, report_of
from congestion.reports.opened import Opened, Say, segment_sums
from congestion.reports.records import Column, Number, Table
from incidents.cases.service import ServiceNumbers, service_report
from incidents.cases.settings import CaseSettings
from incidents.records import Alert, seconds
from ingest.units import MINUTE_S
from streams.lake.reading import stored_alerts

SPAN_NAMES = ("detection", "verification", "dispatch", "response", "roadway_clearance",
              "incident_clearance", "recovery", "whole")  # fmt: skip
_SOURCE = "as /api/service and /metrics count (incidents/cases/service.py)"
_SPAN_SOURCE = "FHWA, Traffic Incident Management performance measures: median of the cases"
_SHARES = ("handled_in_time_share", "closed_share", "precision", "secondary_share")


def service_made(
    opened: Opened, folders: Sequence[Path], settings: CaseSettings, say: Say = lambda _: None
) -> Made:
    """Make the report of the area's cases that began in the period, as they stood at its end."""
    say("segments")
    segments = segment_sums(opened)
    found = service_report(_cases(opened, folders), opened.period.end, opened.zone, settings)
    tables = [
        _table(name, of)
        for name, of in (("units", found.by_unit), ("case_causes", found.by_cause),
                         ("case_days", found.by_day))
    ]  # fmt: skip
    numbers = [*_numbers(found.whole), *area_numbers(opened)]
    return Made(report_of("service", opened, numbers, [], tables), segments, opened)


def _cases(opened: Opened, folders: Sequence[Path]) -> list[Alert]:
    """Give the versions, up to the period's end, of the cases that by their newest are meant."""
    end, network = opened.period.end, opened.network
    every = stored_alerts(folders, lambda _: None)  # `told_alerts` tells what is wrong
    versions = [alert for alert in every if seconds(alert.event_time) < end]
    newest = {alert.alert_id: alert for alert in sorted(versions, key=lambda a: a.version)}

    def is_meant(case: Alert) -> bool:
        segment = network.index_of(case.segment_id)
        is_there = opened.area.chosen.all() if segment is None else opened.area.chosen[segment]
        return bool(is_there) and opened.period.start <= seconds(case.onset_time) < end

    return [alert for alert in versions if is_meant(newest[alert.alert_id])]


def _numbers(whole: ServiceNumbers) -> list[Number]:
    def number(name: str, value: float | None, unit: str, count: int, source: str) -> Number:
        shown = None if value is None else round(value, 4)
        return Number(name, shown, unit, count, "cases", source)

    sizes = {"handled_in_time_share": whole.due_count, "closed_share": whole.case_count,
             "precision": whole.confirmed_count + whole.false_count}  # fmt: skip
    return [
        number("case_count", whole.case_count, "count", whole.case_count, _SOURCE),
        *(number(n, getattr(whole, n), "share", sizes.get(n, whole.case_count), _SOURCE)
          for n in _SHARES),
        *(number(f"{n}_min", _minutes(whole, n), "min", whole.spans[n].sample_count, _SPAN_SOURCE)
          for n in SPAN_NAMES),
    ]  # fmt: skip


def _minutes(numbers: ServiceNumbers, span: str) -> float | None:
    median_s = numbers.spans[span].median_s
    return None if median_s is None else round(median_s / MINUTE_S, 2)


def _table(name: str, groups: dict[str, ServiceNumbers]) -> Table:
    """Give the numbers of units, causes or days, a row each."""
    key = {"units": "unit", "case_causes": "cause", "case_days": "day"}[name]
    columns = [Column(key), Column("cases", "count", _SOURCE)]
    columns += [Column(share, "share", _SOURCE) for share in _SHARES]
    columns += [Column(f"{span}_min", "min", _SPAN_SOURCE) for span in SPAN_NAMES]
    rows: list[list[Any]] = []
    for label, numbers in groups.items():
        shares = (getattr(numbers, share) for share in _SHARES)
        rows.append([
            label, numbers.case_count, *(None if s is None else round(s, 4) for s in shares),
            *(_minutes(numbers, span) for span in SPAN_NAMES),
        ])  # fmt: skip
    return Table(name, columns, rows)
