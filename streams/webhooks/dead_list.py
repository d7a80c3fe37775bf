"""The list of messages that were given up: a JSON object a line."""

import fcntl
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from incidents.records import iso
from ingest.units import Seconds
from ingest.user_error import UserError
from streams.no_json import NO_JSON
from streams.webhooks.message import Message


class DeadListError(UserError):
    """A list that cannot be read; names the file, the line and what is wrong."""


class DeadMessage(msgspec.Struct, frozen=True):
    """A message that a subscriber did not get: whose it is, why, after how many tries, when."""

    subscriber: str
    webhook_id: str
    why: str
    try_count: int
    time: str
    body: msgspec.Raw

    @property
    def message(self) -> Message:
        """The message as it was to be sent."""
        return Message(self.webhook_id, bytes(self.body))


class DeadList:
    """A file that one process adds to while another may take delivered messages out of it."""

    def __init__(self, path: Path) -> None:
        """Name it. Raises OSError where it cannot be written."""
        self._path = path
        with self._held():
            pass

    def add(self, subscriber: str, message: Message, why: str, count: int, now: Seconds) -> None:
        """Add a message, and see that it is on the disk before going on."""
        dead = DeadMessage(subscriber, message.id, why, count, iso(now), msgspec.Raw(message.body))
        with self._held() as file:
            file.write(msgspec.json.encode(dead) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def messages(self) -> list[DeadMessage]:
        """Give all that are in it, the oldest first. Raises DeadListError naming file and line."""
        found = []
        for number, line in enumerate(self._path.read_bytes().splitlines(), 1):
            try:
                found.append(msgspec.json.decode(line, type=DeadMessage))
            except NO_JSON as error:
                raise DeadListError(
                    f"{self._path}: line {number}: {error}, expected a message"
                ) from error
        return found

    def take_out(self, delivered: Collection[tuple[str, str]]) -> None:
        """Take out messages by subscriber and `webhook_id`; what was added meanwhile stays."""
        with self._held():
            left = [m for m in self.messages() if (m.subscriber, m.webhook_id) not in delivered]
            new = self._path.with_name(f"{self._path.name}.new")
            with new.open("wb") as file:
                file.writelines(msgspec.json.encode(message) + b"\n" for message in left)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._path)

    @contextmanager
    def _held(self) -> Iterator[BinaryIO]:
        """Hold the list, opened to add to, so that no other process changes it meanwhile."""
        while True:
            with self._path.open("ab") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                if os.path.samestat(os.fstat(file.fileno()), self._path.stat()):
                    yield file
                    return
