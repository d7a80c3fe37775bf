"""The list of messages that were given up: a JSON object a line."""

from pathlib import Path

import msgspec

from incidents.records import iso
from ingest.units import Seconds
from streams.webhooks.message import Message


class DeadMessage(msgspec.Struct, frozen=True):
    """A message that a subscriber did not get: whose it is, why, after how many tries, when."""

    subscriber: str
    webhook_id: str
    why: str
    try_count: int
    time: str
    body: msgspec.Raw


class DeadList:
    """A file that is only added to."""

    def __init__(self, path: Path) -> None:
        """Open it. Raises OSError where it cannot be written."""
        self._file = path.open("ab")

    def add(self, subscriber: str, message: Message, why: str, count: int, now: Seconds) -> None:
        """Add a message, and see that it is on the disk before going on."""
        dead = DeadMessage(subscriber, message.id, why, count, iso(now), msgspec.Raw(message.body))
        self._file.write(msgspec.json.encode(dead) + b"\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
