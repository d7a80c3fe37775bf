"""Webhooks from a broker: nothing is missed while the command is away, and what waited is sent."""

import asyncio
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from kafka import KafkaProducer

from incidents.exports.publication import PublicRoads
from streams.broker.admin import create_topics
from streams.broker.embedded import EmbeddedBroker
from streams.console.serve import _listen
from streams.settings import load_settings
from streams.webhooks.dead_list import DeadList
from streams.webhooks.send import send_for_ever
from streams.webhooks.senders import Senders
from tests.incidents.exports.cases import NETWORK, case

pytestmark = pytest.mark.broker
PATIENCE_S = 60.0


def test_nothing_is_missed_while_it_is_away_and_what_waited_is_sent_again(tmp_path: Path) -> None:
    got: list[str] = []
    answer = {"status": 204}

    async def take(request: web.Request) -> web.Response:
        if answer["status"] == 204:
            got.append(request.headers["webhook-id"])
        return web.Response(status=answer["status"])

    async def run(address: str) -> None:
        app = web.Application()
        app.router.add_post("/", take)
        runner = web.AppRunner(app, shutdown_timeout=0.2)
        await runner.setup()
        url = f"http://127.0.0.1:{await _listen(runner, '127.0.0.1', 0)}/"
        one = {"url": url, "secret_env": "S", "allows_private": True}
        overrides: dict[str, dict[str, Any]] = {
            "broker": {"address": address},
            "webhooks": {"subscribers": {"police": one}, "first_wait_s": 0.2},
        }
        settings = load_settings(environment={}, overrides=overrides)
        await asyncio.to_thread(create_topics, settings)
        producer = await asyncio.to_thread(KafkaProducer, bootstrap_servers=address)

        def publish(alert_id: str) -> None:
            producer.send("alerts", msgspec.json.encode(case(alert_id))).get(timeout=10)

        def start() -> asyncio.Task[None]:
            dead = DeadList(tmp_path / "dead.jsonl")
            secrets = {"police": "whsec_c2VjcmV0"}
            senders = Senders(settings, secrets, PublicRoads(NETWORK), dead)
            return asyncio.create_task(send_for_ever(settings, senders))

        async def until(*ids: str) -> None:
            async with asyncio.timeout(PATIENCE_S):
                while not {f"{name}.4" for name in ids} <= set(got):
                    await asyncio.sleep(0.05)

        async def stop(task: asyncio.Task[None]) -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        publish("before")
        sending = start()
        number = 0
        while not got:  # the first place is that of now, whenever that is
            number += 1
            publish(f"early-{number}")
            await asyncio.sleep(0.5)
        answer["status"] = 500
        publish("refused")
        await asyncio.sleep(2.0)
        await stop(sending)
        publish("away")
        answer["status"] = 204
        sending = start()
        await until("refused", "away")
        await stop(sending)
        producer.close()
        await runner.cleanup()

    with EmbeddedBroker() as broker:
        asyncio.run(run(broker.address))
    assert "before.4" not in got
    assert (tmp_path / "dead.jsonl").read_bytes() == b""
    assert json.dumps(got).count("away.4") == 1
