"""A folder of results: whole or not there, and nobody else's."""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.user_error import UserError
from streams.outside_error import OutsideError


class FolderError(UserError):
    """A folder that results may not be written into."""


def check_folder(out: Path, marks: Iterable[str], what: str, *, may_overwrite: bool) -> None:
    """Raise FolderError where `out` holds files, and none of the marks of an older `what`."""
    if out.exists() and not out.is_dir():
        raise FolderError(f"{out}: a file, expected a folder to write the {what} into")
    if may_overwrite or not out.is_dir() or not any(out.iterdir()):
        return
    if not any((out / mark).is_file() for mark in marks):
        found = min(path.name for path in out.iterdir())
        raise FolderError(
            f"{out}: holds {found} and no {what}, expected a new or empty folder or an older "
            f"{what}; --force writes into it all the same"
        )


@contextmanager
def whole_folder(
    out: Path, last: str, what: str, stale: Callable[[], Iterable[str]] = tuple
) -> Iterator[Path]:
    """Give a folder to write files into, which come to stand in `out` when all are written.

    The file `last` is taken away first and comes back last: a folder that has it is whole. The
    `stale` names are of an older `what` and go. Work that is broken off leaves `out` as it was.
    Raises OutsideError naming `out` where it cannot be written.
    """
    new = [path for path in (out, *out.parents) if not path.exists()]
    try:
        out.mkdir(parents=True, exist_ok=True)
        half = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=out))
    except OSError as error:
        _take_away(new)
        reason = error.strerror or str(error)
        raise OutsideError(f"{out}: {reason}, the {what} cannot be written there") from error
    try:
        yield half
        old = list(stale())
        for name in (last, *old):
            (out / name).unlink(missing_ok=True)
        for path in sorted(half.iterdir(), key=lambda path: path.name == last):
            path.replace(out / path.name)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutsideError(f"{out}: {reason}; nothing of this {what} is kept") from error
    finally:
        shutil.rmtree(half, ignore_errors=True)
        _take_away(new)


def _take_away(folders: Iterable[Path]) -> None:
    """Remove the folders that were made for nothing, the innermost first."""
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return
