"""One gateway's messages until it is known whether their times are right."""

import logging
from collections import deque
from collections.abc import Iterator

import msgspec
import numpy as np
import pyarrow as pa

from ingest.recorded.arrivals import AHEAD_S
from ingest.refusals import Reason, Refusal
from ingest.units import Seconds
from streams.stages.gateway_clock import AGREEING_COUNT
from streams.stages.messages import Incoming
from streams.stages.source_clocks import SourceClocks, Track

log = logging.getLogger(__name__)

MOST_HELD_BYTES = 64 * 1024 * 1024
"""A gateway whose messages held take more is decided on by what is known. Unit: bytes. Source:
chosen, an hour of the city's buses."""


class Held(msgspec.Struct, frozen=True):
    """A message that waits, and the track of its time."""

    offset: int
    sent_at: Seconds
    content: bytes
    track: int


class Off(msgspec.Struct):
    """A gateway that is not believed: since how many messages of a track, and what that cost."""

    track: int
    offset_s: Seconds
    beside: list[str]
    message_count: int = 0
    is_said: bool = False


class GatewayTrust:
    """Holds the messages of one partition of a raw topic, and lets them go with what is decided.

    Says once in the log that the gateway is not believed, and once that it is again; a message or
    two of one vehicle's in another time go unsaid.
    """

    def __init__(self, kind: str, partition: int, sources: SourceClocks) -> None:
        self._kind = kind
        self._partition = partition
        self._sources = sources
        self._held: deque[Held] = deque()
        self._held_bytes = 0
        self._waits_since: float | None = None  # by the caller's clock
        self._off: Off | None = None

    @property
    def off_s(self) -> Seconds | None:
        """How far the gateway's times are off, None while it is believed."""
        return self._off.offset_s if self._off is not None and self._off.is_said else None

    @property
    def expected(self) -> str:
        """Say what time a refused row should have had."""
        beside = " and ".join(self._off.beside) if self._off and self._off.beside else "the sending"
        return f"a time within {AHEAD_S / 60:g} min of that of {beside}"

    def hold(self, message: Incoming, claim: Seconds) -> None:
        """Take a message whose rows claim a time."""
        assert message.sent_at is not None and isinstance(message.content, bytes)
        track = self._sources.take(self._kind, self._partition, message.sent_at, claim)
        self._held.append(Held(message.offset, message.sent_at, message.content, track))
        self._held_bytes += len(message.content)

    def release(self, *, is_patient: bool) -> list[tuple[Incoming, int | None]]:
        """Give the messages that are decided on in their order, with the track of those not right.

        Whoever takes them calls `believe` or `doubt` for each.
        """
        is_patient |= self._held_bytes > MOST_HELD_BYTES
        still: deque[Held] = deque()
        decided = []
        for held in self._held:
            found = self._sources.verdict(
                self._kind, self._partition, held.track, is_patient=is_patient
            )
            if found is None:
                still.append(held)
                continue
            self._held_bytes -= len(held.content)
            message = Incoming(self._kind, self._partition, held.offset, held.content, held.sent_at)
            decided.append((message, None if found else held.track))
        self._held = still
        if not still:
            self._waits_since = None
        return decided

    def waits_since(self, now: float) -> Seconds:
        """Give for how long on the caller's clock messages have been held, 0 where none is."""
        if not self._held:
            return 0.0
        if self._waits_since is None:
            self._waits_since = now
        return now - self._waits_since

    def time_beside(self, message: Incoming) -> Seconds | None:
        """Give the time that the other sources had reached when a message was sent."""
        assert message.sent_at is not None
        return self._sources.time_beside(self._kind, self._partition, message.sent_at)

    def believe(self) -> None:
        """Take note of a message that is right."""
        if self._off is not None and self._off.is_said:
            log.warning(
                "%s/%d: its times agree again, it is believed; %d messages were refused",
                self._kind, self._partition, self._off.message_count,
            )  # fmt: skip
        self._off = None

    def doubt(self, track: int, id_count: int) -> None:
        """Take note of a message of a track that is not right, of so many vehicles or detectors."""
        if self._off is None or self._off.track != track:
            offset_s, beside = self._sources.offset(self._kind, self._partition, track)
            self._off = Off(track, offset_s, beside)
        self._off.message_count += 1
        is_whole = id_count >= AGREEING_COUNT or self._off.message_count >= AGREEING_COUNT
        if is_whole and not self._off.is_said:
            self._off.is_said = True
            log.warning(
                "%s/%d: its times are %.1f h %s those of %s: it is not believed, and its rows are "
                "refused until it is put right",
                self._kind, self._partition, abs(self._off.offset_s) / 3600.0,
                "ahead of" if self._off.offset_s > 0 else "behind",
                " and ".join(self._off.beside) or "its sending",
            )  # fmt: skip

    def saved(self) -> tuple[list[Track], list[Held], Off | None]:
        """Give everything remembered."""
        return self._sources.tracks(self._kind, self._partition), list(self._held), self._off

    def put(self, tracks: list[Track], held: list[Held], off: Off | None) -> None:
        """Take up what was saved."""
        self._sources.put(self._kind, self._partition, tracks)
        self._held, self._off = deque(held), off
        self._held_bytes = sum(len(one.content) for one in held)
        self._waits_since = None


def clock_refusals(
    kind: str, field: str, batch: pa.RecordBatch, positions: tuple[int, ...], expected: str
) -> Iterator[Refusal]:
    """Give a refusal for each row of a batch whose gateway's time is not right."""
    times = batch.column(field).cast(pa.int64()).to_pylist()
    for position, time in zip(positions, times, strict=True):
        shown = "null" if time is None else f"{np.datetime64(time, 'ms')}Z"
        yield Refusal(kind, position, Reason.CLOCK_SKEW, expected, field, shown)
