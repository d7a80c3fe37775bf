"""The tests of a region's detectors, side by side: each takes every minute's readings."""

import numpy as np

from congestion.detectors.conduct import Conduct
from congestion.detectors.effective_length import LengthTest
from congestion.detectors.exchanged_lanes import ExchangedLanesTest
from congestion.detectors.lost_flow import LostFlow
from congestion.detectors.lost_offs import LostOffs
from congestion.detectors.occupancy_unit import OccupancyUnitTest
from congestion.detectors.repeated import RepeatedValues
from congestion.detectors.settings.health import HealthSettings
from congestion.detectors.together.exchanges import Exchanges
from congestion.detectors.together.gateway import Due, Gateway
from congestion.detectors.together.shared_factor import SharedFactor
from congestion.region import Region
from congestion.seen.readings import AgainstProbes, MinuteReadings
from ingest.kernels.arrays import Flags
from ingest.saved_state import SavedState, pack, restored, unpack
from ingest.units import Seconds

_SEVERAL = 3.0
"""So many vehicles occupy a detector for over 1 % of a minute, which no percentage below 1 shows.
Unit: count. Source: three cars of 5 m at 70 km/h take 1.3 % of a minute."""


class _BatteryState(SavedState, frozen=True):
    SCHEMA_VERSION = 4

    conduct: bytes
    percent: bytes
    lengths: bytes
    lost: bytes
    offs: bytes
    lanes: bytes
    repeated: bytes
    gateway: bytes
    exchanges: bytes
    factor: bytes


class Battery:
    """Remembers what each test does, and the occupancies of the last minute; they come in order."""

    def __init__(self, region: Region, settings: HealthSettings) -> None:
        self._settings = settings
        count = len(region.detector_segment)
        self.conduct = Conduct(region, settings)
        self.percent = OccupancyUnitTest(count, settings.occupancy_unit)
        self.lengths = LengthTest(region, settings.lengths)
        self.lost = LostFlow(region, settings.lost_flow)
        self.offs = LostOffs(count, settings.lost_offs)
        self.lanes = ExchangedLanesTest(region, settings.lanes)
        self.repeated = RepeatedValues(count, settings.repeated)
        self.gateway = Gateway(count, settings.gateway)
        self.exchanges = Exchanges(self.lanes, settings.gateway)
        self.factor = SharedFactor(region, settings.gateway)
        self.occupancies = np.zeros(count)

    def step(
        self,
        minute_start: Seconds,
        readings: MinuteReadings,
        against_probes: AgainstProbes | None,
        is_percent: Flags,
        is_trusted: Flags,
        may_share: Flags,
    ) -> None:
        """Take the readings that ended in a minute.

        `is_trusted` detectors bear witness on others; whose counts `may_share` are compared between
        lanes.
        """
        sent, readings = readings, self.conduct.plausible(readings)
        has_counted = np.isfinite(readings.counts)
        counts = np.where(has_counted, readings.counts, 0.0)
        self.occupancies = self.conduct.occupancies(readings)
        is_held = self.occupancies >= self._settings.stuck_occupancy
        is_held &= readings.has_reported & (counts == 0)
        self.percent.step(minute_start, counts >= _SEVERAL, is_percent)
        self.conduct.step(sent, is_held, is_percent, against_probes)
        self.repeated.step(readings, is_held)
        self.gateway.step(minute_start, readings, self._due(), against_probes)
        self.lost.step(has_counted, counts, self.occupancies, is_trusted)
        self.lengths.step(minute_start, readings.counts, readings.occupancies, readings.speeds)
        self.lanes.step(
            minute_start, has_counted, counts, readings.occupancies, readings.speeds, may_share
        )
        self.exchanges.step(self.lanes)
        self.factor.step(minute_start, readings)

    def begin_day(self) -> Flags:
        """Forget what one day must not hold against the next; give which detectors stay accused.

        What one day alone cannot show stays: the flow of each detector, without which nothing is
        missed at one that died before, and the lengths and lane shares of those accused of them.
        """
        for test in (
            self.conduct, self.percent, self.lengths, self.lost, self.offs, self.lanes,
            self.repeated, self.gateway, self.exchanges, self.factor,
        ):  # fmt: skip
            test.begin_day()
        return (self.lengths.verdicts != 0) | self.lanes.verdicts()

    def snapshot(self) -> bytes:
        """Give everything remembered but the last occupancies, which the next step makes anew."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        (
            self.conduct, self.percent, self.lengths, self.lost, self.offs, self.lanes,
            self.repeated, self.gateway, self.exchanges, self.factor,
        ) = (
            restored(self.conduct, state.conduct),
            restored(self.percent, state.percent),
            restored(self.lengths, state.lengths),
            restored(self.lost, state.lost),
            restored(self.offs, state.offs),
            restored(self.lanes, state.lanes),
            restored(self.repeated, state.repeated),
            restored(self.gateway, state.gateway),
            restored(self.exchanges, state.exchanges),
            restored(self.factor, state.factor),
        )  # fmt: skip

    def _due(self) -> Due:
        """Give what each detector should have counted before this minute."""
        is_known = self.lost.state["minutes"] >= self._settings.lost_flow.least_minutes
        flow = np.where(is_known, self.lost.flow, 0.0)
        return Due(flow, self.lost.lost(), self.lost.state["run"])

    def _state(self) -> _BatteryState:
        return _BatteryState(
            self.conduct.snapshot(), self.percent.snapshot(), self.lengths.snapshot(),
            self.lost.snapshot(), self.offs.snapshot(), self.lanes.snapshot(),
            self.repeated.snapshot(), self.gateway.snapshot(), self.exchanges.snapshot(),
            self.factor.snapshot(),
        )  # fmt: skip
