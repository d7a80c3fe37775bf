"""From the city's states, minute by minute, to alerts: one an incident, one a lasting queue."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
import numpy as np
import pyarrow as pa

from congestion.hotspots import HotSpots
from congestion.placed import PlacedAssets
from congestion.queues import Queues, find_queues
from congestion.records import Sighting
from incidents.alert_book import AlertBook, Case
from incidents.bank import detector_bank
from incidents.cameras import CameraWord, CameraWords
from incidents.composition import Composer
from incidents.flows import FlowWatch
from incidents.hotspot_book import HotSpotBook
from incidents.judgement import Judge
from incidents.lanes import LaneWatch
from incidents.minute import CityMinute, city_minute
from incidents.records import Alert
from incidents.settings import DetectorSettings
from mapmatch.network import NONE, Network

Seconds = Annotated[float, "s"]

SCHEMA_VERSION = 1


class _State(msgspec.Struct, frozen=True):
    version: int
    minute: float | None
    lanes: bytes
    flows: bytes
    camera_words: list[CameraWord]
    cases: list[Case]
    hot_spots: bytes
    hot_spot_cases: list[Case]


class IncidentDetector:
    """The whole city's incidents and hot spots.

    Remembers what is usual on every lane and segment, camera events of the last half hour, and
    the alerts that are open or were cleared not long ago. Minutes must come in order, each once.
    """

    def __init__(
        self, network: Network, placed: PlacedAssets, settings: DetectorSettings | None = None
    ) -> None:
        chosen = settings or DetectorSettings()
        self._network = network
        self._bank = detector_bank(network, placed)
        self._lanes = LaneWatch(self._bank, chosen.lanes)
        self._flows = FlowWatch(network, self._bank, placed, chosen.flow)
        judgement = chosen.judgement
        weights = {
            "stopped_vehicle": judgement.stopped_vehicle,
            "crash": judgement.crash,
            "illegal_parking": judgement.illegal_parking,
        }
        self._cameras = CameraWords(network, weights, judgement.camera_minutes * 60)
        self._judge = Judge(network, self._bank, judgement)
        self._least = judgement.keep_at
        self._book = AlertBook(network, judgement)
        self._hot_spots = HotSpots()
        self._hot_spot_book = HotSpotBook(network, placed)
        self._composer = Composer(network, placed)
        self._minute: float | None = None

    def step(
        self,
        minute_start: Seconds,
        event_time: Seconds,
        states: Sequence[pa.RecordBatch],
        sightings: Sequence[Sighting],
    ) -> list[Alert]:
        """Take the city's minute and give the new alert versions, incidents first.

        `states` holds the regions' rows of that minute in any order, `event_time` says when all
        of it was there. Raises ValueError where the minute is not after the last one.
        """
        if self._minute is not None and minute_start <= self._minute:
            raise ValueError(f"minute {minute_start} comes after {self._minute}")
        self._minute = minute_start
        minute = city_minute(self._network, self._bank, minute_start, states)
        queues = self._queues(minute)
        ordered = sorted(sightings, key=lambda s: (s.segment_id, s.seen_by, s.kind, s.until))
        lane_signs = self._lanes.step(
            minute.lane_counts, minute.lane_occupancies, minute.lane_speeds
        )
        flow_signs = self._flows.step(minute, ordered)
        cameras = self._cameras.step(minute_start + 60.0, ordered)
        suspects = self._judge.suspects(lane_signs, flow_signs, cameras, self._least)
        for case in self._book.cases:
            _take_queue(self._network, case, queues)
        told = self._book.step(minute_start, suspects)
        for case in told:
            if case.version == 1:
                _take_queue(self._network, case, queues)
        spots = self._hot_spots.step(minute_start, self._network, queues)
        told += self._hot_spot_book.step(spots, self._book.cases)
        return [self._composer.alert(case, event_time) for case in told]

    def _queues(self, minute: CityMinute) -> Queues:
        level = np.where(np.isnan(minute.level), 0, minute.level).astype(np.int8)
        return find_queues(
            self._network, minute.speed, minute.free_speed, level, minute.flow * 3600.0
        )

    def snapshot(self) -> bytes:
        """Give everything remembered, as bytes."""
        return msgspec.msgpack.encode(
            _State(
                SCHEMA_VERSION,
                self._minute,
                self._lanes.snapshot(),
                self._flows.snapshot(),
                self._cameras.words,
                self._book.cases,
                self._hot_spots.snapshot(),
                self._hot_spot_book.cases,
            )
        )

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError where it is of another version or network."""
        try:
            state = msgspec.msgpack.decode(data, type=_State)
        except msgspec.MsgspecError as error:
            raise ValueError(f"not a detector's snapshot: {error}") from error
        if state.version != SCHEMA_VERSION:
            raise ValueError(f"snapshot version {state.version}, expected {SCHEMA_VERSION}")
        self._lanes.restore(state.lanes)
        self._flows.restore(state.flows)
        self._hot_spots.restore(state.hot_spots)
        self._cameras.words = state.camera_words
        self._book.cases = state.cases
        self._hot_spot_book.cases = state.hot_spot_cases
        self._minute = state.minute


def _take_queue(network: Network, case: Case, queues: Queues) -> None:
    """Give the case the queue behind its root, and the minute's delay in it."""
    if case.state == "cleared":
        return
    root = int(queues.root_of[case.segment])
    if root == NONE:
        case.queue, case.queue_length_m = (), 0.0
        return
    queue = int(np.searchsorted(queues.roots, root))
    ahead_m = float(queues.reach_m[case.segment]) - float(network.length_m[case.segment])
    members = queues.members_of(queue)
    case.queue = tuple(int(s) for s in members if queues.reach_m[s] > ahead_m)
    case.queue_length_m = float(queues.length_m[queue]) - ahead_m
    case.delay_veh_h += float(queues.delay_veh_h[queue])
