"""What goes into a stage and what comes out: the same records with a broker and without."""

from dataclasses import dataclass
from typing import NamedTuple

import pyarrow as pa

from ingest.frames import Frame, FrameHeader, decode_frame, encode_frame
from ingest.units import Seconds


class UndecodableError(ValueError):
    """What the broker holds cannot be decoded; the message names the offsets and the trouble."""


@dataclass(frozen=True)
class Incoming:
    """One message of a topic partition: its bytes, or in one process the frame itself.

    `sent_at` is when it was sent by the broker's or the sender's clock (s since 1970 UTC), None
    where nobody says.
    """

    topic: str
    partition: int
    offset: int
    content: bytes | Frame
    sent_at: Seconds | None = None

    def frame(self, schema: pa.Schema) -> Frame:
        """Give the frame. Raises FrameError where the bytes are none of this schema."""
        if isinstance(self.content, Frame):
            return self.content
        return decode_frame(self.content, schema)

    @property
    def origin(self) -> str:
        """Name the message in logs and dead letters."""
        return f"{self.topic}/{self.partition}/{self.offset}"


@dataclass(frozen=True)
class Outgoing:
    """One message for a topic partition; a frame is encoded only when a broker carries it."""

    topic: str
    partition: int
    content: bytes | Frame
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()

    def encode(self) -> bytes:
        """Give the message's bytes."""
        if isinstance(self.content, Frame):
            return encode_frame(self.content.batch, self.content.header)
        return self.content


class Passed(NamedTuple):
    """What follows from time passing alone: inputs no longer waited for, and messages."""

    silent: list[str]
    outgoing: list[Outgoing]


def frame_out(
    topic: str, partition: int, batch: pa.RecordBatch, header: FrameHeader, key: str | None = None
) -> Outgoing:
    """Give a frame on its way out."""
    return Outgoing(topic, partition, Frame(header, batch), key.encode() if key else None)
