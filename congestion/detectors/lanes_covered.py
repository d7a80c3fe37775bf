"""How many lanes does a detector cover? Said by its file, or shown by what it counts."""

from typing import Annotated

import numpy as np

from congestion.region import Region
from ingest.kernels.arrays import Flags, Floats
from ingest.saved_state import SAME, SavedState, pack, unpack

_MINUTES = 3.0
"""A detector that has counted more than a lane passes in so many minutes covers all lanes. Unit:
min. Source: chosen, two may hold a late reading."""
_BESIDE_M = 30.0
"""Detectors farther apart along the road do not share its lanes. Unit: m. Source: chosen, as for
exchanged lanes."""


class _LanesCoveredState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    detector_ids: Annotated[list[str], SAME]
    minutes: Floats


class LanesCovered:
    """Remembers in how many minutes each detector counted more than one lane can pass.

    A detector whose lanes are not said covers one; but one that stands alone across a road of
    several lanes, and counts what only several can pass, is a station that sums them all. More than
    `most_count` vehicles in a minute cannot pass one.
    """

    def __init__(self, region: Region, most_count: float) -> None:
        self._most_count = most_count
        self._ids = list(region.detector_index)
        self._said = region.detector_lanes
        self._road = region.lanes[region.detector_segment]
        self._may_sum = np.isnan(self._said) & (self._road > 1) & _is_alone(region)
        self._minutes = np.zeros(len(self._ids))

    def step(self, counts: Floats) -> Floats:
        """Take a minute's counts (d, NaN where none); give the lanes that each detector covers."""
        self._minutes += self._may_sum & (counts > self._most_count)
        own = np.where(self._minutes >= _MINUTES, self._road, 1.0)
        return np.where(np.isnan(self._said), own, self._said)

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        self._minutes = unpack(data, self._state()).minutes

    def _state(self) -> _LanesCoveredState:
        return _LanesCoveredState(self._ids, self._minutes)


def lanes_at_most(region: Region) -> Floats:
    """Give how many lanes each detector may cover: said, or all of the road where it is alone."""
    road = np.maximum(region.lanes[region.detector_segment], 1.0)
    may_cover = np.where(_is_alone(region), road, 1.0)
    return np.where(np.isnan(region.detector_lanes), may_cover, region.detector_lanes)


def _is_alone(region: Region) -> Flags:
    """Tell which detectors have no other one beside them on their segment."""
    order = np.lexsort((region.detector_to_end_m, region.detector_segment))
    near = np.diff(region.detector_to_end_m[order]) <= _BESIDE_M
    near &= np.diff(region.detector_segment[order]) == 0
    has_other = np.zeros(len(order), np.bool_)
    has_other[order] = np.r_[False, near] | np.r_[near, False]
    return ~has_other
