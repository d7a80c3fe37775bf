"""What the console shows: states, alerts and feed health, made of messages, read by the server."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
import pyarrow.compute as pc

from congestion.records import STATES, DetectorFault, Sighting
from incidents.case_records import CommandResult
from incidents.cases.offers import offers
from incidents.cases.service import ServiceLog, ServiceReport
from incidents.cases.settings import CaseSettings
from incidents.exports.settings import PublisherSettings
from incidents.records import Alert, seconds
from incidents.response.jams import JamList, Jams
from incidents.scoring.alarm_load import AlarmLoad, AlarmLog
from ingest.frames import Frame, FrameError, decode_frame
from ingest.recorded.assets import Detector
from ingest.time_zone import time_zone
from ingest.units import MINUTE_S, Seconds
from mapmatch.fix_bounds import fix_bounds
from mapmatch.network import Network
from streams.console.access.guard import why_not_theirs
from streams.console.access.person import Person
from streams.console.answers import Answers
from streams.console.contract import CaseActions, FeedStatus, Health, SilentPart, StatesSnapshot
from streams.console.health.feed_health import FeedHealth
from streams.console.health.part_watch import PartWatch, words
from streams.console.history.queue_log import QueueLog
from streams.console.layers.detector_board import DetectorBoard
from streams.console.layers.vehicle_board import VehicleBoard
from streams.console.patrol_board import PatrolBoard
from streams.console.segment_board import SegmentBoard
from streams.no_json import NO_JSON
from streams.stages.counts import StageCounts, StartStep

SILENT_AFTER_S = 15.0
"""Workers that have published no counts for this long are named. Unit: s. Source: chosen, seven
times as long as they take."""
ALARMING_AFTER_S = 30.0
"""And after so long what the page shows is no longer what happens. Unit: s. Source: chosen, half of
the minute that the map shows."""

LOAD_S = 86_400.0
"""The load of alarms is that of so long. Unit: s. Source: chosen, a day; what happened before is
forgotten."""
MOST_PROMPT = 200
"""Among more active alerts jams are told each second, and not before each alert. Unit: count.
Source: chosen; joining so many takes a millisecond."""
MOST_OPERATORS = 10_000
"""Alarms are shared among no more. Unit: count. Source: chosen, more than any centre has."""


@dataclass(frozen=True)
class Event:
    """A change that pages are sent: its name in the event stream and the record."""

    name: str
    record: msgspec.Struct


class _Payload(msgspec.Struct):
    """The header of a segment-states frame, as far as the console reads it."""

    region: int | str = 0
    minute: float | None = None
    sightings: list[Sighting] = []
    faults: list[DetectorFault] = []


class Board:
    """Remembers the latest state of each segment, the latest version of each alert, the counts.

    Input may come in any order and more than once. What is newer replaces what is older; else only
    alarms of more than a day ago are forgotten. `clock` gives the wall clock in seconds; it only
    measures how long no counts came. A map that lies further than `late_after_s` behind is late.
    Regions are shared out among `partition_count` partitions.
    """

    def __init__(
        self,
        network: Network,
        timezone: str = "UTC",
        clock: Callable[[], float] = time.time,
        cases: CaseSettings | None = None,
        publisher: PublisherSettings | None = None,
        late_after_s: Seconds = 180.0,
        history_minutes: int = 120,
        calm_minutes: int = 3,
        partition_count: int = 1,
        detectors: Sequence[Detector] = (),
        vehicle_shown_s: Seconds = 90.0,
    ) -> None:
        self._partition_count = partition_count
        self._parts = PartWatch()
        self._starts: dict[int, StartStep] = {}  # of workers that have not joined, by process
        self._late_after_s, self._bounds = late_after_s, fix_bounds(network)
        self.publisher = publisher or PublisherSettings()
        self._cases = cases or CaseSettings()
        self.network = network
        self.timezone = timezone
        self.segments = SegmentBoard(network, history_minutes, calm_minutes, late_after_s)
        self.detectors = DetectorBoard(network, detectors)
        self.vehicles = VehicleBoard(network, clock, vehicle_shown_s)
        self.feed = FeedHealth(network.region_count, partition_count)
        self.answers = Answers()
        self.patrols = PatrolBoard()
        self.alerts_by_id: dict[str, Alert] = {}
        self.queues = QueueLog()
        self.jams = Jams(network)
        self._jam_list = JamList([])
        self._joined: set[str] = set()
        self.alarms = AlarmLog()
        self.service = ServiceLog(self._cases)
        self._first_time: Seconds | None = None
        self._last_time: Seconds | None = None
        self.bad_message_count = 0
        self._clock = clock
        self._counted_at: float | None = None
        self._trouble: str | None = None
        self._listeners: list[Callable[[Event], None]] = []

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Call a function with every change from now on."""
        self._listeners.append(listener)

    def _publish(self, name: str, record: msgspec.Struct) -> None:
        for listener in self._listeners:
            listener(Event(name, record))

    def take_states(self, data: bytes | Frame) -> None:
        """Take one region's minute. Raises FrameError on bytes that are no such frame."""
        frame = decode_frame(data, STATES) if isinstance(data, bytes) else data
        try:
            payload = msgspec.json.decode(frame.header.payload, type=_Payload | None)
        except NO_JSON as error:
            raise FrameError(f"segment-states header: {error}") from error
        payload = payload or _Payload()
        minute = payload.minute
        if minute is None:
            if frame.batch.num_rows == 0:
                return
            minute = pc.max(frame.batch["interval_start"]).cast("int64").as_py() / 1000.0
        self._reach(minute)
        delta = self.segments.take(str(payload.region), minute, frame.batch)
        self.segments.segment_history.see(payload.sightings)
        self.detectors.take(minute, frame.batch, payload.faults)
        if delta is not None:
            self._publish("states", delta)

    def take_alert(self, data: bytes) -> None:
        """Take one alert version. Raises msgspec.MsgspecError on bytes that are none."""
        alert = msgspec.json.decode(data, type=Alert)
        self.service.take(alert)
        self.queues.take(alert)
        self._reach(seconds(alert.event_time))
        known = self.alerts_by_id.get(alert.alert_id)
        is_news = known is None or known.version < alert.version
        if is_news:
            self.alerts_by_id[alert.alert_id] = alert
            if self.jams.take(alert):
                self._joined.add(alert.alert_id)
        if alert.alert_id not in self._joined:
            self.alarms.take(alert)  # one of a jam that is known calls nobody again
        if is_news:
            if self.jams.alert_count <= MOST_PROMPT:
                self.tell_jams()
            self._publish("alert", alert)

    def tell_jams(self) -> None:
        """Tell the jams where they have changed, with the alert that changed them or soon after."""
        jams = JamList(self.jams.jams())
        if jams != self._jam_list:
            self._jam_list = jams
            self._publish("jams", jams)

    def take_answer(self, data: bytes) -> None:
        """Take the answer to a command. Raises msgspec.MsgspecError on bytes that are none."""
        self.answers.take(msgspec.json.decode(data, type=CommandResult))

    def take_patrols(self, data: bytes) -> None:
        """Take what patrols say. Raises ValueError or MsgspecError where one of it is no patrol."""
        self.patrols.take(data)

    def take_counts(self, data: bytes) -> None:
        """Take a stage's counts. Raises msgspec.MsgspecError on bytes that are none."""
        counts = msgspec.json.decode(data, type=StageCounts)
        if counts.start is not None:
            self._starts[counts.partition] = counts.start
            return
        self._counted_at = self._clock()
        self.feed.take(counts, self._counted_at)
        self._parts.hear(counts.stage, counts.partition, self._counted_at)

    def lose_connection(self, why: str) -> None:
        """Note that the broker cannot be reached; `why` is a sentence for the operator."""
        self._trouble = why

    def regain_connection(self) -> None:
        """Note that the broker answers."""
        self._trouble = None

    @property
    def is_connected(self) -> bool:
        """Tell whether the broker answered when it was last asked."""
        return self._trouble is None

    def alerts(self) -> list[Alert]:
        """Give the latest version of each alert, the gravest first, then the newest."""
        newest = sorted(self.alerts_by_id.values(), key=lambda a: a.onset_time, reverse=True)
        return sorted(newest, key=lambda a: -a.severity)

    def service_report(self) -> ServiceReport | None:
        """Give the numbers of the service now, None before anything is known."""
        if self._last_time is None:
            return None
        return self.service.report(self._last_time, time_zone(self.timezone))

    def actions(self, alert_id: str, person: Person) -> CaseActions | None:
        """Give what somebody may command of a case now, None where there is no such alert."""
        case = self.alerts_by_id.get(alert_id)
        if case is None:
            return None
        why = person.why_read_only or why_not_theirs(person, case)
        if why is not None:
            return CaseActions(alert_id, case.version, [], why)
        now = self.feed.event_time or self._clock()
        return CaseActions(alert_id, case.version, offers(case, now, self._cases))

    def alarm_load(self, operator_count: int = 1) -> AlarmLoad | None:
        """Give the load of the last day of event time, or of all of a shorter one; None without.

        Raises ValueError where there is no operator.
        """
        if self._first_time is None or self._last_time is None:
            return None
        start = max(self._first_time, self._last_time - LOAD_S)
        self.alarms.forget(start)
        return self.alarms.load(start, max(self._last_time, start + MINUTE_S), operator_count)

    def _reach(self, time: Seconds) -> None:
        """Note an event time that was seen."""
        self._first_time = time if self._first_time is None else min(time, self._first_time)
        self._last_time = time if self._last_time is None else max(time, self._last_time)

    def states(self) -> StatesSnapshot:
        """Give the latest state of every segment that has one."""
        return self.segments.snapshot()

    def health(self, *, with_history: bool = False) -> Health:
        """Give event time, feed health and the network's summary."""
        silent = self._silent_parts()
        unheard = self.segments.unheard_regions()
        status, detail = self._status(silent, unheard)
        minute = self.segments.minute
        event_time = self.feed.event_time
        if minute is not None and event_time is None:
            event_time = minute + self.segments.interval_s
        silence = self._silence_s
        return Health(
            network=self.network.name,
            timezone=self.timezone,
            event_time=event_time,
            minute=minute,
            lag_s=None if self._lag_s is None else round(self._lag_s),
            status=status,
            detail=detail,
            sources=self.feed.sources(
                silence if silence > SILENT_AFTER_S else 0.0,
                {(part.stage, part.partition): part.silence_s for part in silent},
                self._clock(),
            ),
            summary=self.segments.summary(),
            start=self._start() if status == "waiting" else None,
            silent_parts=silent,
            unheard_regions=unheard,
            old_regions=self.segments.old_regions,
            history=self.segments.history() if with_history else [],
            excluded_detectors=self.feed.excluded_detectors if with_history else {},
        )

    def _start(self) -> StartStep | None:
        """Give what the worker is at that has got farthest, None once any has joined."""
        if self._counted_at is not None:
            return None
        return max(self._starts.values(), key=lambda step: step.number, default=None)

    def _silent_parts(self) -> list[SilentPart]:
        """Give the parts of workers that hang while others speak; their regions are then old."""
        is_told = self._silence_s <= SILENT_AFTER_S and not self.feed.has_ended
        silent = self._parts.silent(self._clock(), ALARMING_AFTER_S) if is_told else []
        hanging = {one.partition for one in silent if one.stage == "estimate"}
        regions = range(self.network.region_count)
        theirs = frozenset(r for r in regions if r % self._partition_count in hanging)
        self.segments.leave_out(theirs, self.feed.has_ended)
        return silent

    def _status(self, silent: list[SilentPart], unheard: list[int]) -> tuple[FeedStatus, str]:
        if self._trouble is not None:
            return "disconnected", self._trouble
        elsewhere = self.feed.elsewhere.found()
        if elsewhere is not None:
            return "elsewhere", f"{elsewhere.words(self.network.name, self._bounds)}."
        if self.feed.has_ended:
            return "ended", "The feed has ended. The map keeps showing its last minute."
        if self._counted_at is None:
            if self.segments.minute is None:
                start = self._start()
                at = "the first start compiles for a while" if start is None else start
                return "waiting", f"Waiting for the workers: {at}."
            return "live", ""
        silence = self._silence_s
        if silence > SILENT_AFTER_S:
            status: FeedStatus = "silent" if silence > ALARMING_AFTER_S else "waiting"
            return status, f"No word from the workers for {silence // 5 * 5:.0f} s."
        if self.segments.minute is None:
            return "waiting", "The workers are there. Waiting for the first minute of traffic."
        if self._lag_s is not None and self._lag_s > self._late_after_s:
            late = f"The map is {self._lag_s // 60:.0f} minutes behind the newest rows."
            return "late", f"{late} {words(silent, unheard)}".strip()
        if silent or unheard:
            return "partial", words(silent, unheard)
        return "live", ""

    @property
    def _silence_s(self) -> Seconds:
        """Give how long no counts came; 0 before the first."""
        return 0.0 if self._counted_at is None else self._clock() - self._counted_at

    @property
    def _lag_s(self) -> Seconds | None:
        """Give how far the end of the minute on the map lies behind the newest row."""
        minute, newest = self.segments.minute, self.feed.event_time
        if minute is None or newest is None:
            return None
        return max(0.0, newest - minute - self.segments.interval_s)
