"""`POST /api/commands`: a command from the page, and its answer."""

from collections.abc import Mapping
from typing import Protocol

import msgspec
from aiohttp import web

from incidents.case_records import Answer, Command, CommandResult
from streams.broker.admin import BrokerError
from streams.console.access.guard import Guard, foreign_origin
from streams.console.access.person import Person
from streams.console.answers import Answers
from streams.console.board import Board
from streams.console.interface.operation import Trouble
from streams.no_json import NO_JSON

PATIENCE_S = 10.0
"""A command that nobody answers within this time is given up. Unit: s. Source: chosen, as long as a
person waits."""
LONGEST_BYTES = 64 * 1024
"""A longer command is refused. Unit: bytes. Source: chosen, ten of the longest texts."""
STATUS: Mapping[Answer, int] = {
    "done": 200, "stale": 409, "impossible": 422, "malformed": 422, "forbidden": 403,
}  # fmt: skip


class _Named(msgspec.Struct):
    command_id: str
    alert_id: str | None = None
    action: str | None = None


class Sender(Protocol):
    """What carries commands to those who do them."""

    async def send(self, command_id: str, body: bytes) -> None:
        """Send a command. Raises BrokerError where it cannot be sent."""


async def answer(
    request: web.Request, guard: Guard, board: Board, sender: Sender | None
) -> web.Response:
    """Give the answer to the command in a request: at once where it was given before."""
    person, body = guard.person(request), await request.read()
    command = _read(request, body, person)
    if isinstance(command, Command):
        why = guard.why_not(person, command, board.alerts_by_id)
        if why is not None:
            command = _refused(body, why, "forbidden")
    result: CommandResult | tuple[int, str] = (
        command
        if isinstance(command, CommandResult)
        else await _done(command, body, board.answers, sender)
    )
    _note(request, guard, person, body, result)
    return _said(result) if isinstance(result, CommandResult) else _unanswered(*result)


def _read(request: web.Request, body: bytes, person: Person) -> Command | CommandResult:
    """Give the command in a request, or what is answered where it is none or may not be."""
    forbidden = _why_forbidden(request, person)
    if forbidden:
        return _refused(body, forbidden, "forbidden")
    try:
        if len(body) > LONGEST_BYTES:
            raise ValueError(f"longer than {LONGEST_BYTES} bytes")
        if request.content_type != "application/json":
            raise ValueError(f"content type {request.content_type}, expected application/json")
        return msgspec.json.decode(body, type=Command)
    except (*NO_JSON, ValueError) as error:
        return _refused(body, str(error), "malformed")


async def _done(
    command: Command, body: bytes, answers: Answers, sender: Sender | None
) -> CommandResult | tuple[int, str]:
    """Give the answer to a command, sent now unless it has one; else the status and why not."""
    known = answers.get(command.command_id)
    if known is None and sender is not None:
        try:
            await sender.send(command.command_id, body)
        except BrokerError as error:
            return 503, str(error)
        known = await answers.wait(command.command_id, PATIENCE_S)
    return known or (504, "no answer yet: send it again as it is, it is done once")


def _note(
    request: web.Request,
    guard: Guard,
    person: Person,
    body: bytes,
    result: CommandResult | tuple[int, str],
) -> None:
    """Keep who commanded what, and what became of it."""
    named = _named(body)
    if isinstance(result, CommandResult):
        answer, reason = str(result.answer), result.reason
    else:
        answer, reason = str(result[0]), result[1]
    guard.note(
        request, "command", person.name, command_id=named.command_id, action=named.action,
        alert_id=named.alert_id, answer=answer, reason=reason,
    )  # fmt: skip


def _why_forbidden(request: web.Request, person: Person) -> str | None:
    """Say why a request may change nothing: by whom it is, or of which page."""
    if person.why_read_only is not None:
        return person.why_read_only
    origin = foreign_origin(request)
    return None if origin is None else f"a page of {origin} may not command this console"


def _refused(body: bytes, reason: str, kind: Answer) -> CommandResult:
    named = _named(body)
    return CommandResult(named.command_id, named.alert_id, False, reason, None, kind)


def _named(body: bytes) -> _Named:
    try:
        return msgspec.json.decode(body, type=_Named)
    except NO_JSON:
        return _Named("")


def _said(result: CommandResult) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(result),
        status=STATUS[result.answer],
        content_type="application/json",
    )


def _unanswered(status: int, reason: str) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(Trouble(reason)), status=status, content_type="application/json"
    )
