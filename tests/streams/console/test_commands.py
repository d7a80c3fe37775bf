"""Commands over HTTP: the answer of the one who does them, with the status that goes with it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from aiohttp import ClientSession, web

from incidents.case_records import CaseEvent, CommandResult
from incidents.cases.table import possible
from streams.broker.admin import BrokerError
from streams.console import commands
from streams.console.access.guard import Guard
from streams.console.board import Board
from streams.console.serve import _listen
from streams.console.server import build_app
from tests.drawing import draw
from tests.streams.console.messages import MINUTE, alert, iso

NETWORK = draw("A---B").network
LOG = [CaseEvent(1, iso(MINUTE), "detector", "open")]
BODY = {"command_id": "c1", "action": "acknowledge", "alert_id": "d1", "actor": "li"}


class Desk:
    """Answers each command as it is told to, over the board as from the topic."""

    def __init__(self, board: Board, **answer: Any) -> None:
        self.board, self.given = board, {"is_accepted": True, "reason": None, "version": 2} | answer
        self.sent: list[dict[str, Any]] = []
        self.is_silent, self.is_away = False, False
        self.session: ClientSession

    async def send(self, command_id: str, body: bytes) -> None:
        if self.is_away:
            raise BrokerError("no broker at nowhere:1")
        self.sent.append(json.loads(body))
        if not self.is_silent:
            result = CommandResult(command_id, "d1", **self.given)
            self.board.take_answer(msgspec.json.encode(result))


Post = Callable[..., Awaitable[tuple[int, dict[str, Any]]]]


def served(
    test: Callable[[Post, Desk], Awaitable[None]], guard: Guard | None = None, **answer: Any
) -> None:
    """Run a test on a console whose commands go to a desk."""

    async def run() -> None:
        board = Board(NETWORK)
        desk = Desk(board, **answer)
        runner = web.AppRunner(build_app(board, desk, guard), shutdown_timeout=1.0)
        await runner.setup()
        port = await _listen(runner, "127.0.0.1", 0)

        async def post(body: Any = None, **more: Any) -> tuple[int, dict[str, Any]]:
            data = body if isinstance(body, bytes) else json.dumps(body or BODY).encode()
            headers = {"Content-Type": "application/json", **more.pop("headers", {})}
            async with session.post("/api/commands", data=data, headers=headers) as response:
                return response.status, await response.json()

        try:
            async with ClientSession(f"http://127.0.0.1:{port}") as session:
                desk.session = session
                await test(post, desk)
        finally:
            await runner.cleanup()

    asyncio.run(run())


def test_a_command_is_sent_as_it_came_and_answered_as_on_the_topic() -> None:
    async def test(post: Post, desk: Desk) -> None:
        assert await post() == (200, {
            "command_id": "c1", "alert_id": "d1", "is_accepted": True, "reason": None,
            "version": 2, "answer": "done",
        })  # fmt: skip
        assert desk.sent == [BODY]

    served(test)


@pytest.mark.parametrize(
    ("answer", "status"), [("stale", 409), ("impossible", 422), ("forbidden", 403)]
)
def test_what_is_refused_has_the_status_of_its_reason(answer: str, status: int) -> None:
    async def test(post: Post, desk: Desk) -> None:
        got, body = await post()
        assert (got, body["reason"], body["is_accepted"]) == (status, "no", False)

    served(test, is_accepted=False, reason="no", answer=answer)


def test_a_command_that_comes_again_has_its_answer_without_being_sent() -> None:
    async def test(post: Post, desk: Desk) -> None:
        assert await post() == await post()
        assert len(desk.sent) == 1

    served(test)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"\xff", "malformed"),
        (b'{"command_id": "c\xff", "action": "close"}', "utf-8"),
        (b"[]", "array"),
        (b'{"command_id": "c1", "deep": ' + b"[" * 20_000 + b"]" * 20_000 + b"}", "deep"),
        (b'{"command_id": "c1", "action": "explode", "actor": "li"}', "explode"),
        (b'{"command_id": "c1", "action": "close"}', "actor"),
        (json.dumps({**BODY, "patrol_id": " \n"}).encode(), "patrol_id"),
        (b'{"command_id": "c1", "comment": "' + b"x" * 70_000 + b'"}', "longer than"),
    ],
)
def test_what_is_no_command_is_not_sent(body: bytes, says: str) -> None:
    async def test(post: Post, desk: Desk) -> None:
        status, answer = await post(body)
        assert (status, answer["answer"], answer["is_accepted"]) == (422, "malformed", False)
        assert says in answer["reason"] or says == "malformed"
        assert desk.sent == []

    served(test)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_body_that_is_not_of_its_encoding_is_answered_400_and_not_sent(encoding: str) -> None:
    async def test(post: Post, desk: Desk) -> None:
        status, answer = await post(headers={"Content-Encoding": encoding})
        assert (status, answer["path"]) == (400, "/api/commands")
        assert encoding in answer["error"]
        assert desk.sent == []

    served(test)


def test_another_page_may_not_command() -> None:
    async def test(post: Post, desk: Desk) -> None:
        status, answer = await post(headers={"Origin": "http://evil.example"})
        assert (status, answer["answer"]) == (403, "forbidden")
        status, answer = await post(headers={"Content-Type": "text/plain"})
        assert (status, answer["answer"]) == (422, "malformed")
        assert desk.sent == []

    served(test)


def test_a_command_that_nobody_answers_may_be_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "PATIENCE_S", 0.05)

    async def test(post: Post, desk: Desk) -> None:
        desk.is_silent = True
        assert (await post())[0] == 504
        desk.is_silent = False
        assert (await post())[0] == 200
        desk.is_away = True
        assert (await post({**BODY, "command_id": "c2"}))[0] == 503

    served(test)


def test_what_may_be_commanded_is_asked_of_the_console() -> None:
    async def test(post: Post, desk: Desk) -> None:
        desk.board.take_alert(alert("d1", "AB", state="acknowledged", log=LOG))
        async with desk.session.get("/api/alerts/d1/actions") as response:
            body = await response.json()
        assert body["version"] == 1 and body["why_none"] is None
        assert [one["action"] for one in body["actions"]] == possible("acknowledged")
        async with desk.session.get("/api/alerts/nobody/actions") as response:
            assert response.status == 404
            assert (await response.json())["error"] == "no such alert"

    served(test)


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ({"Host": "evil.example:8600"}, "evil.example"),
        ({"Host": "["}, "localhost only"),
        ({"X-Forwarded-For": "10.1.2.3"}, "proxy"),
    ],
)
def test_without_users_only_this_machine_commands(headers: dict[str, str], says: str) -> None:
    async def test(post: Post, desk: Desk) -> None:
        status, answer = await post(headers=headers)
        assert (status, answer["answer"], desk.sent) == (403, "forbidden", [])
        assert says in answer["reason"]

    served(test)


def test_a_console_without_users_that_others_reach_takes_no_command() -> None:
    async def test(post: Post, desk: Desk) -> None:
        status, answer = await post()
        assert (status, desk.sent) == (403, []) and "no users" in answer["reason"]
        desk.board.take_alert(alert("d1", "AB"))
        async with desk.session.get("/api/alerts/d1/actions") as response:
            body = await response.json()
        assert body["actions"] == [] and "no users" in body["why_none"]

    served(test, guard=Guard(is_open=True))
