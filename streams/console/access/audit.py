"""A line for everything that somebody did, or tried, at the console."""

import logging
import os
from pathlib import Path
from typing import Literal

import msgspec

log = logging.getLogger(__name__)

What = Literal["login", "login_refused", "logout", "command"]


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who did what, when (ISO 8601 UTC), from which address, and how it ended."""

    time: str
    what: What
    user: str | None
    address: str | None
    command_id: str | None = None
    action: str | None = None
    alert_id: str | None = None
    answer: str | None = None
    reason: str | None = None


class Audit:
    """Appends to a file, which only its owner may read; without one nothing is kept."""

    def __init__(self, file: Path | None = None) -> None:
        """Open the file. Raises OSError where it cannot be written."""
        self._file = file
        if file is not None:
            os.close(self._open(file))

    def note(self, entry: Entry) -> None:
        """Keep a line; where the disk does not take it, it goes to the log."""
        if self._file is None:
            return
        line = msgspec.json.encode(entry) + b"\n"
        try:
            out = self._open(self._file)
            try:
                os.write(out, line)
            finally:
                os.close(out)
        except OSError as error:
            log.error("%s: %s; not kept: %s", self._file, error.strerror, line.decode().strip())

    def _open(self, file: Path) -> int:
        return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
