"""How far each camera is believed: one that keeps telling of what no sensor shows is not."""

import math

import msgspec

from incidents.settings import CameraSettings
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import MINUTE_S, Seconds

REPEAT_MINUTES = 5.0
"""What a camera says again of a road so soon is no other word. Unit: min. Source: chosen, so that
one long stop that only the camera sees does not discredit it."""
HALF_LIFE_HOURS = 12.0
"""Words that were wrong count half after this time. Unit: h. Source: chosen, a night of rain is
over in the evening."""


class CameraWord(msgspec.Struct, frozen=True):
    """A camera's word of a segment that sensors have not shown yet."""

    camera: str
    segment: int
    said: Seconds


class _CameraTrustState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    hours: float
    words: list[CameraWord]
    wrong: dict[str, float]


class CameraTrust:
    """Remembers words that wait to be shown, and how often each camera's were not.

    Takes minutes in order. A camera that is wrong as often as cameras are is believed as they are.
    """

    def __init__(self, settings: CameraSettings) -> None:
        self._settings = settings
        self.hours = 0.0
        self.words: list[CameraWord] = []
        self.wrong: dict[str, float] = {}

    def pass_minute(self) -> None:
        """Let a minute pass."""
        left = 0.5 ** (1.0 / (60.0 * HALF_LIFE_HOURS))
        self.hours = left * self.hours + 1.0 / 60.0
        self.wrong = {camera: left * count for camera, count in self.wrong.items()}

    def hear(self, camera: str, segment: int, said: Seconds) -> None:
        """Take a word of a camera; one that repeats another of late is none."""
        for word in self.words:
            is_same = (word.camera, word.segment) == (camera, segment)
            if is_same and said - word.said < REPEAT_MINUTES * MINUTE_S:
                return
        self.words.append(CameraWord(camera, segment, said))

    def learn(self, now: Seconds, shown: set[int], watched: set[int]) -> None:
        """Take the segments of which other sensors show something, and those that any watches.

        A word that was shown was right. One that was not in time was wrong, where sensors watch.
        """
        waits: list[CameraWord] = []
        for word in self.words:
            if word.segment in shown:
                continue
            if now - word.said < self._settings.confirm_minutes * MINUTE_S:
                waits.append(word)
            elif word.segment in watched:
                self.wrong[word.camera] = self.wrong.get(word.camera, 0.0) + 1.0
        self.words = waits

    def doubt(self, camera: str) -> float:
        """Give the log odds that a camera's words say less than a usual camera's, 0 or more.

        How many times the usual rate its wrong words come at, a Gamma prior of one word given.
        """
        usual = self._settings.usual_wrong_per_hour
        rate = (self.wrong.get(camera, 0.0) + 1.0) / (self.hours + 1.0 / usual)
        return max(0.0, math.log(rate / usual))

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self.hours, self.words, self.wrong = state.hours, state.words, state.wrong

    def _state(self) -> _CameraTrustState:
        return _CameraTrustState(self.hours, self.words, self.wrong)
