"""What electronic-police cameras reported, and how long it counts."""

from collections.abc import Mapping, Sequence

import msgspec

from congestion.records import Sighting
from incidents.records import iso
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import Seconds
from mapmatch.network import Network


class CameraSign(msgspec.Struct, frozen=True):
    """What cameras said of one segment: natural-log odds, and the strongest word of it."""

    odds: float
    seen: str


class CameraWord(msgspec.Struct, frozen=True):
    """One camera event that is still remembered."""

    segment: int
    sighting: Sighting


class _CameraWordsState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    words: list[CameraWord]


class CameraWords:
    """Remembers camera events for `memory_s`; takes minutes in order."""

    def __init__(
        self, network: Network, weights: Mapping[str, float], half_life_s: Seconds
    ) -> None:
        self._network = network
        self._weights = weights
        self._half_life_s = half_life_s
        self.words: list[CameraWord] = []

    def step(self, now: Seconds, sightings: Sequence[Sighting]) -> dict[int, CameraSign]:
        """Take a minute's sightings; give what is said of each segment a camera speaks of."""
        for sighting in sightings:
            segment = self._network.index_of(sighting.segment_id)
            if segment is not None and self._weights.get(sighting.kind, 0.0) > 0:
                self.words.append(CameraWord(segment, sighting))
        self.words = [w for w in self.words if now - w.sighting.until <= 4 * self._half_life_s]
        self.words.sort(key=lambda w: (w.sighting.until, w.sighting.seen_by, w.sighting.kind))
        signs: dict[int, CameraSign] = {}
        strongest: dict[int, float] = {}
        for word in self.words:
            age = max(0.0, now - word.sighting.until)
            weight = self._weights[word.sighting.kind] * 0.5 ** (age / self._half_life_s)
            before = signs.get(word.segment, CameraSign(0.0, ""))
            seen = before.seen
            if weight > strongest.get(word.segment, 0.0):
                strongest[word.segment] = weight
                kind = word.sighting.kind.replace("_", " ")
                when = iso(word.sighting.until)[11:19]
                seen = f"{kind} reported by {word.sighting.seen_by} at {when} UTC"
            signs[word.segment] = CameraSign(before.odds + weight, seen)
        return signs

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(_CameraWordsState(self.words))

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        self.words = unpack(data, _CameraWordsState(self.words)).words
