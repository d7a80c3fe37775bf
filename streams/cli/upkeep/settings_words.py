"""What each setting is, read off the structs: meaning, unit, bounds, default and source.

A setting's docstring ends with `Unit: U. Source: S`; bounds and defaults are those of its struct.
"""

import ast
import inspect
import json
import re
import textwrap
from collections.abc import Iterator
from typing import Any, NamedTuple, get_args, get_origin

import msgspec
from msgspec import inspect as types

from streams.settings import Settings

_DOCSTRING = re.compile(r"(?P<meaning>.*?)\s*Unit: (?P<unit>.+?)\. Source: (?P<source>.+)", re.S)


class Setting(NamedTuple):
    """One setting in words; unit and source are "" where the docstring lacks them."""

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
        elif get_origin(field.type) is dict:  # a table of tables, each with a name of its own
            inner.append((get_args(field.type)[1], f"{path}.{field.name}.NAME".lstrip(".")))
        else:
            own.append(_setting(field, docstrings.get(field.name, "")))
    if own:
        yield Section(path, _first_sentences(struct), own)
    for part, place in inner:
        yield from sections(part, place)


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
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
            continue
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            found[field.target.id] = " ".join(str(below.value.value).split())
    return found


def _first_sentences(struct: type[msgspec.Struct]) -> str:
    return " ".join(inspect.getdoc(struct).split())  # type: ignore[union-attr]


def _bounds(kind: types.Type) -> Iterator[str]:
    """Give what a value must be, in words."""
    if isinstance(kind, types.Metadata):
        said = (kind.extra_json_schema or {}).get("description")
        yield from [said] if said else _bounds(kind.type)
    elif isinstance(kind, types.UnionType):
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
