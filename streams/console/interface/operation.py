"""One address of the console, as it is told to programs."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import msgspec

JSON = "application/json"


class Trouble(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a request is not answered as it wants."""

    error: str
    method: str | None = None
    path: str | None = None


class FeatureCollection(msgspec.Struct, frozen=True):
    """GeoJSON (RFC 7946)."""

    type: Literal["FeatureCollection"]
    features: list[dict[str, Any]]


class Body(NamedTuple):
    """What an answer holds: its media type, and the record that it is, None where it is none."""

    media: str
    record: Any = None


class Parameter(NamedTuple):
    """Something a request says in its query."""

    name: str
    what: str
    schema: Mapping[str, Any]


class Operation(NamedTuple):
    """What an address takes and answers.

    `answers` are by status; None stands for no body. `takes` is the record in the body of a POST.
    """

    method: Literal["get", "post"]
    path: str
    what: str
    answers: Mapping[int, Body | None]
    takes: Any = None
    query: tuple[Parameter, ...] = ()


def json_of(record: Any) -> Body:
    """Give the body that holds a record as JSON."""
    return Body(JSON, record)


TROUBLE = json_of(Trouble)
