"""What electronic-police cameras reported of a segment, and how long it counts."""

from collections.abc import Sequence

import msgspec

from congestion.records import Sighting
from incidents.seen_words import Seen
from incidents.settings import CameraSettings
from incidents.signs.camera_trust import CameraTrust
from ingest.saved_state import SavedState, pack, restored, unpack
from ingest.units import MINUTE_S, Seconds
from mapmatch.network import Network

MEMORY_HALF_LIVES = 4
"""An event is forgotten after so many half-lives. Unit: count. Source: chosen, a sixteenth of its
weight is left."""


class CameraSign(msgspec.Struct, frozen=True):
    """What cameras reported of one segment: natural-log odds, and the weightiest event."""

    odds: float
    seen: Seen


class CameraEvent(msgspec.Struct, frozen=True):
    """One camera event that is still remembered."""

    segment: int
    sighting: Sighting


def _in_order(event: CameraEvent) -> tuple[Seconds, str, str]:
    return event.sighting.until, event.sighting.seen_by, event.sighting.kind


class _CameraSignFinderState(SavedState, frozen=True):
    SCHEMA_VERSION = 3

    events: list[CameraEvent]
    trust: bytes


class CameraSignFinder:
    """Remembers camera events for four half-lives, and whom to believe; takes minutes in order.

    A camera's word counts once a segment, at its weightiest: saying it again, or more, makes it no
    surer. So no camera is enough by itself. Another camera's word is added.
    """

    def __init__(self, network: Network, settings: CameraSettings) -> None:
        self._network = network
        self._weights = {
            "stopped_vehicle": settings.stopped_vehicle,
            "crash": settings.crash,
            "illegal_parking": settings.illegal_parking,
        }
        self._half_life_s = settings.half_life_minutes * MINUTE_S
        self.trust = CameraTrust(settings)
        self.events: list[CameraEvent] = []

    def step(self, now: Seconds, sightings: Sequence[Sighting]) -> dict[int, CameraSign]:
        """Take a minute's sightings; give the sign of each segment that cameras reported on."""
        self.trust.pass_minute()
        known = self._known(sightings)
        for event in known:
            self.trust.hear(event.sighting.seen_by, event.segment, event.sighting.until)
        self.events = self._last(now, [*self.events, *known])
        return self._signs(now, self.events)

    def at(self, now: Seconds, words: Sequence[Sighting]) -> dict[int, CameraSign]:
        """Give the signs with what cameras said since the last minute; remembers nothing of it."""
        return self._signs(now, self._last(now, [*self.events, *self._known(words)]))

    def learn(self, now: Seconds, shown: set[int], watched: set[int]) -> None:
        """Take the segments of which other sensors show something, and those that any watches."""
        self.trust.learn(now, shown, watched)

    def _known(self, sightings: Sequence[Sighting]) -> list[CameraEvent]:
        """Give what counts of some sightings, on the network's segments."""
        found = []
        for sighting in sightings:
            segment = self._network.index_of(sighting.segment_id)
            if segment is not None and self._weights.get(sighting.kind, 0.0) > 0:
                found.append(CameraEvent(segment, sighting))
        return found

    def _last(self, now: Seconds, events: Sequence[CameraEvent]) -> list[CameraEvent]:
        """Give the last event of each camera, kind and segment that is not forgotten, in order."""
        longest_s = MEMORY_HALF_LIVES * self._half_life_s
        last = {
            (e.segment, e.sighting.seen_by, e.sighting.kind): e
            for e in sorted(events, key=lambda e: e.sighting.until)
            if now - e.sighting.until <= longest_s
        }
        return sorted(last.values(), key=_in_order)

    def _signs(self, now: Seconds, events: Sequence[CameraEvent]) -> dict[int, CameraSign]:
        by_camera: dict[int, dict[str, tuple[float, Sighting]]] = {}
        for event in events:
            camera, weight = event.sighting.seen_by, self._weight(event.sighting, now)
            of = by_camera.setdefault(event.segment, {})
            if weight > of.get(camera, (0.0, event.sighting))[0]:
                of[camera] = weight, event.sighting
        return {segment: _sign(list(of.values())) for segment, of in by_camera.items() if of}

    def _weight(self, sighting: Sighting, now: Seconds) -> float:
        """Give what an event still adds: less with its age, and of a camera that cries wolf."""
        age = max(0.0, now - sighting.until)
        said = self._weights[sighting.kind] - self.trust.doubt(sighting.seen_by)
        return float(max(0.0, said) * 0.5 ** (age / self._half_life_s))

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self.trust = restored(self.trust, state.trust)
        self.events = state.events

    def _state(self) -> _CameraSignFinderState:
        return _CameraSignFinderState(self.events, self.trust.snapshot())


def _sign(said: Sequence[tuple[float, Sighting]]) -> CameraSign:
    """Give the sign of a segment from what each camera said of it and how much that weighs."""
    _, sighting = max(said, key=lambda each: each[0])
    seen = Seen(
        "camera", {"kind": sighting.kind, "camera": sighting.seen_by, "seen_at": sighting.until}
    )
    return CameraSign(sum(weight for weight, _ in said), seen)
