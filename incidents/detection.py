"""From the city's states, minute by minute, to alerts: one an incident, one a lasting queue."""

from collections.abc import Sequence
from typing import Annotated

import pyarrow as pa

from congestion.profile.week import Week
from congestion.queues.history import QueueMinute
from congestion.queues.hotspots import HotSpots
from congestion.records import Sighting
from congestion.roadside import Roadside
from incidents.alerts.hotspots import HotSpotBook
from incidents.alerts.incidents import AlertBook, Case
from incidents.alerts.onset import onset
from incidents.alerts.queue_evidence import describe_queue, describe_usual
from incidents.alerts.wording import Composer
from incidents.judgement import Judge
from incidents.records import Alert
from incidents.settings import DetectorSettings
from incidents.signs.city import CitySigns, CityWatch
from incidents.signs.lane_detectors import detector_bank
from ingest.saved_state import SAME, SavedState, pack, restored, unpack
from ingest.units import Seconds
from mapmatch.network import Network


class _IncidentDetectorState(SavedState, frozen=True):
    SCHEMA_VERSION = 6

    segment_ids: Annotated[list[str], SAME]
    minute: float | None
    watch: bytes
    book: bytes
    hot_spots: bytes
    hot_spot_book: bytes


class IncidentDetector:
    """The whole city's incidents and hot spots.

    Remembers what is usual on every lane and segment, camera events of the last half hour, and
    the alerts that are open or were cleared not long ago. Minutes must come in order, each once.
    """

    def __init__(
        self,
        network: Network,
        roadside: Roadside,
        settings: DetectorSettings | None = None,
        week: Week | None = None,
    ) -> None:
        chosen = settings or DetectorSettings()
        self._network = network
        bank = detector_bank(network, roadside)
        self._watch = CityWatch(network, bank, roadside, chosen, week)
        self._judge = Judge(network, bank, chosen.judgement)
        self._book = AlertBook(network, chosen.judgement)
        self._hot_spots = HotSpots(chosen.hot_spots)
        self._hot_spot_book = HotSpotBook(network, roadside)
        self._composer = Composer(network, roadside)
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
            raise ValueError(f"minute {minute_start} given, expected one after {self._minute}")
        self._minute = minute_start
        return self.decide(self._watch.step(minute_start, states, sightings), event_time)

    def decide(self, signs: CitySigns, event_time: Seconds) -> list[Alert]:
        """Give the alert versions that a minute's signs lead to; the second half of step()."""
        queues = signs.queues
        # Of a queue or an incident nothing is heard in a blind minute: neither grows nor goes away.
        for case in [] if signs.is_blind else self._book.cases:
            _take_queue(self._network, case, queues)
        suspects = self._judge.suspects(signs)
        told = self._book.step(signs.minute_start, suspects, is_blind=signs.is_blind)
        for case in told:
            if case.version == 1:
                case.onset = onset(case.segment, signs)
                _take_queue(self._network, case, queues)
        spots = [] if signs.is_blind else self._hot_spots.step(queues)
        told += self._hot_spot_book.step(spots, self._book.cases)
        for case in told:
            describe_queue(self._network, case, queues)
            describe_usual(case, signs.minute_start, signs.usual)
        return [self._composer.alert(case, event_time) for case in told]

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self._watch, self._book, self._hot_spots, self._hot_spot_book = (
            restored(self._watch, state.watch),
            restored(self._book, state.book),
            restored(self._hot_spots, state.hot_spots),
            restored(self._hot_spot_book, state.hot_spot_book),
        )
        self._minute = state.minute

    def _state(self) -> _IncidentDetectorState:
        return _IncidentDetectorState(
            self._network.segment_ids, self._minute, self._watch.snapshot(), self._book.snapshot(),
            self._hot_spots.snapshot(), self._hot_spot_book.snapshot(),
        )  # fmt: skip


def _take_queue(network: Network, case: Case, now: QueueMinute) -> None:
    """Give the case the queue behind its root, and the minute's delay in it."""
    if case.state == "cleared":
        return
    queues = now.queues
    queue = queues.queue_of(case.segment)
    if queue is None:
        case.queue, case.queue_length_m = (), 0.0
        case.delay_veh_h += float(now.delay_veh_h[case.segment])
        return
    ahead_m = float(queues.reach_m[case.segment]) - float(network.length_m[case.segment])
    members = queues.members_of(queue)
    behind = members[queues.reach_m[members] > ahead_m]
    case.queue = tuple(behind.tolist())
    case.queue_length_m = max(0.0, float(queues.length_m[queue]) - ahead_m)
    case.delay_veh_h += float(now.delay_veh_h[behind].sum())
