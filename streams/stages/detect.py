"""The detect stage: regions' minutes and ticks, reports, commands in, alert versions out, once."""

import math
from collections.abc import Callable
from typing import Annotated, TypeVar

import msgspec
import pyarrow as pa

from congestion.records import STATES, Sighting
from incidents.case_records import CommandResult
from incidents.detection import IncidentDetection
from incidents.records import Alert
from ingest.frames import Frame, FrameError
from ingest.reports import Report
from ingest.saved_state import SAME, SavedState, pack, restored, unpack
from ingest.units import MINUTE_S
from streams import topics
from streams.city import City
from streams.no_json import NO_JSON
from streams.stages.case_desk import CaseDesk, told
from streams.stages.city_minute import CityMinute, CityStep, CityTick
from streams.stages.counts import StageCounts, Tally
from streams.stages.messages import Incoming, Outgoing, Passed
from streams.stages.minute_header import MinuteHeader, TickHeader
from streams.stages.refused import letter_of_message
from streams.stages.waiting_reports import WaitingReports
from streams.stages.waiting_ticks import WaitingTicks

Header = TypeVar("Header", MinuteHeader, TickHeader)


class _Waiting(msgspec.Struct, frozen=True):
    """A region's minute that waits for the other regions'."""

    header: MinuteHeader
    states: pa.Table


class _DetectStageState(SavedState, frozen=True):
    SCHEMA_VERSION = 9

    region_count: Annotated[int, SAME]
    stepped: float | None
    latest: dict[int, float]
    waiting: list[_Waiting]
    ticks: bytes
    tally: bytes
    detection: bytes
    reports: bytes
    desk: bytes


class DetectStage:
    """The whole city.

    Remembers region-minutes until every region has sent that minute or a later one, and what the
    detection remembers. A region that skipped a minute is a hole: the minute is decided without it.
    Between the minutes it does so at each tick that every region has sent; a tick comes after the
    minutes that could be decided by then, and before those that could not.
    Alerts are published as cases, which operators' commands change too. A stage that takes over
    decides some minutes and commands again, and publishes what is new of it. Reports wait for
    their minute and hold none up. `on_step` is shown each minute and tick before it is decided.
    """

    def __init__(
        self,
        city: City,
        detection: IncidentDetection,
        on_step: Callable[[CityStep], None] | None = None,
        desk: CaseDesk | None = None,
    ) -> None:
        self._detection = detection
        self._on_step = on_step
        self._city = city
        self._region_count = city.network.region_count
        self._latest: dict[int, float] = {}
        self._waiting: dict[float, dict[int, tuple[MinuteHeader, pa.RecordBatch]]] = {}
        self._stepped: float | None = None
        self._ticks = WaitingTicks(self._region_count)
        self._tally = Tally()
        self._reports = WaitingReports(city)
        self._desk = desk or CaseDesk(city)

    def note_published(self, alert: Alert) -> None:
        """Take note of a version on the topic.

        Call it with every version that came there since the state was saved, or with all, before
        the first message is taken: neither it nor an older one is then given again.
        """
        self._desk.note_published(alert)

    def note_answered(self, result: CommandResult) -> None:
        """Take note of a command's answer on its topic, as of a version: it is not given again."""
        self._desk.note_answered(result)

    def take(self, message: Incoming) -> list[Outgoing]:
        """Take one region's minute and give the alert versions of the minutes it completes.

        Those for the watch list go to a topic of their own, as do the places at risk. Of a message
        of reports give what is refused, so of what patrols say, and of a command the version that
        it makes and its answer.
        """
        if message.topic in (topics.ALERT_COMMANDS, topics.PATROLS):
            return self._desk.take(message)
        if message.topic == topics.REPORTS:
            return self._reports.take(message)
        try:
            frame = message.frame(STATES)
            if not frame.batch.num_rows:
                return self._take_tick(_header(frame, TickHeader, self._region_count), message)
            header = _header(frame, MinuteHeader, self._region_count)
        except FrameError as error:
            self._tally.dead_letters += 1
            return [letter_of_message(message, error)]
        latest = self._latest.get(header.region)
        if latest is not None and header.minute <= latest:
            self._tally.repeats += 1
            return []
        self._latest[header.region] = header.minute
        self._tally.take(frame.batch.num_rows)
        self._tally.rows_used += frame.batch.num_rows
        self._waiting.setdefault(header.minute, {})[header.region] = (header, frame.batch)
        out: list[Outgoing] = []
        while (minute := self._next_whole()) is not None:
            until = max(header.event_time for header, _ in self._waiting[minute].values())
            out += self._tick(self._ticks.before(until), message.sent_at)
            reports, letters = self._reports.due(minute + MINUTE_S)
            out += letters
            out += self._told(self._step(minute, message.sent_at, reports))
            out += self._risks()
        return out + self._tick(self._ticks.whole(self._decidable_until()), message.sent_at)

    def _take_tick(self, header: TickHeader, message: Incoming) -> list[Outgoing]:
        self._tally.repeats += not self._ticks.add(header)
        return self._tick(self._ticks.whole(self._decidable_until()), message.sent_at)

    def _decidable_until(self) -> float:
        """Give when the oldest minute that still waits could be decided, inf if none does."""
        times = [h.event_time for parts in self._waiting.values() for h, _ in parts.values()]
        return min(times, default=math.inf)

    def _tick(self, ticks: list[CityTick], sent_at: float | None) -> list[Outgoing]:
        """Decide ticks, and give what they make known."""
        out = []
        for tick in ticks:
            if self._on_step:
                self._on_step(tick)
            alerts = self._detection.tick(*tick)
            self._tally.rows_out += len(alerts)
            out += self._told(self._desk.tick(tick.event_time, sent_at, alerts))
        return out

    def _told(self, alerts: list[Alert]) -> list[Outgoing]:
        out = [told(topics.ALERTS, alert, self._city) for alert in alerts]
        return out + [told(topics.WATCH, alert, self._city) for alert in self._detection.watched]

    def _risks(self) -> list[Outgoing]:
        """Give the places about to break down by a minute; nothing where it was blind."""
        risks = self._detection.risks
        if risks is None:
            return []
        return [Outgoing(topics.RISKS, 0, msgspec.json.encode(risks), risks.minute.encode())]

    def _next_whole(self) -> float | None:
        """Give the oldest minute that no region will add to, None if there is none."""
        if not self._waiting or len(self._latest) < self._region_count:
            return None
        minute = min(self._waiting)
        return minute if minute <= min(self._latest.values()) else None

    def _step(self, minute: float, sent_at: float | None, reports: list[Report]) -> list[Alert]:
        parts = self._waiting.pop(minute)
        self._tally.holes += self._region_count - len(parts)
        headers = [parts[region][0] for region in sorted(parts)]
        batches = [parts[region][1] for region in sorted(parts)]
        sightings: list[Sighting] = [s for header in headers for s in header.sightings]
        event_time = max(header.event_time for header in headers)
        is_leapt = all(header.is_leapt for header in headers)
        whole = CityMinute(minute, event_time, batches, sightings, reports, is_leapt)
        if self._on_step:
            self._on_step(whole)
        alerts = self._desk.step(whole, sent_at, self._detection.step(*whole))
        self._stepped = minute
        self._tally.rows_out += len(alerts)
        return alerts

    def counts(self) -> list[StageCounts]:
        """Give what was counted."""
        watermark = None if self._stepped is None else self._stepped + MINUTE_S
        return [
            self._tally.counts("detect", 0, topics.STATES, watermark),
            self._reports.counts("detect", watermark),
            *self._desk.counts("detect", watermark),
        ]

    def pass_time(self, _now: float) -> Passed:
        """Give nothing: a city minute waits for every region, however long."""
        return Passed([], [])

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        waiting: dict[float, dict[int, tuple[MinuteHeader, pa.RecordBatch]]] = {}
        for one in state.waiting:
            of_minute = waiting.setdefault(one.header.minute, {})
            of_minute[one.header.region] = one.header, _batch(one.states)
        self._tally, self._ticks, self._detection, self._reports, self._desk = (
            restored(self._tally, state.tally),
            restored(self._ticks, state.ticks),
            restored(self._detection, state.detection),
            restored(self._reports, state.reports),
            restored(self._desk, state.desk),
        )
        self._stepped, self._latest, self._waiting = state.stepped, state.latest, waiting

    def _state(self) -> _DetectStageState:
        waiting = [
            _Waiting(header, pa.Table.from_batches([batch.select(STATES.names)]))
            for parts in self._waiting.values()
            for header, batch in parts.values()
        ]
        return _DetectStageState(
            self._region_count, self._stepped, self._latest, waiting, self._ticks.snapshot(),
            self._tally.snapshot(), self._detection.snapshot(), self._reports.snapshot(),
            self._desk.snapshot(),
        )  # fmt: skip


def _header(frame: Frame, kind: type[Header], region_count: int) -> Header:
    try:
        header = msgspec.json.decode(frame.header.payload, type=kind)
    except NO_JSON as error:
        raise FrameError(f"segment-states header payload: {error}") from error
    if not 0 <= header.region < region_count:
        raise FrameError(f"region {header.region}, expected 0 to {region_count - 1}")
    return header


def _batch(states: pa.Table) -> pa.RecordBatch:
    """Give a region's rows as one batch. Raises ValueError where they are no states."""
    if states.schema != STATES or not states.num_rows:
        raise ValueError(f"a region's minute of columns {states.schema.names}")
    return states.combine_chunks().to_batches()[0]
