"""What a command does to a case: the event that it makes, or why it makes none."""

from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Annotated, NamedTuple, get_args

import msgspec

from incidents.case_records import (
    Answer,
    AssignedPatrol,
    CaseEvent,
    Command,
    DismissedAs,
    Place,
    Stamps,
)
from incidents.cases.settings import CaseSettings
from incidents.cases.table import NEXT, possible
from incidents.records import Alert, Cause, iso, seconds
from ingest.units import Seconds

NEEDS: Mapping[str, tuple[str, ...]] = {
    "assign": ("unit",),
    "suppress": ("until", "reason"),
    "merge": ("into",),
    "lane_impact": ("lane_impact",),
    "comment": ("comment",),
    "dismiss": ("reason",),
}
"""What a command must say, by its action; `close` also a reason where the clock is not complete."""

LATEST = 32_503_680_000.0
"""No time of a command is later: 3000-01-01. Unit: s since 1970. Source: chosen; near the year
10000 a time rounds to one that no calendar has."""
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
PlaceOf = Callable[[Command], Place]
"""Gives the point of the road that a command names; raises ValueError where there is none."""


class Refusal(NamedTuple):
    """Why a command does nothing."""

    answer: Answer
    reason: str


def decide(
    case: Alert, command: Command, now: Seconds, settings: CaseSettings, place_of: PlaceOf
) -> CaseEvent | Refusal:
    """Give the event that a command for a known case makes at a time, or why it makes none."""
    if command.expected_version not in (None, case.version):
        return Refusal(
            "stale",
            f"version {case.version} is there, {command.expected_version} was expected: "
            f"{_last(case)}",
        )
    if (case.state, command.action) not in NEXT:
        can = ", ".join(possible(case.state))
        return Refusal(
            "impossible",
            f"{command.action} is impossible while {case.state} ({_last(case)}), possible: {can}",
        )
    try:
        place = place_of(command) if command.action == "edit" and has_place(command) else None
        check_needs(command)
        _check_time(case, command, now, settings)
    except ValueError as error:
        return Refusal("impossible", str(error))
    return event_of(command, case.version + 1, max(now, seconds(case.log[-1].time)), place)


def event_of(
    command: Command, version: int, now: Seconds, place: Place | None, onset: str | None = None
) -> CaseEvent:
    """Give what an accepted command writes into the log."""
    sends, edits = command.action == "dispatch", command.action in ("create", "edit")
    patrol = AssignedPatrol(command.patrol_id) if sends and command.patrol_id else None
    return CaseEvent(
        version=version,
        time=iso(now),
        actor=command.actor,
        action=command.action,
        reason=command.reason,
        command_id=command.command_id,
        onset_time=onset,
        patrol=patrol,
        unit=command.unit if command.action in ("assign", "dispatch", "create") else None,
        until=iso(seconds(command.until)) if command.until else None,
        into=command.into if command.action == "merge" else None,
        lane_impact=command.lane_impact if command.action == "lane_impact" else None,
        comment=command.comment,
        plan=command.plan,
        place=place,
        cause=command.cause if edits else None,
        severity=command.severity if edits else None,
    )


def has_place(command: Command) -> bool:
    """Tell whether a command names a place."""
    named = (command.longitude, command.latitude, command.segment_id, command.offset_m)
    return any(value is not None for value in named)


def check_needs(command: Command) -> None:
    """Look for what an action needs. Raises ValueError naming what is missing or wrong."""
    missing = [name for name in NEEDS.get(command.action, ()) if _is_empty(getattr(command, name))]
    if missing:
        raise ValueError(f"{command.action} needs {' and '.join(missing)}")
    if command.action == "dispatch" and not (command.patrol_id or command.unit):
        raise ValueError("dispatch needs patrol_id or unit")
    if command.action == "dismiss" and command.reason not in get_args(DismissedAs):
        expected = ", ".join(get_args(DismissedAs))
        raise ValueError(f"reason {command.reason!r}, expected one of {expected}")
    if command.action == "create" and not has_place(command):
        raise ValueError("create needs longitude and latitude, or segment_id")
    is_told = has_place(command) or command.cause or command.severity
    if command.action == "edit" and not is_told:
        raise ValueError("edit needs a place, a cause or a severity")
    if command.cause is not None and command.cause not in get_args(Cause):
        raise ValueError(f"cause {command.cause!r}, expected one of {', '.join(get_args(Cause))}")
    lanes = [one.lane for one in command.lane_impact or []]
    if len(set(lanes)) < len(lanes):
        raise ValueError(f"lane_impact names a lane twice: {lanes}")


def _is_empty(value: object) -> bool:
    return not (value.strip() if isinstance(value, str) else value)


def _check_time(case: Alert, command: Command, now: Seconds, settings: CaseSettings) -> None:
    """Look at what depends on the time. Raises ValueError saying why it is not possible."""
    if command.until is not None:
        until = moment(command.until, "until")
        if not now < until <= now + settings.longest_suppression_s:
            raise ValueError(
                f"until {command.until}, expected after {iso(now)} and within "
                f"{settings.longest_suppression_s / 3600:g} h"
            )
    if command.action == "reopen":
        ended = _ended(case)
        if is_too_old(case, now, settings):
            raise ValueError(
                f"{case.state} since {iso(ended)}, it can be opened again for "
                f"{settings.reopen_s / 60:g} min: create another one"
            )
    if command.action == "close" and not command.reason:
        trouble = clock_trouble(case.stamps, settings)
        if trouble:
            raise ValueError(f"{trouble}: close it with a reason")


def moment(text: str, field: str) -> Seconds:
    """Give a time in seconds since 1970. Raises ValueError where it is none or has no offset."""
    try:
        time = msgspec.convert(text, Moment).timestamp()
    except (msgspec.ValidationError, OverflowError):
        raise ValueError(f"{field} {text!r}, expected ISO 8601 with an offset from UTC") from None
    if not 0.0 <= time < LATEST:
        raise ValueError(f"{field} {text!r}, expected a time from 1970 to 2999")
    return time


def _ended(case: Alert) -> Seconds:
    """Give the time at which a case that is over came to its end."""
    ends = ("clear", "verify", "close", "dismiss", "quiet", "recovered")
    return next(
        (seconds(e.time) for e in reversed(case.log) if e.action in ends),
        seconds(case.log[-1].time),
    )


def is_too_old(case: Alert, now: Seconds, settings: CaseSettings) -> bool:
    """Tell whether a case that is over came to its end too long ago to go on."""
    return now - _ended(case) > settings.reopen_s


def clock_trouble(stamps: Stamps, settings: CaseSettings) -> str:
    """Say what the incident clock lacks, nothing where it is complete."""
    named = {name: getattr(stamps, name) for name in stamps.__struct_fields__}
    missing = [name for name, time in named.items() if time is None]
    if missing:
        return f"{', '.join(missing)} missing on the incident clock"
    times = [(name, seconds(time)) for name, time in named.items()]
    far = [
        f"{one} and {other} are {abs(after - before) / 60:.0f} min apart"
        for (one, before), (other, after) in pairwise(times)
        if abs(after - before) > settings.stamps_apart_s
    ]
    return ", ".join(far)


def _last(case: Alert) -> str:
    """Say what happened to the case last."""
    event = case.log[-1]
    return f"{event.action} by {event.actor} at {event.time}"
