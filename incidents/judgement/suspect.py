"""A suspect: a place where an incident is likely, and the signs for and against it."""

import msgspec

from incidents.records import Cause
from incidents.seen_words import Seen
from ingest.units import Metres


class Sign(msgspec.Struct, frozen=True):
    """One reason for or against an incident: its name, by whom, what, and its natural-log odds."""

    name: str
    source: str
    seen: Seen
    odds: float


class Suspect(msgspec.Struct, frozen=True):
    """A place where an incident is likely in this minute, with its reasons.

    `told` is what reports from people are of its odds. One that is confirmed is told at once.
    """

    segment: int
    offset_m: Metres
    odds: float
    signs: tuple[Sign, ...]
    cause: Cause
    lane: int | None = None
    told: float = 0.0
    is_confirmed: bool = False

    @property
    def is_only_told(self) -> bool:
        """Whether people report it and no sensor shows anything."""
        return 0.0 < self.told >= self.odds
