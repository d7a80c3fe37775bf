"""`clearway settings`: every setting in force, as a settings file."""

import json
import textwrap
from collections.abc import Iterator
from datetime import date
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from streams.cli.group import MeantGroup
from streams.cli.options import config_option, settings_of
from streams.cli.terminal import echo

if TYPE_CHECKING:
    from streams.settings import Settings

_WIDTH = 100


@click.group(cls=MeantGroup)
def settings() -> None:
    """Look at the settings."""


@settings.command()
@config_option
def show(config_path: Path | None) -> None:
    """Print every setting in force as a TOML file that explains itself.

    Those of the settings file and the environment where they say something, else the defaults. What
    is printed can be saved, changed and given with --config.
    """
    echo("\n".join(_lines(settings_of(config_path))))


def _lines(chosen: "Settings") -> Iterator[str]:
    from streams.cli.upkeep.settings_words import sections

    every = [(section, *at) for section in sections() for at in _parts(section.path, chosen)]
    for section, path, part in every:
        yield from _comment(section.purpose)
        yield f"[{path}]"
        for setting in section.settings:
            text = f"{setting.meaning} Unit: {setting.unit}. May be: {setting.bounds}. Default: "
            default = setting.default.strip("`")
            yield from _comment(f"{text}{default}. Source: {setting.source}.")
            value = getattr(part, setting.name)
            line = f"{setting.name} = {_toml(value)}"
            yield line if value is not None else f"# {setting.name} ="
        yield ""


def _parts(path: str, chosen: "Settings") -> Iterator[tuple[str, Any]]:
    """Give a section's part of the tree with its path, of one called NAME each that there is."""
    *stem, last = path.split(".")
    part = reduce(getattr, stem, chosen)
    if not isinstance(part, dict):
        yield path, getattr(part, last)
        return
    for name, one in part.items():
        yield ".".join([*stem, json.dumps(name)]), one


def _comment(text: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent="# ", subsequent_indent="# ", break_long_words=False
    )


def _toml(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)
