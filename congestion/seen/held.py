"""Readings of several minutes: what each tells of its minutes until the next one is due."""

from dataclasses import replace
from typing import Annotated

import numpy as np
import pyarrow as pa

from congestion.region import Region
from congestion.seen.readings import MinuteReadings, indices, minute_readings
from ingest.kernels.arrays import Floats
from ingest.saved_state import SAME, SavedState, pack, unpack
from ingest.units import MINUTE_S, Seconds
from mapmatch.network import NONE

OVERLAP_SHARE = 0.1
"""A reading tells again of what was told when the one before covers more than this share of it.
Unit: share. Source: chosen; of the last five minutes, sent each minute, the fourth next repeats
0.2, and clocks stray by a second or two of twenty."""
_FIELDS = ("counts", "occupancies", "speeds", "longest_s")


class _HeldReadingsState(SavedState, frozen=True):
    SCHEMA_VERSION = 2

    detector_ids: Annotated[list[str], SAME]
    ended: Floats
    told_until: Floats
    overlap_count: int
    fields: dict[str, Floats]


class HeldReadings:
    """Remembers each detector's last reading of more than a minute; minutes come in order.

    A minute is closed before the reading of several minutes that it lies in is known. So a reading
    stands for the minute that it ends in and those after it, until the next one is due, and tells
    how old it is. What came in a minute takes the place of what was held. A reading that overlaps
    the one before, as those of a sliding window do, is not used, and counted.
    """

    def __init__(self, region: Region) -> None:
        self._region = region
        count = len(region.detector_segment)
        self._ids = list(region.detector_index)
        self._ended, self._told_until = np.full(count, -np.inf), np.full(count, -np.inf)
        self.overlap_count = 0
        self._fields: dict[str, Floats] = {name: np.full(count, np.nan) for name in _FIELDS}

    def readings(self, minute_start: Seconds, rows: pa.Table) -> MinuteReadings:
        """Give what is known of a minute by the rows that end in it, sorted by detector and time.

        That is what they tell and what is held for it.
        """
        return self._fill(minute_start, minute_readings(self._region, self._apart(rows)))

    def _apart(self, rows: pa.Table) -> pa.Table:
        """Give the rows without those that overlap what their detector had told before."""
        detector = indices(rows["detector_id"], self._region.detector_ids)
        start = rows["interval_start"].cast(pa.int64()).to_numpy() / 1000.0
        seconds = rows["interval_s"].to_numpy().astype(np.float64)
        known = detector != NONE
        overlap = np.where(known, self._told_until[detector] - start, 0.0)
        is_again = overlap > OVERLAP_SHARE * seconds
        tells = known & ~is_again
        np.maximum.at(self._told_until, detector[tells], (start + seconds)[tells])
        self.overlap_count += int(is_again.sum())
        return rows.filter(pa.array(~is_again)) if is_again.any() else rows

    def _fill(self, minute_start: Seconds, readings: MinuteReadings) -> MinuteReadings:
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
        self._told_until, self.overlap_count = state.told_until, state.overlap_count

    def _state(self) -> _HeldReadingsState:
        return _HeldReadingsState(
            self._ids, self._ended, self._told_until, self.overlap_count, self._fields
        )
