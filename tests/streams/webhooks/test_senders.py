"""Subscribers over HTTP: signed, each at its own pace, no redirect, no private network."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from standardwebhooks import Webhook

from incidents.case_records import CaseEvent
from incidents.exports.publication import PublicRoads
from incidents.records import iso
from streams.cli.interchange.webhooks import secrets_of
from streams.console.serve import _listen
from streams.settings import SettingsError, load_settings
from streams.webhooks.dead_list import DeadList
from streams.webhooks.senders import Senders
from tests.incidents.exports.cases import MINUTE, NETWORK, case

SECRET = "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQ="
SECRETS = {name: SECRET for name in ("public", "city", "slow", "far")}


class Hook:
    """A subscriber's server: what it was sent, and a way that leads elsewhere."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, Any], bytes]] = []
        self.held = asyncio.Event()

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.got.append((request.path, dict(request.headers), body))
        if request.path == "/away":
            raise web.HTTPFound("/secret")
        if request.path == "/slow":
            await self.held.wait()
        return web.Response(status=204)

    def of(self, path: str) -> list[dict[str, Any]]:
        """Give the bodies that came to a path."""
        return [json.loads(body) for at, _, body in self.got if at == path]


def sent(
    folder: Path, subscribers: dict[str, Any], test: Callable[[Senders, Hook], Awaitable[None]],
    **hooks: Any,
) -> None:  # fmt: skip
    """Run a test with subscribers whose `url` is a path of one server."""

    async def run() -> None:
        hook = Hook()
        app = web.Application()
        app.router.add_post("/{name:.*}", hook.take)
        runner = web.AppRunner(app, shutdown_timeout=0.2)
        await runner.setup()
        address = f"http://127.0.0.1:{await _listen(runner, '127.0.0.1', 0)}"
        named = {
            name: {"secret_env": "SECRET", "allows_private": True, **one, "url": one.get(
                "whole_url", address + one["url"]
            )}
            for name, one in subscribers.items()
        }  # fmt: skip
        for one in named.values():
            one.pop("whole_url", None)
        settings = load_settings(
            environment={}, overrides={"webhooks": {"subscribers": named, **hooks}}
        )
        dead = DeadList(folder / "dead.jsonl")
        senders = Senders(settings, SECRETS, PublicRoads(NETWORK), dead)
        delivering = asyncio.create_task(senders.deliver_for_ever())
        try:
            await test(senders, hook)
        finally:
            delivering.cancel()
            hook.held.set()
            await asyncio.gather(delivering, return_exceptions=True)
            await senders.close()
            await runner.cleanup()

    asyncio.run(run())


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():
            await asyncio.sleep(0.01)


def test_a_message_is_signed_so_that_the_standard_library_believes_it(tmp_path: Path) -> None:
    async def test(senders: Senders, hook: Hook) -> None:
        senders.offer(case(), 7)
        assert senders.told_to(8) == 7
        await until(lambda: bool(hook.got) and senders.told_to(8) == 8)
        _, headers, body = hook.got[0]
        Webhook(SECRET).verify(body, headers)
        assert headers["webhook-id"] == "incident-BC-1.4"
        told = json.loads(body)
        assert (told["type"], told["timestamp"]) == ("incident.published", iso(MINUTE + 90))
        assert "log" not in told["data"] and b"mayor" not in body

    sent(tmp_path, {"public": {"url": "/p"}}, test)


def test_only_what_is_published_leaves_and_that_it_is_withdrawn(tmp_path: Path) -> None:
    gone = case(version=5, is_published=False)
    gone = msgspec.structs.replace(
        gone, log=[*gone.log, CaseEvent(5, iso(MINUTE + 120), "li", "withdraw")]
    )
    never = case("never", is_published=False, log=case().log[:2])
    after = msgspec.structs.replace(gone, version=6, log=[*gone.log, gone.log[-1]])

    async def test(senders: Senders, hook: Hook) -> None:
        for place, one in enumerate([never, case(), gone, after]):
            senders.offer(one, place)
        await until(lambda: senders.told_to(9) == 9)
        told = [(one["type"], one["data"]["alert_id"]) for one in hook.of("/p")]
        assert told == [
            ("incident.published", "incident-BC-1"), ("incident.withdrawn", "incident-BC-1"),
        ]  # fmt: skip
        versions = [one["data"]["version"] for one in hook.of("/c")]
        assert versions == [4, 4, 5, 6]

    subscribers = {"public": {"url": "/p"}, "city": {"url": "/c", "sends": "all"}}
    sent(tmp_path, subscribers, test)


def test_a_slow_subscriber_hurts_nobody(tmp_path: Path) -> None:
    async def test(senders: Senders, hook: Hook) -> None:
        for version in range(20):
            senders.offer(case(version=version), version)
            await until(lambda: len(hook.of("/c")) == version + 1)  # noqa: B023
        assert len(hook.of("/slow")) == 1
        assert senders.told_to(20) == 0  # the slow one is still told the first
        dead = (tmp_path / "dead.jsonl").read_bytes().splitlines()
        assert len(dead) == 14  # five wait, one is on its way
        assert json.loads(dead[0])["subscriber"] == "slow"

    subscribers = {"slow": {"url": "/slow", "sends": "all"}, "city": {"url": "/c", "sends": "all"}}
    sent(tmp_path, subscribers, test, queue_length=5)


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    async def test(senders: Senders, hook: Hook) -> None:
        senders.offer(case(), 0)
        await until(lambda: senders.subscribers[0].failed_count >= 2)
        assert {path for path, _, _ in hook.got} == {"/away"}

    sent(tmp_path, {"public": {"url": "/away"}}, test, first_wait_s=0.01)


def test_a_private_address_is_not_reached_unless_it_is_allowed(tmp_path: Path) -> None:
    async def test(senders: Senders, hook: Hook) -> None:
        senders.offer(case(), 0)
        await until(lambda: senders.subscribers[0].failed_count >= 2)
        assert hook.got == []

    far = {"url": "/", "whole_url": "https://localhost:1/", "allows_private": False}
    sent(tmp_path, {"far": far}, test, first_wait_s=0.01)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"url": "http://traffic.example/hook"}, "expected https://HOST"),
        ({"url": "ftp://traffic.example"}, "expected https://HOST"),
        ({"url": "https://li:pw@traffic.example"}, "without a user"),
        ({"area": [2, 1, 1, 2]}, "expected west, south, east, north"),
        ({"kinds": ["jam"]}, "kinds"),
    ],
)
def test_a_wrong_subscriber_is_refused_with_its_place(change: dict[str, Any], says: str) -> None:
    one = {"url": "https://traffic.example/hook", "secret_env": "SECRET", **change}
    with pytest.raises(SettingsError, match=says):
        load_settings(environment={}, overrides={"webhooks": {"subscribers": {"police": one}}})


@pytest.mark.parametrize("secret", [None, "", "whsec_", "not base64"])
def test_a_lacking_or_wrong_secret_stops_it_before_it_starts(secret: str | None) -> None:
    one = {"url": "https://traffic.example/hook", "secret_env": "POLICE_SECRET"}
    settings = load_settings(
        environment={}, overrides={"webhooks": {"subscribers": {"police": one}}}
    )
    with pytest.raises(SettingsError, match=r"subscribers\.police: POLICE_SECRET"):
        secrets_of(settings, {} if secret is None else {"POLICE_SECRET": secret})
    assert secrets_of(settings, {"POLICE_SECRET": SECRET}) == {"police": SECRET}
