"""The numbers of the service: how fast and how surely cases are handled, by unit, cause and day."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from statistics import fmean, median

import msgspec

from incidents.cases.settings import CaseSettings
from incidents.cases.table import LIVE
from incidents.records import Alert, iso, seconds
from ingest.units import Seconds

GRAVE = 3
"""From this severity on a case has the longer time. Unit: none. Source: chosen."""
SPANS: Mapping[str, tuple[str, str]] = {
    "detection": ("t0", "t1"),
    "verification": ("t1", "t2"),
    "dispatch": ("t2", "t3"),
    "response": ("t3", "t4"),
    "roadway_clearance": ("t1", "t5"),
    "incident_clearance": ("t1", "t6"),
    "recovery": ("t6", "t7"),
    "whole": ("t0", "t7"),
}
"""Spans of the incident clock. Source: FHWA, Traffic Incident Management performance measures:
roadway clearance from first awareness to all lanes open, incident clearance to the last having
left."""


class Span(msgspec.Struct, frozen=True):
    """How long something took, of so many cases; None where of none."""

    sample_count: int
    median_s: Seconds | None = None
    mean_s: Seconds | None = None


class ServiceNumbers(msgspec.Struct, frozen=True):
    """The numbers of some cases. A share is None where there is nothing to share.

    Cases merged into others, and tests, count nowhere. What was dismissed was no case to handle.
    """

    case_count: int
    open_count: int  # somebody still works on them
    due_count: int  # handled, or their time is over
    handled_in_time_count: int
    handled_in_time_share: float | None
    closed_count: int  # closed or dismissed
    closed_share: float | None
    confirmed_count: int  # of what the detector found
    false_count: int
    precision: float | None  # confirmed of those confirmed or dismissed as false
    secondary_count: int  # incidents that began in another's queue
    secondary_share: float | None
    spans: dict[str, Span]


class ServiceReport(msgspec.Struct, frozen=True):
    """The numbers of all cases at a time (ISO 8601 UTC), and by unit, cause and day.

    A case counts for every unit of its place, up to the city, and for the one that sees to it; for
    the day on which it was known, in the city's time zone.
    """

    time: str
    whole: ServiceNumbers
    by_unit: dict[str, ServiceNumbers]
    by_cause: dict[str, ServiceNumbers]
    by_day: dict[str, ServiceNumbers]


class ServiceLog:
    """Remembers the newest version of every case, and all segments its queue ever had."""

    def __init__(self, settings: CaseSettings | None = None) -> None:
        self._settings = settings or CaseSettings()
        self._cases: dict[str, Alert] = {}
        self._queues: dict[str, set[str]] = defaultdict(set)

    def take(self, alert: Alert) -> None:
        """Take a version, in any order and more than once."""
        self._queues[alert.alert_id].update(alert.queue_segment_ids)
        known = self._cases.get(alert.alert_id)
        if known is None or known.version < alert.version:
            self._cases[alert.alert_id] = alert

    def report(self, now: Seconds, zone: tzinfo) -> ServiceReport:
        """Give the numbers as they are at a time."""
        counted = [case for case in self._cases.values() if _counts(case)]
        secondary = self._secondary(counted, now)
        groups: dict[str, dict[str, list[Alert]]] = {
            name: defaultdict(list) for name in ("unit", "cause", "day")
        }
        for case in counted:
            for unit in dict.fromkeys([*case.unit_path, *([case.owner] if case.owner else [])]):
                groups["unit"][unit].append(case)
            groups["cause"][case.cause].append(case)
            day = datetime.fromtimestamp(_known_at(case), zone).date().isoformat()
            groups["day"][day].append(case)
        by = {
            name: {key: self._numbers(mine, secondary, now) for key, mine in sorted(of.items())}
            for name, of in groups.items()
        }
        whole = self._numbers(counted, secondary, now)
        return ServiceReport(iso(now), whole, by["unit"], by["cause"], by["day"])

    def _numbers(
        self, counted: Sequence[Alert], secondary: set[str], now: Seconds
    ) -> ServiceNumbers:
        real = [case for case in counted if case.state != "dismissed"]
        due = [case for case in real if self._is_due(case, now)]
        in_time = [case for case in due if self._is_in_time(case)]
        ended = [case for case in counted if case.state in ("closed", "dismissed")]
        found = [case for case in counted if not case.log or case.log[0].action == "open"]
        confirmed = sum(case.is_confirmed and case.state != "dismissed" for case in found)
        false = sum(case.dismissed_as == "false" for case in found)
        incidents = [case for case in real if case.kind == "incident"]
        second = sum(case.alert_id in secondary for case in incidents)
        return ServiceNumbers(
            case_count=len(counted),
            open_count=sum(case.state in LIVE for case in counted),
            due_count=len(due),
            handled_in_time_count=len(in_time),
            handled_in_time_share=_share(len(in_time), len(due)),
            closed_count=len(ended),
            closed_share=_share(len(ended), len(counted)),
            confirmed_count=confirmed,
            false_count=false,
            precision=_share(confirmed, confirmed + false),
            secondary_count=second,
            secondary_share=_share(second, len(incidents)),
            spans={name: _span(real, *ends) for name, ends in SPANS.items()},
        )

    def _time_s(self, case: Alert) -> Seconds:
        grave, slight = self._settings.grave_handled_s, self._settings.slight_handled_s
        return grave if case.severity >= GRAVE else slight

    def _is_due(self, case: Alert, now: Seconds) -> bool:
        return _handled_at(case) is not None or now - _known_at(case) > self._time_s(case)

    def _is_in_time(self, case: Alert) -> bool:
        handled = _handled_at(case)
        return handled is not None and handled - _known_at(case) <= self._time_s(case)

    def _secondary(self, counted: Sequence[Alert], now: Seconds) -> set[str]:
        """Give the incidents that began where another's queue ever stood, while it lasted."""
        real = [c for c in counted if c.state != "dismissed" and c.kind == "incident"]
        stood: dict[str, list[tuple[Seconds, Seconds]]] = defaultdict(list)
        for case in real:
            for segment_id in self._queues[case.alert_id] - {case.segment_id}:
                stood[segment_id].append((seconds(case.onset_time), _over_at(case, now)))
        return {
            case.alert_id
            for case in real
            for begin, end in stood[case.segment_id]
            if begin < seconds(case.onset_time) <= end
        }


def service_report(
    versions: Iterable[Alert], now: Seconds, zone: tzinfo, settings: CaseSettings | None = None
) -> ServiceReport:
    """Give the numbers of cases of which all versions are given, or the newest alone.

    Of the newest alone no more is known than its own queue, so that secondary ones may be missed.
    """
    log = ServiceLog(settings)
    for alert in versions:
        log.take(alert)
    return log.report(now, zone)


def _counts(case: Alert) -> bool:
    is_another = case.state == "merged" or case.dismissed_as == "duplicate"
    return not is_another and case.dismissed_as != "test"


def _known_at(case: Alert) -> Seconds:
    return seconds(case.stamps.t1 or case.event_time)


def _handled_at(case: Alert) -> Seconds | None:
    """Give when all lanes were open, else when traffic was as usual, else when it was closed."""
    closed = case.event_time if case.state == "closed" else None
    time = case.stamps.t5 or case.stamps.t7 or closed
    return None if time is None else seconds(time)


def _over_at(case: Alert, now: Seconds) -> Seconds:
    """Give when the case's traffic was as usual, else when the case ended, else now."""
    if case.stamps.t7 is not None:
        return seconds(case.stamps.t7)
    return now if case.state in LIVE else seconds(case.event_time)


def _span(cases: Sequence[Alert], begin: str, end: str) -> Span:
    pairs = [(getattr(case.stamps, begin), getattr(case.stamps, end)) for case in cases]
    lasted = [seconds(after) - seconds(before) for before, after in pairs if before and after]
    if not lasted:
        return Span(0)
    return Span(len(lasted), round(median(lasted), 1), round(fmean(lasted), 1))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
