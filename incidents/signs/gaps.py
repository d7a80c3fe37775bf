"""Where the data stopped: what was measured of a segment until lately, and is no more."""

from typing import Annotated

import numpy as np

from incidents.signs.city_arrays import CityArrays
from incidents.signs.flows import GONE_MINUTES
from incidents.signs.lane_detectors import LaneDetectors
from ingest.kernels.arrays import Flags, Floats
from ingest.saved_state import SAME, SavedState, pack, unpack

LONGEST_MINUTES = 30.0
"""Sensors that are silent for longer are gone, and there is no gap but nothing to see. Unit: min.
Source: chosen, as long as incidents last; a line that failed is back or was given up."""
_LONG_AGO = 1e6
"""Minutes since a reading of what never sent."""


class _GapFinderState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    segment_count: Annotated[int, SAME]
    own_silent: Floats
    probes_silent: float


class GapFinder:
    """Remembers when each segment's detectors last sent, and when any probe did; minutes in order.

    A street without detectors, which probes pass now and then, has a gap where no probe of the
    whole city sends any more.
    """

    def __init__(self, segment_count: int, detectors: LaneDetectors) -> None:
        self._detectors = detectors
        self._has_detector = detectors.first[1:] > detectors.first[:-1]
        self.own_silent = np.full(segment_count, _LONG_AGO)
        self.probes_silent = _LONG_AGO

    def step(self, minute: CityArrays, is_known: Flags) -> Flags:
        """Take a minute, and which of n segments were measured of late; give those with a gap."""
        n = len(is_known)
        sent = np.bincount(self._detectors.segment, weights=minute.has_sent, minlength=n) > 0
        self.own_silent = np.where(sent, 0.0, self.own_silent + 1.0)
        self.probes_silent = 0.0 if minute.probe_count.any() else self.probes_silent + 1.0
        silent = np.where(self._has_detector, self.own_silent, self.probes_silent)
        return ~is_known & (silent >= GONE_MINUTES) & (silent < LONGEST_MINUTES)

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self.own_silent, self.probes_silent = state.own_silent, state.probes_silent

    def _state(self) -> _GapFinderState:
        return _GapFinderState(len(self.own_silent), self.own_silent, self.probes_silent)
