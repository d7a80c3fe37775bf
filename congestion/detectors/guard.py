"""Which tests of detectors accuse so many at once that the test is what is wrong?"""

from collections.abc import Mapping

import numpy as np

from congestion.detectors.settings.guard import GuardSettings
from ingest.kernels.arrays import Flags, Floats
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import MINUTE_S, Seconds


class _GuardState(SavedState, frozen=True):
    SCHEMA_VERSION = 2

    last: dict[str, Floats]
    whom: dict[str, list[int]]


class Guard:
    """Remembers when each test last accused too many of a region's detectors, how many and whom.

    A test that had accused those whom something else explains later was right, and speaks again.
    """

    def __init__(self, tests: tuple[str, ...], settings: GuardSettings | None = None) -> None:
        self._settings = settings or GuardSettings()
        self._last: dict[str, Floats] = {name: _never() for name in tests}
        self._whom: dict[str, list[int]] = {name: [] for name in tests}
        self._minute: Seconds = 0.0

    def step(
        self,
        minute: Seconds,
        accused: Mapping[str, Flags],
        reporting: int,
        explained: Flags | None = None,
    ) -> None:
        """Take whom each test would accuse in a minute, and how many detectors report at all.

        `explained` are not among the accused: what they share with many others accuses them.
        """
        most = max(self._settings.most_share * reporting, self._settings.least_detectors)
        self._minute = minute
        for name, last in self._last.items():
            if accused[name].sum() > most:
                last[:] = minute, accused[name].sum()
                self._whom[name] = np.flatnonzero(accused[name]).tolist()
            elif self._is_explained(name, explained, most):
                self._forget(name)

    @property
    def withdrawn(self) -> dict[str, int]:
        """The tests that are withdrawn at present, and how many they accused when they were."""
        since = self._minute - MINUTE_S * self._settings.withdrawn_minutes
        return {name: int(last[1]) for name, last in self._last.items() if last[0] > since}

    def begin_day(self) -> None:
        """Let every test speak again."""
        for name in self._last:
            self._forget(name)

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self._minute = float(state.last["minute"][0])
        self._last = {name: state.last[name] for name in self._last}
        self._whom = {name: state.whom[name] for name in self._whom}

    def _is_explained(self, name: str, explained: Flags | None, most: float) -> bool:
        whom = self._whom[name]
        return bool(whom) and explained is not None and (~explained[whom]).sum() <= most

    def _forget(self, name: str) -> None:
        self._last[name][:] = _never()
        self._whom[name] = []

    def _state(self) -> _GuardState:
        return _GuardState({**self._last, "minute": np.array([self._minute])}, self._whom)


def _never() -> Floats:
    return np.array([-np.inf, 0.0])  # the minute, and how many were accused in it
