"""Help is there at once: it imports no more than it says."""

import json
import subprocess
import sys

import click
import pytest

from streams.cli.main import COMMANDS, cli

HEAVY = {
    "aiohttp", "aiokafka", "duckdb", "faust", "geopandas", "ibis", "lightgbm", "lxml", "matplotlib",
    "numba", "numpy", "pandas", "pyarrow", "pyproj", "scipy", "shapely", "typst",
}  # fmt: skip
MOST_MODULES = 300
"""As many modules may be there after a help; rich, msgspec and asyncio fit, numpy does not."""

# Each help in a fork, for what one imports would hide what the next does.
HELPS = """
import contextlib, io, json, os, sys
import click
from streams.cli.main import COMMANDS, cli

def show(words):
    with contextlib.suppress(click.exceptions.Exit):
        cli([*words, "--help"], standalone_mode=False)

for words in ([], *([name] for name in COMMANDS)):
    sys.stdout.flush()
    if os.fork() == 0:
        with contextlib.redirect_stdout(io.StringIO()) as shown:
            show(words)
            group = cli.get_command(click.Context(cli), words[0]) if words else None
            for name in getattr(group, "commands", ()):
                show([*words, name])
        assert "Usage:" in shown.getvalue()
        print(json.dumps([" ".join(words), sorted(sys.modules)]), flush=True)
        os._exit(0)
    assert os.wait()[1] == 0
"""


@pytest.fixture(scope="module")
def imported() -> dict[str, list[str]]:
    """Give by command the modules that its help and those of its own commands import."""
    done = subprocess.run(
        [sys.executable, "-c", HELPS], capture_output=True, text=True, timeout=120, check=True
    )
    return dict(json.loads(line) for line in done.stdout.splitlines())


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_imports_nothing_heavy(command: str, imported: dict[str, list[str]]) -> None:
    modules = imported[command]
    assert "click" in modules
    assert not HEAVY & set(modules)
    assert len(modules) <= MOST_MODULES


def test_the_first_help_imports_no_command_at_all(imported: dict[str, list[str]]) -> None:
    commands = [name for name in imported[""] if name.startswith("streams.cli.")]
    assert commands == ["streams.cli.group", "streams.cli.main"]


def test_the_list_of_commands_is_what_click_makes_of_their_own_help() -> None:
    texts = []
    for group in (type(cli), click.Group):
        formatter = click.HelpFormatter(width=80)
        group.format_commands(cli, click.Context(cli), formatter)
        texts.append(formatter.getvalue())
    assert texts[0] == texts[1]
    assert all(f"  {name} " in texts[0] for name in COMMANDS)
