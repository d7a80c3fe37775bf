"""A suspect: a place where an incident is likely, and the signs for and against it."""

import msgspec

from incidents.records import Cause
from ingest.units import Metres


class Sign(msgspec.Struct, frozen=True):
    """One reason for or against an incident: its name, by whom, what, and its natural-log odds."""

    name: str
    source: str
    seen: str
    odds: float


class Suspect(msgspec.Struct, frozen=True):
    """A place where an incident is likely in this minute, with its reasons."""

    segment: int
    offset_m: Metres
    odds: float
    signs: tuple[Sign, ...]
    cause: Cause
    lane: int | None = None
