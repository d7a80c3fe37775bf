"""What a stage refused, on its way to the topic `dead-letters`."""

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

import msgspec
import pyarrow as pa

from ingest import dead_letters
from ingest.dead_letters import DeadLetter, Origin
from ingest.frames import FrameError
from ingest.refusals import Reason, Refusal, shorten
from streams import topics
from streams.stages.messages import Incoming, Outgoing, UndecodableError

_PRIVATE = frozenset({topics.CAMERA, topics.REPORTS})
"""Topics whose records may hold plates, or names."""


def letter_of_message(message: Incoming, error: Exception) -> Outgoing:
    """Give the letter of what cannot be decoded, is no frame, or made a stage fail."""
    if isinstance(error, FrameError):
        reason = Reason.NOT_A_FRAME
        expected = f"one Arrow IPC record batch of the schema of {message.topic}"
    elif isinstance(error, UndecodableError):
        reason = Reason.UNDECODABLE
        expected = "messages as they are or compressed with gzip, lz4, snappy or zstd"
    else:
        reason, expected = Reason.STAGE_FAILED, "a message that the stage can take"
    found = shorten(str(error) or type(error).__name__)
    refusal = Refusal(message.topic, None, reason, expected, None, found)
    data = message.content if isinstance(message.content, bytes) else b""
    has_plates = message.topic in _PRIVATE
    letters = dead_letters.letters_of_message(
        _origin(message), data, [refusal], has_plates=has_plates
    )
    return _out(message, letters)[0]


def letters_of_rows(
    message: Incoming, batch: pa.RecordBatch, refusals: Sequence[Refusal]
) -> list[Outgoing]:
    """Give a letter for each refused row of a frame."""
    if not refusals:
        return []
    return _out(message, dead_letters.letters_of_rows(_origin(message), batch, refusals))


def letter_of_row(message: Incoming, position: int, row: pa.RecordBatch, refusal: Refusal
) -> Outgoing:  # fmt: skip
    """Give the letter of one row that was taken, and refused later; it stood there in its message.

    `row` is a batch of that row alone, and the refusal's position is its place in it.
    """
    (letter,) = dead_letters.letters_of_rows(_origin(message), row, [refusal])
    return _out(message, [msgspec.structs.replace(letter, position=position)])[0]


def letters_of_records(
    message: Incoming, data: bytes, refusals: Sequence[Refusal], zone: ZoneInfo
) -> list[Outgoing]:
    """Give a letter for each refused record of a raw message of a city in this time zone."""
    has_plates = message.topic in _PRIVATE
    letters = dead_letters.letters_of_message(
        _origin(message), data, refusals, has_plates=has_plates, zone=zone
    )
    return _out(message, letters)


def _origin(message: Incoming) -> Origin:
    return Origin(message.topic, message.partition, message.offset)


def _out(message: Incoming, letters: Iterable[DeadLetter]) -> list[Outgoing]:
    """Key each letter by its origin, so that a message read twice is one letter to a reader."""
    return [
        Outgoing(
            topics.DEAD_LETTERS,
            0,
            letter.encode(),
            f"{message.origin}/{'' if letter.position is None else letter.position}".encode(),
        )
        for letter in letters
    ]
