"""The folder that a run fills: whole or not there, and nobody else's."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec

from streams.settings import Settings
from streams.whole_folder import check_folder, whole_folder

RUN_FILE = "run.json"
"""What a run was, written last: a folder with it holds a whole run."""
_STATES = "segment_states.parquet"


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
    """Raise FolderError where `out` holds files that are no run's."""
    check_folder(out, (RUN_FILE, _STATES), "run", may_overwrite=may_overwrite)


def whole_run(out: Path) -> AbstractContextManager[Path]:
    """Give a folder to write a run's files into, which come to stand in `out` when all is written.

    See `whole_folder`; raises OutsideError naming `out` where it cannot be written.
    """
    return whole_folder(out, RUN_FILE, "run")


def write_record(half: Path, record: RunRecord) -> None:
    """Write the record of a run into the folder that is being filled."""
    (half / RUN_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1))
