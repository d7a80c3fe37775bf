"""Suspects at planned works and events: they have a cause, which the schedule names."""

from collections.abc import Mapping, Sequence

import msgspec

from incidents.judgement.suspect import Sign, Suspect
from incidents.signs.planned import PlannedSign

_CRASH = "crash"
"""Who sees one knows more than the schedule."""


def name_planned(suspects: Sequence[Suspect], planned: Mapping[int, PlannedSign]) -> list[Suspect]:
    """Give the suspects, those where something is planned with its cause and the entry as a sign.

    Where a camera or a person tells of a crash the entry is a sign and not the cause.
    """
    return [
        _named(suspect, planned[suspect.segment]) if suspect.segment in planned else suspect
        for suspect in suspects
    ]


def _named(suspect: Suspect, plan: PlannedSign) -> Suspect:
    sign = Sign(f"schedule {plan.entry_id}", "schedule", plan.seen, 0.0)
    is_crash = any(s.seen.values.get("kind") == _CRASH for s in suspect.signs)
    cause = suspect.cause if is_crash else plan.cause
    return msgspec.structs.replace(suspect, signs=(*suspect.signs, sign), cause=cause)
