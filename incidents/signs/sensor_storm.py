"""Do many detectors turn out to be wrong at once? Then what others tell alone is in doubt."""

import numpy as np

from incidents.settings import StormSettings
from ingest.kernels.arrays import Flags
from ingest.saved_state import SavedState, pack, unpack


class _SensorStormState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    was_doubted: Flags
    lately: list[int]


class SensorStorm:
    """Remembers which detectors were not believed, and how many more there were of late.

    What breaks hundreds of detectors does not break them in the same minute: those that are next
    still make queues and odd lanes. Takes minutes in order.
    """

    def __init__(self, detector_count: int, settings: StormSettings) -> None:
        self._settings = settings
        self._was_doubted = np.zeros(detector_count, np.bool_)
        self._lately: list[int] = []

    def step(self, is_doubted: Flags, has_sent: Flags) -> bool:
        """Take which of d detectors are not believed, and which sent; tell whether it is a storm.

        Those that send nothing are silent, and nothing can be made of it.
        """
        settings = self._settings
        more = int((is_doubted & has_sent & ~self._was_doubted).sum())
        self._was_doubted = np.where(has_sent, is_doubted, self._was_doubted)
        self._lately = [*self._lately, more][-settings.minutes :]
        least = max(settings.least_detectors, settings.share * int(has_sent.sum()))
        return sum(self._lately) >= least

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self._was_doubted, self._lately = state.was_doubted, state.lately

    def _state(self) -> _SensorStormState:
        return _SensorStormState(self._was_doubted, self._lately)
