"""`clearway cache`: what commands keep between one call and the next."""

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import click
from rich.table import Table

from streams.cli.group import MeantGroup
from streams.cli.options import cache_folder
from streams.cli.terminal import Screen, echo

_MEGABYTE = 1e6
_KINDS = {"kernels": "compiled kernels", "logs": "logs of workers and broker"}


class _Kept(NamedTuple):
    """One thing in the cache; `used` is when it was last written, by this machine's clock."""

    folder: Path
    kind: str
    size: int
    used: float


@click.group(cls=MeantGroup)
def cache() -> None:
    """See and clear what is kept: built networks, compiled kernels, logs.

    It lies in ~/.cache/clearway, or where CLEARWAY_CACHE says. All of it is made anew when needed.
    """


@cache.command("list")
def list_() -> None:
    """List what is kept, how large it is and when it was made."""
    screen = Screen(highlight=False, soft_wrap=True)
    table = Table("what", "name", "MB", "made", box=None)
    kept = list(_kept(cache_folder()))
    for one in kept:
        made = f"{datetime.fromtimestamp(one.used):%Y-%m-%d %H:%M}"
        table.add_row(one.kind, one.folder.name, f"{one.size / _MEGABYTE:.1f}", made)
    if kept:
        screen.print(table)
    size = sum(one.size for one in kept)
    screen.print(f"{cache_folder()}: {len(kept)} kept, {size / _MEGABYTE:,.1f} MB")


@cache.command()
def clear() -> None:
    """Delete what is kept, and nothing else that may lie there.

    Not while `clearway up` or a worker runs: they read what they built.
    """
    count, size = 0, 0
    for one in _kept(cache_folder()):
        shutil.rmtree(one.folder)
        count, size = count + 1, size + one.size
    echo(f"{cache_folder()}: {count} deleted, {size / _MEGABYTE:,.1f} MB")


def _kept(folder: Path) -> Iterator[_Kept]:
    """Give what commands have put into the cache folder, by name; other files are not theirs."""
    from mapmatch.network import is_artefact

    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        kind = _KINDS.get(path.name) or ("network" if is_artefact(path) else None)
        if kind is None or not path.is_dir():
            continue
        sizes = [file.stat().st_size for file in path.rglob("*") if file.is_file()]
        yield _Kept(path, kind, sum(sizes), path.stat().st_mtime)
