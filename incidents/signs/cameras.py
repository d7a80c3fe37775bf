"""What electronic-police cameras reported of a segment, and how long it counts."""

from collections.abc import Sequence

import msgspec

from congestion.records import Sighting
from incidents.records import iso
from incidents.settings import CameraSettings
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import MINUTE_S, Seconds
from mapmatch.network import Network

MEMORY_HALF_LIVES = 4
"""An event is forgotten after so many half-lives. Unit: count. Source: chosen, a sixteenth of its
weight is left."""


class CameraSign(msgspec.Struct, frozen=True):
    """What cameras reported of one segment: natural-log odds, and the weightiest event as text."""

    odds: float
    seen: str


class CameraEvent(msgspec.Struct, frozen=True):
    """One camera event that is still remembered."""

    segment: int
    sighting: Sighting


class _CameraSignFinderState(SavedState, frozen=True):
    SCHEMA_VERSION = 2

    events: list[CameraEvent]


class CameraSignFinder:
    """Remembers camera events for four half-lives; takes minutes in order."""

    def __init__(self, network: Network, settings: CameraSettings) -> None:
        self._network = network
        self._weights = {
            "stopped_vehicle": settings.stopped_vehicle,
            "crash": settings.crash,
            "illegal_parking": settings.illegal_parking,
        }
        self._half_life_s = settings.half_life_minutes * MINUTE_S
        self.events: list[CameraEvent] = []

    def step(self, now: Seconds, sightings: Sequence[Sighting]) -> dict[int, CameraSign]:
        """Take a minute's sightings; give the sign of each segment that cameras reported on."""
        for sighting in sightings:
            segment = self._network.index_of(sighting.segment_id)
            if segment is not None and self._weights.get(sighting.kind, 0.0) > 0:
                self.events.append(CameraEvent(segment, sighting))
        longest_s = MEMORY_HALF_LIVES * self._half_life_s
        self.events = [e for e in self.events if now - e.sighting.until <= longest_s]
        self.events.sort(key=lambda e: (e.sighting.until, e.sighting.seen_by, e.sighting.kind))
        signs: dict[int, CameraSign] = {}
        heaviest: dict[int, float] = {}
        for event in self.events:
            age = max(0.0, now - event.sighting.until)
            weight = self._weights[event.sighting.kind] * 0.5 ** (age / self._half_life_s)
            before = signs.get(event.segment, CameraSign(0.0, ""))
            seen = before.seen
            if weight > heaviest.get(event.segment, 0.0):
                heaviest[event.segment] = weight
                kind = event.sighting.kind.replace("_", " ")
                when = iso(event.sighting.until)[11:19]
                seen = f"{kind} reported by {event.sighting.seen_by} at {when} UTC"
            signs[event.segment] = CameraSign(before.odds + weight, seen)
        return signs

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(_CameraSignFinderState(self.events))

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        self.events = unpack(data, _CameraSignFinderState(self.events)).events
