"""One at a time may change what a lake's days are made of: who does holds the lake's lock."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.user_error import reason_of
from streams.lake.layout import TABLES
from streams.lake.reading import StoredError
from streams.outside_error import OutsideError

LOCK_FILE = "compact.lock"


@contextmanager
def turn_of(lake: Path) -> Iterator[None]:
    """Hold a lake's lock; it goes with its process, however that ends.

    Raises StoredError where there is no lake, OutsideError where another holds the lock or the
    lake cannot be written.
    """
    if not any((lake / table.name).is_dir() for table in TABLES):
        expected = ", ".join(f"{table.name}/" for table in TABLES)
        raise StoredError(f"{lake}: no lake, expected a folder with {expected}")
    try:
        opened = (lake / LOCK_FILE).open("a")
    except OSError as error:
        raise OutsideError(f"{lake / LOCK_FILE}: {reason_of(error)}") from error
    with opened as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OutsideError(
                f"{lake}: another `clearway lake compact` is at work on it, expected it to end"
            ) from error
        yield
