"""A case as the fold of its events: the same log always gives the same case."""

from collections.abc import Sequence

from msgspec.structs import replace

from incidents.case_records import CaseEvent, LaneImpact, Stamps
from incidents.cases.table import BEGINNINGS, LIVE, NEXT
from incidents.records import Alert

OF_THE_ROAD = (
    "kind", "onset_time", "segment_id", "offset_m", "longitude", "latitude",
    "gcj02_longitude", "gcj02_latitude", "road_name", "cause", "cause_probability", "evidence",
    "queue_segment_ids", "queue_length_m", "delay_veh_h", "severity", "lane", "forecast",
    "cameras", "ended_time", "cross_from", "cross_to", "place_text",
)  # fmt: skip
"""Fields of an alert that the detector says; all others are made by events."""


def replay(log: Sequence[CaseEvent], road: Alert) -> Alert:
    """Give the case that a whole log makes, on what the detector said last.

    Raises ValueError where the log begins with no beginning or holds what is impossible.
    """
    case = begun(road, log[0])
    for event in log[1:]:
        case = changed(case, event)
    return case


def begun(road: Alert, event: CaseEvent) -> Alert:
    """Give the new case that an event makes, on what is known of the road."""
    if event.action not in BEGINNINGS:
        raise ValueError(f"a case begins with {event.action}, expected {' or '.join(BEGINNINGS)}")
    of_road = {name: getattr(road, name) for name in OF_THE_ROAD}
    case = Alert(alert_id=road.alert_id, version=0, state="open", event_time=event.time, **of_road)
    onset = min(event.onset_time or event.time, event.time)
    return _logged(replace(case, stamps=Stamps(t0=onset, t1=event.time)), event)


def changed(case: Alert, event: CaseEvent, road: Alert | None = None) -> Alert:
    """Give the case after an event; `road` is what the detector says now, if it is its event.

    Raises ValueError where the table has no such step, or the version is not the next one.
    """
    state = NEXT.get((case.state, event.action))
    if state is None or event.version != case.version + 1:
        raise ValueError(
            f"{case.alert_id} version {case.version}, {case.state}: {event.action} for version "
            f"{event.version} is impossible"
        )
    if road is not None:
        case = replace(case, **{name: getattr(road, name) for name in OF_THE_ROAD})
    was, case = case.state, replace(case, state=state)
    stamps = _stamps(case.stamps, was, case, event)
    return _logged(replace(case, stamps=stamps), event)


def _logged(case: Alert, event: CaseEvent) -> Alert:
    """Give the case with what an event brought, and with the event in its log."""
    log = [*case.log, event]
    case = replace(case, version=event.version, event_time=event.time, log=log, **_news(event))
    if event.command_id is not None:
        case = replace(case, last_command_id=event.command_id)
    if case.state not in LIVE:
        case = replace(case, is_published=False, suppressed_until=None, is_disputed=False)
    elif case.state not in ("cleared", "verified"):
        case = replace(case, is_disputed=False)
    if event.action in ("reopen", "split", "seen_again", "relapsed"):
        case = replace(case, dismissed_as=None, merged_into=None)
    if event.action == "lane_impact":
        case = replace(case, lane_impact_version=case.lane_impact_version + 1)
    if event.unit_path is not None:
        case = replace(case, responsible_unit=next(iter(event.unit_path), None))
    if event.action == "escalate":
        case = replace(case, escalation=case.escalation + 1)
    return said_by_people(case)


def _news(event: CaseEvent) -> dict[str, object]:
    """Give the fields of a case that an event sets by itself."""
    fixed: dict[str, dict[str, object]] = {
        "confirm": {"is_confirmed": True},
        "arrive": {"is_confirmed": True},
        "publish": {"is_published": True},
        "withdraw": {"is_published": False},
        "suppress": {"suppressed_until": event.until},
        "expire": {"suppressed_until": None},
        "merge": {"merged_into": event.into},
        "dismiss": {"dismissed_as": event.reason},
        "disputed": {"is_disputed": True},
        "recovered": {"is_disputed": False},
        "propose": {"patrol": event.patrol},
        "unanswered": {"patrol": None},
        "reroute": {"detour": event.detour or []},
    }
    brought = {
        "owner": event.unit,
        "patrol": event.patrol,
        "plan": event.plan,
        "unit_path": event.unit_path,
        "lane_impact": event.lane_impact,
    }
    return {**{k: v for k, v in brought.items() if v is not None}, **fixed.get(event.action, {})}


def said_by_people(case: Alert) -> Alert:
    """Give the case with place, cause and severity as people last said them, if they did."""
    for event in case.log:
        if event.place is not None:
            place = event.place
            case = replace(case, **{name: getattr(place, name) for name in place.__struct_fields__})
        if event.cause is not None:
            case = replace(case, cause=event.cause, cause_probability=1.0)
        if event.severity is not None:
            case = replace(case, severity=event.severity)
    return case


def has_said_place(case: Alert) -> bool:
    """Tell whether somebody said where it is: then the detector moves it no more."""
    return any(event.place is not None for event in case.log)


def _stamps(stamps: Stamps, was: str, case: Alert, event: CaseEvent) -> Stamps:
    """Give the incident clock after an event; a stamp stays at its first time."""
    if event.action in ("reopen", "split", "seen_again", "relapsed") and was != case.state:
        stamps = replace(stamps, t5=None, t6=None, t7=None)
    if event.action == "quiet" and event.onset_time is not None:
        is_said = any(e.action == "verify" for e in case.log)
        if is_said:
            return stamps
        # The detector looks back to its last sign; signs fade, so the road may have said it before.
        ended = min(event.onset_time, stamps.t7 or event.onset_time)
        return replace(stamps, t7=max(ended, stamps.t1 or ""))
    if event.action == "lane_impact":
        return replace(stamps, t5=_opened(stamps.t5, event.lane_impact or [], event.time))
    due = {
        "confirm": ("t2",),
        "dispatch": ("t3",),
        "arrive": ("t2", "t4"),
        "clear": ("t5", "t6"),
        "verify": ("t7",),
        "recovered": ("t7",),
    }.get(event.action, ())
    time = max(event.onset_time or event.time, stamps.t1 or "")  # of the road: since then
    return replace(stamps, **{name: time for name in due if getattr(stamps, name) is None})


def _opened(was: str | None, lanes: Sequence[LaneImpact], time: str) -> str | None:
    """Give since when all lanes are open."""
    return (was or time) if all(one.state == "open" for one in lanes) else None
