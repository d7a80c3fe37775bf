"""What was given up is sent once more, and leaves the list when it is taken."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from click.testing import CliRunner

from streams.cli.interchange.webhooks import webhooks
from streams.console.serve import _listen
from streams.settings import load_settings
from streams.webhooks.dead_list import DeadList, DeadListError
from streams.webhooks.message import Message
from streams.webhooks.retry import retry

SECRET = "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQ="


def dead_list(folder: Path, *messages: tuple[str, str]) -> DeadList:
    """Give a list of messages, each a subscriber and an id."""
    dead = DeadList(folder / "dead.jsonl")
    for name, webhook_id in messages:
        dead.add(name, Message(webhook_id, b'{"type":"alert.changed"}'), "answered 500", 9, 0.0)
    return dead


def left(dead: DeadList) -> list[tuple[str, str]]:
    return [(one.subscriber, one.webhook_id) for one in dead.messages()]


def retried(dead: DeadList, refused: Sequence[str] = (), names: Sequence[str] = ()) -> list[str]:
    """Send a list once more to the subscribers a and b; give the ids that came."""
    came: list[str] = []

    async def take(request: web.Request) -> web.Response:
        webhook_id = request.headers["webhook-id"]
        assert request.headers["webhook-signature"] and await request.read()
        came.append(webhook_id)
        dead.add("b", Message(f"new-{webhook_id}", b"{}"), "meanwhile", 1, 0.0)
        return web.Response(status=500 if webhook_id in refused else 204)

    async def run() -> None:
        app = web.Application()
        app.router.add_post("/", take)
        runner = web.AppRunner(app, shutdown_timeout=0.2)
        await runner.setup()
        url = f"http://127.0.0.1:{await _listen(runner, '127.0.0.1', 0)}/"
        one: dict[str, Any] = {"url": url, "secret_env": "SECRET", "allows_private": True}
        hooks = {"subscribers": {"a": one, "b": one}}
        settings = load_settings(environment={}, overrides={"webhooks": hooks})
        try:
            await retry(settings, {"a": SECRET, "b": SECRET}, dead, names)
        finally:
            await runner.cleanup()

    asyncio.run(run())
    return came


def test_what_is_taken_leaves_the_list_and_what_comes_meanwhile_stays(tmp_path: Path) -> None:
    dead = dead_list(tmp_path, ("a", "x.1"), ("a", "x.2"), ("gone", "x.1"))
    assert retried(dead) == ["x.1", "x.2", "new-x.1", "new-x.2"]
    assert left(dead) == [("gone", "x.1"), ("b", "new-new-x.1"), ("b", "new-new-x.2")]


def test_one_that_still_fails_keeps_its_messages_in_their_order(tmp_path: Path) -> None:
    dead = dead_list(tmp_path, ("a", "x.1"), ("a", "x.2"), ("a", "x.3"))
    assert retried(dead, refused=["x.2"], names=["a"]) == ["x.1", "x.2"]
    assert left(dead)[:2] == [("a", "x.2"), ("a", "x.3")]


def test_a_line_that_is_no_message_is_named(tmp_path: Path) -> None:
    dead = dead_list(tmp_path, ("a", "x.1"))
    with (tmp_path / "dead.jsonl").open("ab") as file:
        file.write(b"rubbish\n")
    with pytest.raises(DeadListError, match=r"dead\.jsonl: line 2: .*expected a message"):
        dead.messages()


def test_a_subscriber_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "clearway.toml"
    config.write_text(
        '[webhooks.subscribers.police]\nurl = "https://police.example/"\nsecret_env = "SECRET"\n'
    )
    answer = CliRunner().invoke(webhooks, ["retry", "plice", "--config", str(config)])
    assert answer.exit_code == 2
    assert "plice is no subscriber, expected one of police" in answer.output
