"""The client of the page on cases: it goes on where it stopped, and its commands are answered."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from kafka import KafkaProducer
from msgspec.structs import replace

from incidents.case_records import Command, CommandResult
from streams.broker.admin import create_topics
from streams.broker.commands import CommandSender
from streams.broker.embedded import EmbeddedBroker
from streams.broker.topic_reader import open_reader
from streams.children import spawn, stop
from streams.console.board import Board
from streams.console.serve import serve
from streams.settings import BrokerSettings, load_settings
from streams.topics import ALERT_COMMANDS, COMMAND_RESULTS
from tests.incidents.exports.cases import NETWORK, case
from tests.pages import ROOT, blocks

pytestmark = pytest.mark.broker
PATIENCE_S = 90.0
(CODE,) = blocks(ROOT / "docs" / "cases.md", "python")


class Desk:
    """Answers each command on the topic: the first case is acknowledged, no other."""

    def __init__(self, broker: BrokerSettings) -> None:
        self._broker, self._next = broker, 0
        self._producer = KafkaProducer(bootstrap_servers=broker.address)

    def publish(self, alert_id: str) -> None:
        grave = replace(case(alert_id), severity=3, state="open")
        self._send("alerts", msgspec.json.encode(grave))

    async def answer(self) -> None:
        """Answer the commands that come within a second."""
        async with open_reader(self._broker, ALERT_COMMANDS) as reader:
            async for message in reader.wait(self._next):
                self._next = message.offset + 1
                command = msgspec.json.decode(message.value or b"", type=Command)
                is_done = command.alert_id == "first"
                result = CommandResult(
                    command.command_id, command.alert_id, is_done, None if is_done else "too late",
                    5, "done" if is_done else "stale",
                )  # fmt: skip
                await asyncio.to_thread(self._send, COMMAND_RESULTS, msgspec.json.encode(result))

    def _send(self, topic: str, value: bytes) -> None:
        self._producer.send(topic, value).get(timeout=10)


def test_the_client_goes_on_where_it_stopped_and_is_answered(tmp_path: Path) -> None:
    assert len([line for line in CODE.splitlines() if line]) <= 20

    async def run(broker: str) -> list[str]:
        settings = load_settings(environment={}, overrides={"broker": {"address": broker}})
        await asyncio.to_thread(create_topics, settings)
        desk = await asyncio.to_thread(Desk, settings.broker)
        sender = CommandSender(settings)
        ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        board = Board(NETWORK)
        console: asyncio.Task[Any] = asyncio.create_task(
            serve(board, broker, port=0, sender=sender, on_ready=ready.set_result)
        )
        code = CODE.replace("http://127.0.0.1:8600", await ready).replace("localhost:9092", broker)
        said = tmp_path / "said"

        async def shown(*words: str) -> None:
            async with asyncio.timeout(PATIENCE_S):
                while not all(word in said.read_text() for word in words):
                    await desk.answer()

        def start() -> subprocess.Popen[bytes]:
            with said.open("ab") as out:
                return spawn([sys.executable, "-c", code], stdout=out, stderr=out)

        await asyncio.to_thread(desk.publish, "first")
        client = start()
        try:
            await shown("open first 4", "done")
            await asyncio.sleep(1.0)  # it saves its place
            stop(client)
            await asyncio.to_thread(desk.publish, "second")
            client = start()
            await shown("open second 4", "stale")
        finally:
            stop(client)
            console.cancel()
            sender.close()
        return said.read_text().splitlines()

    with EmbeddedBroker() as embedded:
        lines = asyncio.run(run(embedded.address))
    assert lines == ["open first 4", "done", "open second 4", "stale"]
