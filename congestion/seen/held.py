"""Readings of several minutes: what each tells of its minutes until the next one is due."""

from dataclasses import replace
from typing import Annotated

import numpy as np

from congestion.region import Region
from congestion.seen.readings import MinuteReadings
from ingest.kernels.arrays import Floats
from ingest.saved_state import SAME, SavedState, pack, unpack
from ingest.units import MINUTE_S, Seconds

_FIELDS = ("counts", "occupancies", "speeds", "longest_s")


class _HeldReadingsState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    detector_ids: Annotated[list[str], SAME]
    ended: Floats
    fields: dict[str, Floats]


class HeldReadings:
    """Remembers each detector's last reading of more than a minute; minutes come in order.

    A minute is closed before the reading of several minutes that it lies in is known. So a reading
    stands for the minute that it ends in and those after it, until the next one is due, and tells
    how old it is. What came in a minute takes the place of what was held.
    """

    def __init__(self, region: Region) -> None:
        count = len(region.detector_segment)
        self._ids = list(region.detector_index)
        self._ended = np.full(count, -np.inf)
        self._fields: dict[str, Floats] = {name: np.full(count, np.nan) for name in _FIELDS}

    def fill(self, minute_start: Seconds, readings: MinuteReadings) -> MinuteReadings:
        """Give the minute's readings with those that are held for it."""
        end = minute_start + MINUTE_S
        has_come = readings.has_reported
        longest_s = readings.longest_s
        assert longest_s is not None
        is_long = has_come & (longest_s > MINUTE_S)
        self._ended = np.where(has_come, np.where(is_long, end, -np.inf), self._ended)
        for name, values in self._fields.items():
            values[is_long] = getattr(readings, name)[is_long]
        with np.errstate(invalid="ignore"):
            is_held = ~has_come & (end <= self._ended + self._fields["longest_s"])
        filled = {
            name: np.where(is_held, self._fields[name], getattr(readings, name)) for name in _FIELDS
        }
        since_end = np.where(is_held, end - self._ended, 0.0)
        # A detector that reports several times in a minute is as old as one of a minute.
        age_s = since_end + np.maximum(filled["longest_s"], MINUTE_S) / 2.0
        return replace(readings, **filled, age_s=age_s)

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self._ended, self._fields = state.ended, state.fields

    def _state(self) -> _HeldReadingsState:
        return _HeldReadingsState(self._ids, self._ended, self._fields)
