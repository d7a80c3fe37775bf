"""Writes docs/settings.md from the settings structs: meaning, unit, bounds, default and source.

A setting's docstring ends with `Unit: U. Source: S`; bounds and defaults are those of its struct.
"""

import ast
import inspect
import json
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import inspect as types

from streams.settings import ENVIRONMENT, Settings

PAGE = Path(__file__).with_name("settings.md")
_DOCSTRING = re.compile(r"(?P<meaning>.*?)\s*Unit: (?P<unit>.+?)\. Source: (?P<source>.+)", re.S)

INTRODUCTION = """\
# Settings

<!-- Made by docs/make_settings.py from the settings structs; `make docs` makes it anew. -->

Every command takes `--config FILE`: one TOML file for whatever can be set. What the file leaves out
keeps its default. A name or a value that is not understood is refused with its path before anything
starts.

```toml
[broker]
address = "kafka-1:9092,kafka-2:9092"

[clocks]
lateness_s = 10      # how long a row may take to arrive
idle_after_s = 120   # a source silent for so long is no longer waited for

[matcher]
lag = 10             # fixes a decision may wait

[estimator]
level_profile = "gbt33171"

[detection.budget]
false_alarms_per_hour = 2.0   # that the city bears
```

The environment overrides addresses: {environment}. One secret comes from
the environment only: `CLEARWAY_PLATE_KEY`, with which number plates are hashed.

The source says where a default comes from: a paper, a standard, the script that fits it, or that it
was chosen and why. *Chosen on the recordings* means set by hand so that the labelled recordings
come out best: look at those first in a city of another kind.

*Log odds* are natural logarithms of the odds, or of the ratio of two likelihoods: 7 is a
thousand to one. *Nats* are minus the natural logarithm of a likelihood: a cost of the matcher.
"""


class Setting(NamedTuple):
    """One setting as the page shows it; unit and source are "" where the docstring lacks them."""

    name: str
    meaning: str
    unit: str
    bounds: str
    default: str
    source: str


class Section(NamedTuple):
    """One table of the TOML file."""

    path: str
    purpose: str
    settings: list[Setting]


def sections(struct: type[msgspec.Struct] = Settings, path: str = "") -> Iterator[Section]:
    """Give the struct's own settings as a section, then those of the structs inside it."""
    docstrings = _docstrings(struct)
    own, inner = [], []
    for field in msgspec.structs.fields(struct):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            inner.append((field.type, f"{path}.{field.name}".lstrip(".")))
        else:
            own.append(_setting(field, docstrings.get(field.name, "")))
    if own:
        yield Section(path, _first_sentences(struct), own)
    for part, place in inner:
        yield from sections(part, place)


def page() -> str:
    """Give the whole page."""
    environment = ", ".join(
        f"`{variable}` is `{'.'.join(place)}`" for variable, place in ENVIRONMENT.items()
    )
    parts = [INTRODUCTION.format(environment=environment)]
    for section in sections():
        rows = [
            "| setting | meaning | unit | bounds | default | source |",
            "|---|---|---|---|---|---|",
        ]
        for setting in section.settings:
            name, *rest = (_cell(text) for text in setting)
            rows.append(f"| `{name}` | " + " | ".join(rest) + " |")
        parts.append(f"## `[{section.path}]`\n\n{section.purpose}\n\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def _setting(field: msgspec.structs.FieldInfo, docstring: str) -> Setting:
    parts = _DOCSTRING.fullmatch(docstring)
    meaning, unit, source = parts.groups() if parts else (docstring, "", "")
    bounds = ", ".join(_bounds(types.type_info(field.type)))
    return Setting(field.name, meaning, unit, bounds, _default(field), source.rstrip("."))


def _docstrings(struct: type[msgspec.Struct]) -> dict[str, str]:
    """Give the docstring that stands below each field of the struct, in one line."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(struct))).body
    assert isinstance(definition, ast.ClassDef)
    found = {}
    for field, below in zip(definition.body, definition.body[1:], strict=False):
        is_field = isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if is_field and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            found[field.target.id] = " ".join(str(below.value.value).split())
    return found


def _first_sentences(struct: type[msgspec.Struct]) -> str:
    return " ".join(inspect.getdoc(struct).split())  # type: ignore[union-attr]


def _bounds(kind: types.Type) -> Iterator[str]:
    """Give what a value must be, in words."""
    if isinstance(kind, types.UnionType):
        for option in kind.types:
            yield from _bounds(option)
    elif isinstance(kind, types.NoneType):
        yield "or none"
    elif isinstance(kind, types.IntType | types.FloatType):
        whole = ["whole"] if isinstance(kind, types.IntType) else []
        yield " ".join([*whole, *_range(kind)]) or "any number"
    elif isinstance(kind, types.StrType):
        yield f"text like `{kind.pattern}`" if kind.pattern else "text"
    elif isinstance(kind, types.BoolType):
        yield "true or false"
    elif isinstance(kind, types.LiteralType):
        yield "one of " + ", ".join(map(str, kind.values))
    elif isinstance(kind, types.DateType):
        yield "date"
    elif isinstance(kind, types.CollectionType):
        yield "list of: " + ", ".join(_bounds(kind.item_type))
    else:
        raise TypeError(f"no words for the type {kind}")


def _range(kind: types.IntType | types.FloatType) -> Iterator[str]:
    if kind.gt is not None:
        yield f"above {_number(kind.gt)}"
    if kind.ge is not None:
        yield _number(kind.ge) if kind.le is not None else f"at least {_number(kind.ge)}"
    if kind.lt is not None:
        yield f"below {_number(kind.lt)}"
    if kind.le is not None:
        yield f"to {_number(kind.le)}"


def _default(field: msgspec.structs.FieldInfo) -> str:
    value: Any = field.default
    if value is msgspec.NODEFAULT and field.default_factory is not msgspec.NODEFAULT:
        value = field.default_factory()
    if value is msgspec.NODEFAULT:
        return "must be given"
    if value is None:
        return "none"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:.0f}" if value == round(value) else f"{value:g}"
    return f"`{json.dumps(value, default=list)}`"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:,g}"


def _cell(text: str) -> str:
    return text.replace("|", r"\|") or "-"


def main() -> None:
    """Write the page and name the settings that lack a unit or a source."""
    PAGE.write_text(page())
    for section in sections():
        for setting in section.settings:
            if not (setting.unit and setting.source):
                print(f"[{section.path}] {setting.name}: no unit and source", file=sys.stderr)


if __name__ == "__main__":
    main()
