"""How far event time has got over all channels that feed a stage, and which frames are repeats."""

from collections.abc import Sequence
from typing import Annotated

import msgspec

from ingest.frames import FrameHeader

Seconds = Annotated[float, "s"]


class Channel(msgspec.Struct):
    """One maker of frames: its last sequence and watermark; a silent one is set idle."""

    sequence: int = -1
    watermark: Seconds | None = None
    heard_at: Seconds = 0.0  # the caller's clock
    is_idle: bool = False


class Admission(msgspec.Struct, frozen=True):
    """What the clock says of a frame: whether to take it, and what its channel promised before."""

    is_repeat: bool
    missing: int  # sequences skipped just before this frame
    promised: Seconds | None  # rows before this time are late


class InputClock:
    """Remembers every channel of every source; its time is the least of them and never falls back.

    A source that is expected and has not spoken holds the time back, and so does every channel of
    a source, until `set_idle` finds it silent. A channel that is idle rejoins with its next frame.
    """

    def __init__(self, expected: Sequence[tuple[str, str]], sources: Sequence[str]) -> None:
        """Expect these (source, channel) pairs and at least one channel of each source."""
        self._channels: dict[str, dict[str, Channel]] = {source: {} for source in sources}
        for source, channel in expected:
            self._channels[source][channel] = Channel()
        self._silent: dict[str, Seconds] = {}
        self._time: Seconds | None = None

    @property
    def time(self) -> Seconds | None:
        """The least watermark of the channels that count, None before all have spoken."""
        return self._time

    def admit(self, source: str, header: FrameHeader, heard_at: Seconds = 0.0) -> Admission:
        """Take note of a frame's header, once for each frame."""
        channels = self._channels[source]
        channel = channels.get(header.channel)
        if channel is None:
            channel = Channel()
            if header.watermark is not None:
                channels[header.channel] = channel
        promised, missing = channel.watermark, 0
        if header.sequence is not None:
            if header.sequence <= channel.sequence:
                return Admission(True, 0, promised)
            if channel.sequence >= 0:
                missing = header.sequence - channel.sequence - 1
            channel.sequence = header.sequence
        channel.heard_at, channel.is_idle = heard_at, False
        if header.watermark is not None:
            channel.watermark = max(header.watermark, channel.watermark or header.watermark)
        self._advance()
        return Admission(False, missing, promised)

    def set_idle(self, heard_before: Seconds, now: Seconds) -> list[str]:
        """Stop waiting for channels and sources not heard since; gives their names."""
        idle = []
        for source, channels in self._channels.items():
            if not channels and self._silent.setdefault(source, now) < heard_before:
                idle.append(source)
            for name, channel in channels.items():
                if channel.heard_at == 0.0:
                    channel.heard_at = now
                elif channel.heard_at < heard_before and not channel.is_idle:
                    channel.is_idle = True
                    idle.append(f"{source} {name}")
        self._advance(set(idle))
        return idle

    def _advance(self, silent_sources: set[str] | None = None) -> None:
        least: Seconds | None = None
        for source, channels in self._channels.items():
            if not channels and source not in (silent_sources or ()):
                return
            for channel in channels.values():
                if channel.is_idle:
                    continue
                if channel.watermark is None:
                    return
                least = channel.watermark if least is None else min(least, channel.watermark)
        if least is not None and (self._time is None or least > self._time):
            self._time = least

    def to_state(self) -> "ClockState":
        """Give what must outlive the process."""
        return ClockState(self._channels, self._time)

    def restore(self, state: "ClockState") -> None:
        """Take up a saved state; channels then count as just heard."""
        for source, channels in state.channels.items():
            for channel in channels.values():
                channel.heard_at = 0.0
            self._channels.setdefault(source, {}).update(channels)
        self._time = state.time


class ClockState(msgspec.Struct):
    """An input clock's channels and its time."""

    channels: dict[str, dict[str, Channel]]
    time: Seconds | None
