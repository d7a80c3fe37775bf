"""The ingest stage: raw JSON of one gateway topic in, frames for every partition out."""

import logging
import re
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.checks.camera_events import check_camera_events
from ingest.checks.detector_events import check_detector_events
from ingest.event_minutes import EventMinutes
from ingest.frames import LONGEST_INTERVAL_S, FrameHeader
from ingest.leads import leads_of
from ingest.plates import may_hold_plate
from ingest.raw import Parsed, parse_raw
from ingest.refusals import Refusal, shorten
from ingest.saved_state import SavedState, pack, restored, unpack
from ingest.time_zone import UNKNOWN
from ingest.units import MINUTE_S
from streams import topics
from streams.city import City, partitions_of_regions, partitions_of_vehicles, split
from streams.settings import ClockSettings
from streams.stages.counts import StageCounts, Tally
from streams.stages.gateway_clock import LEAP_S, GatewayClock
from streams.stages.gateway_trust import GatewayTrust, Held, Off, clock_refusals
from streams.stages.messages import Incoming, Outgoing, Passed, frame_out
from streams.stages.refused import letters_of_records
from streams.stages.source_clocks import SourceClocks, Track

log = logging.getLogger(__name__)

MOST_NAMED = 20
"""Unknown fields of a gateway that are named in the log. Unit: count. Source: chosen."""
_WORD = re.compile(r"[A-Za-z_]+")  # which no plate is

OUTPUTS = {
    topics.GPS_BUS: topics.FIXES,
    topics.GPS_TAXI: topics.FIXES,
    topics.MAGNETOMETER: topics.READINGS,
    topics.CAMERA: topics.CAMERA_EVENTS,
}

_TIMES = {
    topics.GPS_BUS: "arrival_time",
    topics.GPS_TAXI: "arrival_time",
    topics.MAGNETOMETER: "interval_start",
    topics.CAMERA: "event_time",
}
"""By which time of a row a gateway's is known."""


class _IngestStageState(SavedState, frozen=True):
    SCHEMA_VERSION = 5

    emitted: int
    clock: bytes
    tally: bytes
    minutes: bytes
    tracks: list[Track]
    held: list[Held]
    off: Off | None


class IngestStage:
    """One partition of one raw topic of a city in a time zone, by whose days plates are hashed.

    Remembers how far arrivals have come, to promise a watermark, and how many frames it has given.
    Each message gives one frame for every partition of the frame topic, empty or not. Neither a row
    that runs ahead of the others in its message nor one such message moves the watermark. While the
    gateway is silent for long, empty frames let event time go on at the pace of the caller's clock.
    Events of detectors wait until the watermark has passed their minute and are given as readings;
    all events of a detector must come through one partition.

    Messages are held until it is known whether their times are right, by those of the other sources
    of this worker and by when they were sent. While the gateway's are not, its rows are refused and
    it promises what the others do.
    """

    def __init__(
        self,
        kind: str,
        partition: int,
        city: City,
        clocks: ClockSettings,
        partition_count: int,
        zone: ZoneInfo = UNKNOWN,
        sources: SourceClocks | None = None,
    ) -> None:
        self.kind = kind
        self.partition = partition
        self._city = city
        self._clocks = clocks
        self._partition_count = partition_count
        self._zone = zone
        self._tally = Tally()
        self._emitted = 0
        self._clock = GatewayClock()
        self._nothing = parse_raw(kind, b"[]").batch
        self._minutes = EventMinutes(leads_of(city.assets))
        self._trust = GatewayTrust(kind, partition, sources or SourceClocks(list(OUTPUTS)))
        self._ahead_s = 0.0  # up to which readings were given while the gateway was silent
        self._silent_since: float | None = None  # by the clock of `pass_time`
        self._is_silent = False
        self._ignored: set[str] = set()
        self._newest: tuple[object, Parsed] | None = None

    def take(self, message: Incoming) -> list[Outgoing]:
        """Take a raw message and give frames and dead letters, of it or of those held before it."""
        parsed = self._parse(message)
        claim = self._claim(parsed)
        if claim is None or message.sent_at is None:
            return self._use(message, parsed)
        self._trust.hold(message, claim)
        return self._release(is_patient=False)

    def _parse(self, message: Incoming) -> Parsed:
        """Give what a message holds; the newest is read once, whether or not it was held."""
        if self._newest is None or self._newest[0] is not message.content:
            data = message.content if isinstance(message.content, bytes) else b""
            self._newest = message.content, parse_raw(self.kind, data, zone=self._zone)
        return self._newest[1]

    def _release(self, *, is_patient: bool) -> list[Outgoing]:
        """Give what follows from held messages of which it is known now whether they are right."""
        out: list[Outgoing] = []
        for message, wrong_track in self._trust.release(is_patient=is_patient):
            parsed = self._parse(message)
            if wrong_track is None:
                self._trust.believe()
                out += self._use(message, parsed)
            else:
                self._trust.doubt(wrong_track, _id_count(parsed))
                out += self._refuse(message, parsed)
        return out

    def _use(self, message: Incoming, parsed: Parsed) -> list[Outgoing]:
        data = message.content if isinstance(message.content, bytes) else b""
        self._name_ignored(parsed.ignored_fields)
        row_count = parsed.batch.num_rows + parsed.events.num_rows
        self._tally.take(row_count + sum(r.row_count for r in parsed.refusals))
        is_on_time = row_count > 0 and self._advance(parsed, is_right=message.sent_at is not None)
        batch, events, refused = self._checked(parsed)
        refusals = [*parsed.refusals, *refused]
        self._tally.refuse(refusals)
        self._tally.rows_used += row_count - len(refused)
        letters = letters_of_records(message, data, refusals, self._zone)
        self._tally.dead_letters += len(letters)
        if not row_count:
            return letters
        self._silent_since, self._is_silent, self._ahead_s = None, False, 0.0
        if self.kind == topics.MAGNETOMETER:
            batch = self._with_events(batch, events, is_on_time)
        return [*self._frames(batch), *letters]

    def _refuse(self, message: Incoming, parsed: Parsed) -> list[Outgoing]:
        """Refuse every row of a message whose time is not right, and promise what the others do."""
        data = message.content if isinstance(message.content, bytes) else b""
        expected = self._trust.expected
        refusals = [
            *parsed.refusals,
            *clock_refusals(self.kind, _TIMES[self.kind], parsed.batch, parsed.positions, expected),
            *clock_refusals(
                self.kind, "event_time", parsed.events, parsed.event_positions, expected
            ),
        ]
        self._tally.take(sum(r.row_count for r in refusals))
        self._tally.refuse(refusals)
        letters = letters_of_records(message, data, refusals, self._zone)
        self._tally.dead_letters += len(letters)
        beside = self._trust.time_beside(message)
        if beside is None:
            return letters
        self._silent_since, self._is_silent, self._ahead_s = None, False, 0.0
        self._clock.accept(beside - self._clocks.lateness_s)
        batch = self._nothing
        if self.kind == topics.MAGNETOMETER:
            batch = self._with_events(batch, parsed.events.slice(0, 0), is_on_time=True)
        return [*self._frames(batch), *letters]

    def _checked(self, parsed: Parsed) -> tuple[pa.RecordBatch, pa.RecordBatch, list[Refusal]]:
        """Give rows and events that can be true, and the others by their places in the message.

        A camera's id that nobody knows may be a plate and goes no further; of the rest of the rows
        the next stage decides.
        """
        promised = self._clock.promised
        now = None if promised is None else promised + self._clocks.lateness_s
        batch, refused = parsed.batch, []
        if self.kind == topics.CAMERA:
            of_rows = check_camera_events(batch, self._city.approaches)
            self._tally.set_aside.update(of_rows.set_aside)
            batch, refused = of_rows.batch, _placed(of_rows.refusals, parsed.positions)
        of_events = check_detector_events(parsed.events, self._city.sensor_ids, now)
        refused += _placed(of_events.refusals, parsed.event_positions)
        return batch, of_events.batch, refused

    def _with_events(
        self, batch: pa.RecordBatch, events: pa.RecordBatch, is_on_time: bool
    ) -> pa.RecordBatch:
        """Take events, and give the readings with those of the minutes that are over.

        An event that leaps ahead of the gateway's time is not believed; but until a message's time
        is believed its events may be right.
        """
        self._minutes.add(events)
        promised = self._clock.promised
        if promised is None:
            return batch
        latest = promised + self._clocks.lateness_s + LEAP_S if is_on_time else np.inf
        closed = self._minutes.close(promised, latest)
        self._tally.rows_used -= sum(closed.unused.values())
        self._tally.refused.update({reason.value: n for reason, n in closed.unused.items()})
        return _joined(batch, closed.readings)

    @property
    def _channel(self) -> str:
        return f"ingest/{self.kind}/{self.partition}"

    def _frames(self, batch: pa.RecordBatch) -> list[Outgoing]:
        header = FrameHeader(self._channel, self._emitted, self._clock.promised)
        self._emitted += 1
        self._tally.rows_out += batch.num_rows
        return self._split(batch, header)

    def _split(self, batch: pa.RecordBatch, header: FrameHeader) -> list[Outgoing]:
        topic, count = OUTPUTS[self.kind], self._partition_count
        if topic == topics.FIXES:
            partitions = partitions_of_vehicles(batch.column("vehicle_id"), count)
        elif topic == topics.READINGS:
            partitions = partitions_of_regions(self._city.regions_of_readings(batch), count)
        else:
            partitions = partitions_of_regions(self._city.regions_of_camera_events(batch), count)
        return [
            frame_out(topic, number, rows, header)
            for number, rows in enumerate(split(batch, partitions, count))
        ]

    def _name_ignored(self, names: frozenset[str]) -> None:
        """Say once of a field that it is read past; a gateway with ever new names is cut short."""
        for name in sorted(names - self._ignored)[: MOST_NAMED - len(self._ignored)]:
            shown = "(hidden)" if may_hold_plate(name) and not _WORD.fullmatch(name) else name
            log.warning("%s: field %r is none of this kind's, ignored", self.kind, shorten(shown))
            self._ignored.add(name)

    def _claim(self, parsed: Parsed) -> float | None:
        """Give when a message's rows arrived by their own times, None where it has none.

        The median, so that one clock that runs ahead does not make all others late.
        """
        batch = parsed.batch
        arrived = _numbers(batch, _TIMES[self.kind]) / 1000.0
        if self.kind == topics.MAGNETOMETER:
            arrived = arrived + _numbers(batch, "interval_s").clip(0, LONGEST_INTERVAL_S)
        arrived = np.r_[arrived, _numbers(parsed.events, "event_time") / 1000.0]
        return float(np.median(arrived)) if len(arrived) else None

    def _advance(self, parsed: Parsed, *, is_right: bool) -> bool:
        """Move the clock; give whether it now stands where the message claims."""
        claim = self._claim(parsed)
        assert claim is not None
        if self.kind == topics.MAGNETOMETER and self._clock.promised is None:
            # The first readings promise nothing of their own minute: it is the first to be decided.
            lengths = _numbers(parsed.batch, "interval_s").clip(0, LONGEST_INTERVAL_S)
            claim -= float(np.median(lengths)) if len(lengths) else 0.0
        claim -= self._clocks.lateness_s
        if is_right:
            self._clock.accept(claim)
        else:
            self._clock.take(claim)
        return self._clock.promised is not None and claim <= self._clock.promised

    def counts(self) -> list[StageCounts]:
        """Give what was counted."""
        counts = self._tally.counts("ingest", self.partition, self.kind, self._clock.promised)
        return [msgspec.structs.replace(counts, clock_off_s=self._trust.off_s)]

    def pass_time(self, now: float) -> Passed:
        """Promise time at the caller's pace once the gateway has been silent for too long.

        The frames carry no sequence and leave no trace in the state: after a restart the messages
        read again give the same frames as before. Readings of the last events go with them, once.
        Messages held for too long are decided by what is known.
        """
        is_patient = self._trust.waits_since(now) >= self._clocks.idle_after_s
        released = self._release(is_patient=is_patient)
        passed = self._pass_silence(now)
        return Passed(passed.silent, [*released, *passed.outgoing])

    def _pass_silence(self, now: float) -> Passed:
        promised = self._clock.promised
        if promised is None:
            return Passed([], [])
        if self._silent_since is None:
            self._silent_since = now
        silence = now - self._silent_since
        if silence < self._clocks.idle_after_s:
            return Passed([], [])
        header = FrameHeader(self._channel, None, promised + silence)
        silent = [] if self._is_silent else [f"gateway {self.kind}/{self.partition}"]
        self._is_silent = True
        batch, until = self._nothing, float((promised + silence) // MINUTE_S * MINUTE_S)
        if until > self._ahead_s:
            readings = self._minutes.ahead(until)
            start_s = readings["interval_start"].cast(pa.int64()).to_numpy() / 1000.0
            batch = _joined(batch, readings.filter(pa.array(start_s >= self._ahead_s)))
            self._ahead_s = until
        return Passed(silent, self._split(batch, header))

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self._clock, self._tally, self._minutes = (
            restored(self._clock, state.clock),
            restored(self._tally, state.tally),
            restored(self._minutes, state.minutes),
        )
        self._emitted = state.emitted
        self._trust.put(state.tracks, state.held, state.off)

    def _state(self) -> _IngestStageState:
        return _IngestStageState(
            self._emitted,
            self._clock.snapshot(),
            self._tally.snapshot(),
            self._minutes.snapshot(),
            *self._trust.saved(),
        )


def _id_count(parsed: Parsed) -> int:
    """Give how many vehicles, detectors or cameras a message is of; their ids come first."""
    return max(len(rows.column(0).unique()) for rows in (parsed.batch, parsed.events))


def _placed(refusals: list[Refusal], positions: tuple[int, ...]) -> list[Refusal]:
    return [
        msgspec.structs.replace(refusal, position=positions[refusal.position])
        for refusal in refusals
        if refusal.position is not None
    ]


def _joined(batch: pa.RecordBatch, more: pa.Table) -> pa.RecordBatch:
    if not more.num_rows:
        return batch
    return pa.concat_tables([pa.Table.from_batches([batch]), more]).combine_chunks().to_batches()[0]


def _numbers(batch: pa.RecordBatch, name: str) -> npt.NDArray[np.int64]:
    column = batch.column(name).cast(pa.int64()).fill_null(0)
    return np.asarray(column.to_numpy(zero_copy_only=False))
