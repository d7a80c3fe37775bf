"""What electronic-police cameras reported, and how long it counts."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec

from congestion.records import Sighting
from mapmatch.network import Network

Seconds = Annotated[float, "s"]


class CameraWord(msgspec.Struct, frozen=True):
    """One camera event that is still remembered."""

    segment: int
    sighting: Sighting


class CameraWords:
    """Remembers camera events for `memory_s`; takes minutes in order."""

    def __init__(
        self, network: Network, weights: Mapping[str, float], half_life_s: Seconds
    ) -> None:
        self._network = network
        self._weights = weights
        self._half_life_s = half_life_s
        self.words: list[CameraWord] = []

    def step(self, now: Seconds, sightings: Sequence[Sighting]) -> dict[int, float]:
        """Take a minute's sightings; give the log odds of each segment that a camera speaks of."""
        for sighting in sightings:
            segment = self._network.index_of(sighting.segment_id)
            if segment is not None and self._weights.get(sighting.kind, 0.0) > 0:
                self.words.append(CameraWord(segment, sighting))
        self.words = [w for w in self.words if now - w.sighting.until <= 4 * self._half_life_s]
        self.words.sort(key=lambda w: (w.sighting.until, w.sighting.seen_by, w.sighting.kind))
        odds: dict[int, float] = {}
        for word in self.words:
            age = max(0.0, now - word.sighting.until)
            weight = self._weights[word.sighting.kind] * 0.5 ** (age / self._half_life_s)
            odds[word.segment] = odds.get(word.segment, 0.0) + weight
        return odds

    def of(self, segment: int) -> list[Sighting]:
        """Give the events remembered of a segment, oldest first."""
        return [word.sighting for word in self.words if word.segment == segment]
