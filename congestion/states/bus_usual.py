"""A city that only buses show: stops, layovers and slow lines are no traffic, but usual there."""

import numpy as np

from congestion.kernels.probes import TIME
from congestion.region import Region
from congestion.seen.sums import OF_BUSES, OF_TAXIS, PASSES, REPORTED
from congestion.states.fusion import Estimate
from ingest.kernels.arrays import Flags, Floats
from ingest.saved_state import SavedState, pack, unpack
from mapmatch.network import ROAD_CLASSES

CLASS_MINUTES = 10.0
"""What is usual of a segment's class counts like so many of its own minutes. Unit: min. Source:
chosen, some three buses."""
PRIOR_MINUTES = 60.0
"""The speed of a free city counts like so many minutes of a class. Unit: min. Source: chosen; sixty
segments for a minute."""
MEMORY_MINUTES = 600.0
"""What is usual is the mean of so many minutes of a segment; older ones fade. Unit: min. Source:
chosen, the buses of some days."""
SPREAD = 0.25
"""How far the traffic of a minute is from what is usual, one standard deviation. Unit: share.
Source: chosen; the spread of the true speeds of a segment's minutes on the recordings of
shanghai-core is 0.2 to 0.3 outside of jams."""
FREE_SHARE = 0.75
"""What is usual where only buses drive is this share of their free flow. Unit: share. Source:
chosen; the 85th percentile of speeds that scatter so."""

_FORGOTTEN = 0.01
"""What has faded to less was not seen. Unit: s, reports and passes. Source: chosen; a minute of a
detector fades to it in five hours."""


class _BusUsualState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    ratio: Floats
    minutes: Floats
    class_ratio: Floats
    class_minutes: Floats


class BusUsual:
    """Remembers how fast buses are on each segment while nothing else is seen of the region.

    Minutes come in order. Speeds are shares of what a free city lets expect; a segment begins with
    its class. Buses stop where riders wait, wait where lines end and drive slowly, so one that
    stands says little of the traffic. Estimates are drawn to what is usual at the place, each by
    the inverse of its variance, and free flow is no faster than what buses show.
    """

    def __init__(self, region: Region) -> None:
        self._cold = region.cold_mps
        self._class = region.road_class.astype(np.int64)
        self._ratio, self._minutes = np.zeros(len(region)), np.zeros(len(region))
        self._class_ratio = np.zeros(len(ROAD_CLASSES))
        self._class_minutes = np.zeros(len(ROAD_CLASSES))

    @property
    def usual_mps(self) -> Floats:
        """What is usual on each segment as buses show it."""
        of_class = (self._class_ratio + PRIOR_MINUTES) / (self._class_minutes + PRIOR_MINUTES)
        ratio = self._ratio + CLASS_MINUTES * of_class[self._class]
        return np.asarray(self._cold * ratio / (self._minutes + CLASS_MINUTES))

    def step(self, is_seen: Flags, speed_mps: Floats) -> None:
        """Take a minute's speeds where a bus was seen."""
        ratio = np.where(is_seen, speed_mps / self._cold, 0.0)
        keep = np.where(is_seen, np.minimum(1.0, MEMORY_MINUTES / (self._minutes + 1.0)), 1.0)
        self._ratio = (self._ratio + ratio) * keep
        self._minutes = (self._minutes + is_seen) * keep
        count = len(self._class_ratio)
        self._class_ratio += np.bincount(self._class, ratio, count)
        self._class_minutes += np.bincount(self._class, is_seen, count)

    def drawn(self, estimate: Estimate) -> Estimate:
        """Give the estimate, drawn to what is usual; the deviation stays as it is."""
        usual = self.usual_mps
        own, other = estimate.std_mps**-2, (SPREAD * usual) ** -2
        mixed = (own * estimate.speed_mps + other * usual) / (own + other)
        return Estimate(mixed, estimate.std_mps)

    def free_flow(self, free_flow_mps: Floats) -> Floats:
        """Give free flow, no faster than buses show it."""
        return np.minimum(free_flow_mps, self.usual_mps / FREE_SHARE)

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self._ratio, self._minutes = state.ratio, state.minutes
        self._class_ratio, self._class_minutes = state.class_ratio, state.class_minutes

    def _state(self) -> _BusUsualState:
        return _BusUsualState(self._ratio, self._minutes, self._class_ratio, self._class_minutes)


def shown_by_buses(remembered: Floats) -> bool:
    """Tell whether only buses showed anything of n segments: n x SUM_FIELDS, the longest memory."""
    if not remembered[:, OF_BUSES + TIME].any():
        return False
    others = remembered[:, [OF_TAXIS + TIME, REPORTED, PASSES]]
    return bool(others.max() < _FORGOTTEN)
