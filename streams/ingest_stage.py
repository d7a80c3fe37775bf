"""The ingest stage: raw JSON of one gateway topic in, frames for every partition out."""

import logging
from collections.abc import Callable

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.frames import FrameHeader
from ingest.raw import parse_raw
from ingest.refusals import shorten
from ingest.validation import LONGEST_INTERVAL_S
from streams import topics
from streams.city import City, partitions_of_regions, partitions_of_vehicles, split
from streams.counts import StageCounts, Tally
from streams.gateway_clock import GatewayClock, GatewayClockState
from streams.messages import Incoming, Outgoing, Passed, frame_out
from streams.refused import letters_of_records
from streams.settings import Clocks
from streams.state import decode_state

log = logging.getLogger(__name__)

SNAPSHOT_VERSION = 2
MOST_NAMED = 20

OUTPUTS = {
    topics.GPS_BUS: topics.FIXES,
    topics.GPS_TAXI: topics.FIXES,
    topics.MAGNETOMETER: topics.READINGS,
    topics.CAMERA: topics.CAMERA_EVENTS,
}


class _State(msgspec.Struct, frozen=True):
    version: int
    emitted: int
    clock: GatewayClockState
    counts: StageCounts


class IngestStage:
    """One partition of one raw topic.

    Remembers how far arrivals have come, to promise a watermark, and how many frames it has given.
    Each message gives one frame for every partition of the frame topic, empty or not. Neither a row
    that runs ahead of the others in its message nor one such message moves the watermark. While the
    gateway is silent for long, empty frames let event time go on at the pace of the caller's clock.
    """

    def __init__(
        self,
        kind: str,
        partition: int,
        city: City,
        clocks: Clocks,
        partition_count: int,
        wall_clock: Callable[[], float] | None = None,
    ) -> None:
        self.kind = kind
        self.partition = partition
        self._city = city
        self._clocks = clocks
        self._partition_count = partition_count
        self._wall_clock = wall_clock
        self._tally = Tally()
        self._emitted = 0
        self._clock = GatewayClock()
        self._nothing = parse_raw(kind, b"[]").batch
        self._heard_at: float | None = None  # None: since `pass_time` was last called
        self._is_silent = False
        self._ignored: set[str] = set()

    def take(self, message: Incoming) -> list[Outgoing]:
        """Take a raw message and give frames and dead letters."""
        data = message.content if isinstance(message.content, bytes) else b""
        now = self._wall_clock() if self._wall_clock else None
        parsed = parse_raw(self.kind, data, now=now)
        self._name_ignored(parsed.ignored_fields)
        self._tally.take(parsed.batch.num_rows + sum(r.row_count for r in parsed.refusals))
        self._tally.refuse(parsed.refusals)
        self._tally.rows_used += parsed.batch.num_rows
        letters = letters_of_records(message, data, parsed.refusals)
        self._tally.dead_letters += len(letters)
        if not parsed.batch.num_rows:
            return letters
        self._heard_at, self._is_silent = None, False
        self._advance(parsed.batch)
        return [*self._frames(parsed.batch), *letters]

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
            log.warning("%s: field %r is none of this kind's, ignored", self.kind, shorten(name))
            self._ignored.add(name)

    def _advance(self, batch: pa.RecordBatch) -> None:
        name = {topics.MAGNETOMETER: "interval_start", topics.CAMERA: "event_time"}
        arrived = _numbers(batch, name.get(self.kind, "arrival_time")) / 1000.0
        if self.kind == topics.MAGNETOMETER and self._clock.promised is not None:
            # The first readings promise nothing of their own minute: it is the first to be decided.
            arrived = arrived + _numbers(batch, "interval_s").clip(0, LONGEST_INTERVAL_S)
        # The median, so that one clock that runs ahead does not make all others late.
        self._clock.hear(float(np.median(arrived)) - self._clocks.lateness_s)

    def counts(self) -> list[StageCounts]:
        """Give what was counted."""
        return [self._tally.counts("ingest", self.partition, self.kind, self._clock.promised)]

    def pass_time(self, now: float) -> Passed:
        """Promise time at the caller's pace once the gateway has been silent for too long.

        The frames carry no sequence and leave no trace in the state: after a restart the messages
        read again give the same frames as before.
        """
        promised = self._clock.promised
        if promised is None:
            return Passed([], [])
        if self._heard_at is None:
            self._heard_at = now
        silence = now - self._heard_at
        if silence < self._clocks.idle_after_s:
            return Passed([], [])
        header = FrameHeader(self._channel, None, promised + silence)
        silent = [] if self._is_silent else [f"gateway {self.kind}/{self.partition}"]
        self._is_silent = True
        return Passed(silent, self._split(self._nothing, header))

    def snapshot(self) -> bytes:
        """Give everything remembered, as bytes."""
        return msgspec.msgpack.encode(
            _State(SNAPSHOT_VERSION, self._emitted, self._clock.state(), self.counts()[0])
        )

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError where it is of another version."""
        state = decode_state(data, _State, SNAPSHOT_VERSION)
        self._emitted = state.emitted
        self._clock.restore(state.clock)
        self._tally.restore(state.counts)


def _numbers(batch: pa.RecordBatch, name: str) -> npt.NDArray[np.int64]:
    column = batch.column(name).cast(pa.int64()).fill_null(0)
    return np.asarray(column.to_numpy(zero_copy_only=False))
