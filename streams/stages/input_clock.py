"""How far event time has got over all channels that feed a stage, and which frames are repeats."""

from collections.abc import Sequence

import msgspec

from ingest.frames import FrameHeader
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import Seconds


class Channel(msgspec.Struct):
    """One maker of frames: its last sequence and watermark; a silent one is set idle.

    A channel that was expected holds the time back before its first watermark; another one, which
    may never promise anything, does not.
    """

    is_expected: bool = False
    sequence: int = -1
    watermark: Seconds | None = None
    silent_since: Seconds | None = None  # by the clock of `set_idle`; None after a frame
    is_idle: bool = False

    @property
    def holds_time(self) -> bool:
        """Whether the stage's time waits for this channel."""
        return not self.is_idle and (self.is_expected or self.watermark is not None)


class Admission(msgspec.Struct, frozen=True):
    """What the clock says of a frame: whether to take it, and what its channel promised before."""

    is_repeat: bool
    missing: int  # sequences skipped just before this frame
    promised: Seconds | None  # rows before this time are late


class _InputClockState(SavedState, frozen=True):
    SCHEMA_VERSION = 2

    channels: dict[str, dict[str, Channel]]
    time: Seconds | None


class InputClock:
    """Remembers every channel of every source; its time is the least of them and never falls back.

    A source that has not spoken holds the time back, and so does every channel of a source, until
    `set_idle` finds it silent. A channel that is idle rejoins with its next frame. Expected
    channels are never idle: they are other stages, which answer every frame they get.
    """

    def __init__(self, sources: Sequence[str], expected: Sequence[tuple[str, str]] = ()) -> None:
        """Expect at least one channel of each source, and these (source, channel) pairs."""
        self._channels: dict[str, dict[str, Channel]] = {source: {} for source in sources}
        for source, channel in expected:
            self._channels[source][channel] = Channel(is_expected=True)
        self._opened_at: Seconds | None = None
        self._silent: set[str] = set()
        self._time: Seconds | None = None

    @property
    def time(self) -> Seconds | None:
        """The least watermark of the channels that count, None before all have spoken."""
        return self._time

    def admit(self, source: str, header: FrameHeader) -> Admission:
        """Take note of a frame's header, once for each frame."""
        channel = self._channels.setdefault(source, {}).setdefault(header.channel, Channel())
        promised, missing = channel.watermark, 0
        if header.sequence is not None:
            if header.sequence <= channel.sequence:
                if not _goes_on(promised, header.watermark):
                    return Admission(True, 0, promised)
                # Its maker lost its state and counts from the start again.
            elif channel.sequence >= 0:
                missing = header.sequence - channel.sequence - 1
            channel.sequence = header.sequence
        channel.silent_since, channel.is_idle = None, False
        self._silent.discard(source)
        if header.watermark is not None:
            channel.watermark = max(header.watermark, channel.watermark or header.watermark)
        self._advance()
        return Admission(False, missing, promised)

    def set_idle(self, now: Seconds, patience: Seconds) -> list[str]:
        """Stop waiting for sources and channels silent for longer; gives the newly idle ones."""
        idle = []
        opened_at = self._opened_at = now if self._opened_at is None else self._opened_at
        for source, channels in self._channels.items():
            if not any(c.watermark is not None or c.is_expected for c in channels.values()):
                if now - opened_at > patience and source not in self._silent:
                    self._silent.add(source)
                    idle.append(source)
                continue
            for name, channel in channels.items():
                if channel.silent_since is None:
                    channel.silent_since = now
                if channel.is_expected or not channel.holds_time:
                    continue
                if now - channel.silent_since > patience:
                    channel.is_idle = True
                    idle.append(f"{source} from {name}")
        if idle:
            self._advance()
        return idle

    def _advance(self) -> None:
        least: Seconds | None = None
        for source, channels in self._channels.items():
            holding = [c.watermark for c in channels.values() if c.holds_time]
            has_spoken = any(c.watermark is not None for c in channels.values()) or any(
                c.is_idle for c in channels.values()
            )
            if None in holding or not (has_spoken or source in self._silent):
                return
            for watermark in holding:
                if watermark is not None and (least is None or watermark < least):
                    least = watermark
        if least is not None and (self._time is None or least > self._time):
            self._time = least

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot; silence of its channels begins when `set_idle` is next called.

        Raises ValueError, changing nothing, where it does not fit.
        """
        state = unpack(data, self._state())
        channels = {source: dict(known) for source, known in self._channels.items()}
        for source, saved in state.channels.items():
            for channel in saved.values():
                channel.silent_since = None
            channels.setdefault(source, {}).update(saved)
        self._channels, self._time = channels, state.time

    def _state(self) -> _InputClockState:
        return _InputClockState(self._channels, self._time)


def _goes_on(promised: Seconds | None, watermark: Seconds | None) -> bool:
    """Whether a frame promises more than its channel had: no repeat does."""
    return promised is not None and watermark is not None and watermark > promised
