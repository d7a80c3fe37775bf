"""The signs of one minute in the whole city: lanes, flows, cameras and queues together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from congestion.profile.usual_speed import UsualMinute, UsualSpeeds
from congestion.profile.week import Week
from congestion.queues.history import QueueHistory, QueueMinute
from congestion.records import Sighting
from congestion.risk.forecast import BreakdownForecast, RiskMinute
from congestion.risk.signs import PlaceMinute
from congestion.roadside import Roadside
from incidents.settings import DetectionSettings
from incidents.signs.cameras import CameraSign, CameraSignFinder
from incidents.signs.city_arrays import CityArrays, city_arrays
from incidents.signs.flows import FlowSignFinder, FlowSigns
from incidents.signs.gaps import GapFinder
from incidents.signs.lane_detectors import LaneDetectors
from incidents.signs.lanes import LaneSignFinder, LaneSigns
from incidents.signs.sensor_storm import SensorStorm
from ingest.kernels.arrays import Flags, Floats
from ingest.saved_state import SavedState, pack, restored, unpack
from ingest.units import MINUTE_S, Seconds
from mapmatch.network import Network

_SLOWEST_FREE_MPS = 0.1


@dataclass(frozen=True)
class CitySigns:
    """Everything a judgement of one minute rests on."""

    minute_start: Seconds
    lanes: LaneSigns
    flows: FlowSigns
    cameras: dict[int, CameraSign]  # by segment
    queues: QueueMinute
    usual: UsualMinute
    free_share: Floats  # n, speed over free-flow speed, NaN where unknown
    is_blind: bool = False  # nothing was measured anywhere: the feeds are away or have ended
    is_unsure: Flags | None = None  # n, seen by detectors alone in a storm; None: there is none
    is_doubted: Flags | None = None  # d, detectors that send and are not believed; None: none
    is_gap: Flags | None = None  # n, measured until lately and no more; None: nowhere

    def usual_share(self, segment: int) -> float:
        """Give a segment's usual speed at this hour over its free-flow speed, NaN where unknown."""
        now = max(float(self.usual.speed_mps[segment]), _SLOWEST_FREE_MPS)
        return float(self.usual.usual_mps[segment]) / now * float(self.free_share[segment])


class _CitySignFinderState(SavedState, frozen=True):
    SCHEMA_VERSION = 4

    lanes: bytes
    flows: bytes
    queues: bytes
    usual: bytes
    cameras: bytes
    storm: bytes
    gaps: bytes
    breakdowns: bytes


class CitySignFinder:
    """Remembers what is usual on every lane and segment, the queues, and recent camera events.

    And what the forecast of breakdowns remembers. Minutes must come in order.
    """

    def __init__(
        self,
        network: Network,
        detectors: LaneDetectors,
        roadside: Roadside,
        settings: DetectionSettings,
        week: Week | None = None,
    ) -> None:
        self._network, self._detectors = network, detectors
        self._lanes = LaneSignFinder(detectors, settings.lanes)
        self._flows = FlowSignFinder(network, detectors, roadside, settings.flow)
        self._queues = QueueHistory(network, settings.queues)
        self._usual = UsualSpeeds(network.segment_count, week)
        self._cameras = CameraSignFinder(network, settings.cameras)
        self._storm = SensorStorm(len(detectors), settings.storm)
        self._gaps = GapFinder(network.segment_count, detectors)
        self._breakdowns = BreakdownForecast(network)
        self.risk: RiskMinute | None = None
        """What is about to break down, by the last minute; None after a blind one."""

    def step(
        self,
        minute_start: Seconds,
        states: Sequence[pa.RecordBatch],
        sightings: Sequence[Sighting],
    ) -> CitySigns:
        """Take the regions' states and the sightings of a minute, in any order."""
        minute = city_arrays(self._network, self._detectors, minute_start, states)
        ordered = sorted(sightings, key=lambda s: (s.segment_id, s.seen_by, s.kind, s.until))
        is_seen = (minute.probe_count > 0) | np.isfinite(minute.flow)
        is_storm = self._storm.step(minute.is_doubted, minute.has_sent)
        lanes = self._lanes.step(minute.lane_counts, minute.lane_occupancies, minute.lane_speeds)
        flows = self._flows.step(minute, ordered)
        queues = self._queues.step(
            minute_start,
            minute.speed,
            minute.free_speed,
            minute.queued_m,
            minute.flow * 3600.0,
            minute.occupancy,
            flows.is_known,
        )
        is_blind = not is_seen.any()
        places = place_minute(minute, flows.is_known, queues)
        self.risk = None if is_blind else self._breakdowns.step(places)
        return CitySigns(
            minute_start=minute_start,
            lanes=lanes.held_back(minute.lanes_doubted),
            flows=flows,
            cameras=self._cameras.step(minute_start + MINUTE_S, ordered),
            queues=queues,
            usual=self._usual.step(minute_start, minute.speed, is_seen),
            free_share=minute.speed / np.maximum(minute.free_speed, _SLOWEST_FREE_MPS),
            is_blind=is_blind,
            is_unsure=minute.probe_count == 0 if is_storm else None,
            is_doubted=minute.is_doubted & minute.has_sent,
            is_gap=self._gaps.step(minute, flows.is_known),
        )

    def learn(self, now: Seconds, shown: set[int], watched: set[int]) -> None:
        """Tell the cameras of which segments other sensors show something, and which they watch."""
        self._cameras.learn(now, shown, watched)

    def at(self, now: Seconds, signs: CitySigns, sightings: Sequence[Sighting]) -> CitySigns:
        """Give the last minute's signs with who stands now and what cameras said since.

        Nothing of it is remembered: the minute that is open will tell it again.
        """
        return replace(
            signs,
            flows=self._flows.at(signs.flows, sightings),
            cameras=self._cameras.at(now, sightings),
        )

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        (
            self._lanes, self._flows, self._queues, self._usual, self._cameras, self._storm,
            self._gaps, self._breakdowns,
        ) = (
            restored(self._lanes, state.lanes),
            restored(self._flows, state.flows),
            restored(self._queues, state.queues),
            restored(self._usual, state.usual),
            restored(self._cameras, state.cameras),
            restored(self._storm, state.storm),
            restored(self._gaps, state.gaps),
            restored(self._breakdowns, state.breakdowns),
        )  # fmt: skip

    def _state(self) -> _CitySignFinderState:
        return _CitySignFinderState(
            self._lanes.snapshot(), self._flows.snapshot(), self._queues.snapshot(),
            self._usual.snapshot(), self._cameras.snapshot(), self._storm.snapshot(),
            self._gaps.snapshot(), self._breakdowns.snapshot(),
        )  # fmt: skip


def place_minute(minute: CityArrays, is_known: Flags, queues: QueueMinute) -> PlaceMinute:
    """Give what the forecast of breakdowns is told of a minute."""
    return PlaceMinute(minute.speed, minute.occupancy, minute.flow * 3600.0, is_known, queues)
