"""The folder that a run fills: whole or not there, and nobody else's."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from ingest.user_error import UserError
from streams.outside_error import OutsideError
from streams.settings import Settings

RUN_FILE = "run.json"
"""What a run was, written last: a folder with it holds a whole run."""
_STATES = "segment_states.parquet"


class RunFolderError(UserError):
    """A folder that a run may not write into."""


class RunRecord(msgspec.Struct, frozen=True):
    """What a run was: the program's version, the network, every setting, and what it told.

    Times are seconds since 1970 UTC, `started` and `ended` by the wall clock.
    """

    version: str
    network: str
    segment_count: int
    started: float
    ended: float
    settings: Settings
    report: Any


def check_run_folder(out: Path, *, may_overwrite: bool) -> None:
    """Raise RunFolderError where `out` holds files that are no run's."""
    if out.exists() and not out.is_dir():
        raise RunFolderError(f"{out}: a file, expected a folder to write the run into")
    if may_overwrite or not out.is_dir() or not any(out.iterdir()):
        return
    if not ((out / RUN_FILE).is_file() or (out / _STATES).is_file()):
        found = min(path.name for path in out.iterdir())
        raise RunFolderError(
            f"{out}: holds {found} and no run, expected a new or empty folder or an older run; "
            "--force writes into it all the same"
        )


@contextmanager
def whole_run(out: Path) -> Iterator[Path]:
    """Give a folder to write a run's files into, which come to stand in `out` when all is written.

    A run that is broken off leaves `out` as it was. Raises OutsideError naming `out` where it
    cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        half = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=out))
    except OSError as error:
        raise OutsideError(f"{out}: {error.strerror}, the run cannot be written there") from error
    try:
        yield half
        (out / RUN_FILE).unlink(missing_ok=True)
        for path in sorted(half.iterdir(), key=lambda path: path.name == RUN_FILE):
            path.replace(out / path.name)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutsideError(f"{out}: {reason}; nothing of this run is kept") from error
    finally:
        shutil.rmtree(half, ignore_errors=True)


def write_record(half: Path, record: RunRecord) -> None:
    """Write the record of a run into the folder that is being filled."""
    (half / RUN_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1))
