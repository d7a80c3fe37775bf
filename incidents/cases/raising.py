"""When a case is raised: nobody acknowledged it in time, or its delay has doubled."""

from incidents.case_records import CaseEvent
from incidents.cases.settings import CaseSettings
from incidents.cases.table import NEXT
from incidents.records import Alert, seconds
from ingest.units import Seconds

_ANEW = ("create", "open", "seen_again", "relapsed", "expire")
"""Events from which on somebody is waited for."""
_TOLD = (*_ANEW, "acknowledge", "confirm", "escalate")
"""Events that hold the delay with which the next is compared, where they know it."""


def is_due(case: Alert, now: Seconds, settings: CaseSettings) -> str | None:
    """Give why a case must be raised now, None where it must not.

    That nobody acknowledged it raises it once; the delay raises it each time that it has doubled.
    """
    if (case.state, "escalate") not in NEXT or case.suppressed_until is not None:
        return None
    if case.state in ("open", "updated"):
        since = _newest(case, _ANEW)
        wait_s = _wait_s(case.severity, settings)
        is_raised = any(e.action == "escalate" and e.version > since.version for e in case.log)
        if not is_raised and now - seconds(since.time) >= wait_s:
            return f"not acknowledged for {wait_s:g} s"
    told = _newest_delay(case)
    if told is None:
        return None
    least = max(told * settings.delay_factor, settings.least_delay_veh_h)
    if case.delay_veh_h >= least:
        return f"delay of {case.delay_veh_h:.1f} veh h, {told:.1f} when last seen to"
    return None


def _newest(case: Alert, actions: tuple[str, ...]) -> CaseEvent:
    return next(e for e in reversed(case.log) if e.action in actions)


def _newest_delay(case: Alert) -> float | None:
    return next(
        (
            e.delay_veh_h
            for e in reversed(case.log)
            if e.action in _TOLD and e.delay_veh_h is not None
        ),
        None,
    )


def _wait_s(severity: int, settings: CaseSettings) -> Seconds:
    """Give how long a case of this severity may wait for somebody."""
    by_severity = {4: settings.gravest_wait_s, 3: settings.grave_wait_s}
    return by_severity.get(severity, settings.slight_wait_s)
