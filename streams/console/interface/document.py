"""The description of the console's HTTP interface: an OpenAPI 3.1 document."""

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from importlib.metadata import version
from inspect import cleandoc
from typing import Any

import msgspec

from streams.console.access.guard import COOKIE
from streams.console.access.login import is_open
from streams.console.interface.operation import JSON, TROUBLE, Body, Operation
from streams.console.interface.operations import EVENTS, OPERATIONS, PLACES

Json = dict[str, Any]
ABOUT = (
    "The console of Clearway. Every GET answers HEAD too. With users everybody logs in first by "
    "POST /api/login; what needs no login has no security here. Times are ISO 8601 UTC or seconds "
    "since 1970 UTC, places WGS-84 degrees."
)
SESSION = "session"
_IN_BRACES = re.compile(r"{(\w+)}")


def openapi(operations: Iterable[Operation] = OPERATIONS) -> Json:
    """Give the document; the schemas are made of the records themselves."""
    operations = list(operations)
    records = list(_records(operations))
    schemas, components = msgspec.json.schema_components(
        records, ref_template="#/components/schemas/{name}"
    )
    schema_of = {id(record): schema for record, schema in zip(records, schemas, strict=True)}
    paths: dict[str, Json] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method] = _described(operation, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Clearway", "version": version("clearway"), "description": ABOUT},
        "paths": paths,
        "components": {
            "schemas": {name: _tidy(schema) for name, schema in components.items()},
            "securitySchemes": {SESSION: {"type": "apiKey", "in": "cookie", "name": COOKIE}},
        },
    }


def _records(operations: Iterable[Operation]) -> Iterable[Any]:
    for operation in operations:
        bodies = [*operation.answers.values(), TROUBLE]
        yield from (body.record for body in bodies if body is not None and body.record is not None)
        if operation.takes is not None:
            yield operation.takes
    yield from EVENTS.values()


def _tidy(schema: Json) -> Json:
    """Give a record's schema with its docstring as other programs show it."""
    said = schema.get("description")
    return {**schema, "description": cleandoc(said)} if said else schema


def _described(operation: Operation, schema_of: Mapping[int, Json]) -> Json:
    answers = dict(operation.answers)
    needs_login = not is_open(operation.path)
    if needs_login:
        answers[401] = TROUBLE
        if not operation.path.startswith("/api/"):
            answers[303] = None
    described: Json = {
        "summary": operation.what,
        "operationId": _name(operation),
        "parameters": _parameters(operation),
        "responses": {
            str(status): {
                "description": HTTPStatus(status).phrase, **_content(answers[status], schema_of)
            }
            for status in sorted(answers)
        },
        "security": [{}, {SESSION: []}] if needs_login else [],
    }  # fmt: skip
    if operation.takes is not None:
        content = {JSON: {"schema": schema_of[id(operation.takes)]}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _content(body: Body | None, schema_of: Mapping[int, Json]) -> Json:
    if body is None:
        return {}
    schema = {} if body.record is None else {"schema": schema_of[id(body.record)]}
    return {"content": {body.media: schema}}


def _parameters(operation: Operation) -> list[Json]:
    in_path = [
        {
            "name": name, "in": "path", "required": True, "description": PLACES[name],
            "schema": {"type": "string", "minLength": 1},
        }
        for name in _IN_BRACES.findall(operation.path)
    ]  # fmt: skip
    in_query = [
        {
            "name": one.name, "in": "query", "required": False, "description": one.what,
            "schema": dict(one.schema),
        }
        for one in operation.query
    ]  # fmt: skip
    return in_path + in_query


def _name(operation: Operation) -> str:
    """Give a name for programs that are made of the document, such as `get_api_alerts`."""
    words = re.findall(r"\w+", operation.path) or ["page"]
    return "_".join([operation.method, *words])
