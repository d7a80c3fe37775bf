"""Work on a lake that may change meanwhile, or in which rows turn out not to be readable."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import duckdb

from congestion.reports.engines import LakeChangedError, said_plainly
from congestion.reports.stored import ReportError
from streams.cli.progress import Say
from streams.lake.soundness import broken_rows

ATTEMPTS = 3
"""Work is begun anew so often where the lake changes under it. Unit: count. Source: chosen."""
Result = TypeVar("Result")


def while_it_rests(
    once: Callable[[Mapping[Path, str]], Result], files: Callable[[], list[Path]], say: Say
) -> Result:
    """Do something with a lake's files, anew where they were put together meanwhile.

    `once` is given the files to leave out, and why: those whose rows could not be read when it
    tried. `files` lists what it reads. Raises LakeChangedError, ReportError.
    """
    broken: dict[Path, str] = {}
    attempts = 0
    while True:
        try:
            with said_plainly():
                return once(broken)
        except LakeChangedError:
            attempts += 1
            is_last = attempts >= ATTEMPTS
            found = _newly_broken(files, broken) if is_last else {}
            if is_last and not found:
                raise
            say("the lake changed meanwhile, once more")
        except (ReportError, duckdb.Error) as error:
            is_of_engine = isinstance(error.__cause__ or error, duckdb.Error)
            found = _newly_broken(files, broken) if is_of_engine else {}
            if not found:
                raise
            say("rows that cannot be read, once more without them")
        broken |= found


def _newly_broken(files: Callable[[], list[Path]], known: Mapping[Path, str]) -> dict[Path, str]:
    """Give the files whose rows cannot be read, beside those that are known."""
    try:
        found = {file: broken_rows(file) for file in files() if file not in known}
    except FileNotFoundError:
        return {}
    return {file: why for file, why in found.items() if why is not None}
