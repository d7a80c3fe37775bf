"""The level that the map draws: that of some minutes, so that a colour does not come and go."""

import numpy as np
import numpy.typing as npt

NO_LEVEL = -1
MARGIN = 0.25
"""A drawn level is left once the mean of the minutes is this far past the middle between it and the
next. Unit: levels. Source: chosen on the recording that ships; `benchmarks/calm.py` shows what it
does."""

Levels = npt.NDArray[np.int8]


class CalmLevels:
    """Remembers the last levels of each of n segments, and what is drawn of each.

    Takes each segment's minutes in order; a minute that was left out is as if it was not.
    """

    def __init__(self, segment_count: int, minute_count: int) -> None:
        self._recent = np.full((segment_count, minute_count), NO_LEVEL, np.int8)
        self._drawn = np.full(segment_count, NO_LEVEL, np.int8)

    def take(
        self, indices: npt.NDArray[np.int_], levels: Levels, *, is_again: bool = False
    ) -> Levels:
        """Take a minute of some segments, NO_LEVEL where unknown; give what is drawn of them.

        `is_again` replaces the minute before, which was the same one.
        """
        if not is_again:
            self._recent[indices, :-1] = self._recent[indices, 1:]
        self._recent[indices, -1] = levels
        recent, before = self._recent[indices], self._drawn[indices]
        is_known = recent != NO_LEVEL
        mean = np.where(is_known, recent, 0).sum(axis=1) / np.maximum(is_known.sum(axis=1), 1)
        is_past = (before == NO_LEVEL) | (np.abs(mean - before) > 0.5 + MARGIN)
        drawn = np.where(is_past, np.floor(mean + 0.5), before)
        # What nobody knows now is drawn as unknown, not as it was.
        self._drawn[indices] = np.where(levels == NO_LEVEL, NO_LEVEL, drawn).astype(np.int8)
        return self._drawn[indices]

    def drawn(self, indices: npt.NDArray[np.int_]) -> Levels:
        """Give what is drawn of some segments."""
        return self._drawn[indices]
