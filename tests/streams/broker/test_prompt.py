"""A broker that takes connections and says nothing is not waited for long."""

import asyncio
import socket
import time
from collections.abc import Iterator

import pytest
from aiokafka import conn
from aiokafka.conn import AIOKafkaConnection, create_conn
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.produce import ProduceRequest
from kafka import KafkaConsumer

from streams.broker import prompt
from streams.broker.admin import BrokerError, connected
from streams.broker.embedded import EmbeddedBroker
from streams.broker.prompt import PromptConnection
from streams.broker.topic_reader import open_reader
from streams.settings import BrokerSettings, load_settings


@pytest.fixture
def silent() -> Iterator[str]:
    """Give the address of one that accepts connections and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"127.0.0.1:{listening.getsockname()[1]}"


def test_a_connection_to_a_silent_broker_is_given_up_soon(
    silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conn, "AIOKafkaConnection", conn.AIOKafkaConnection)
    monkeypatch.setattr(prompt, "QUICK_S", 0.2)
    prompt.install()
    host, _, port = silent.partition(":")
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        asyncio.run(create_conn(host, int(port), request_timeout_ms=1_200_000))
    assert time.monotonic() - began < 5.0


def test_of_several_brokers_one_that_answers_is_found(silent: str) -> None:
    with EmbeddedBroker() as broker:
        settings = load_settings(
            environment={},
            overrides={
                "broker": {
                    "address": f"{silent},127.0.0.1:1,{broker.address}",
                    "connect_timeout_s": 3.0,
                }
            },
        )
        for _ in range(3):
            connected(settings, KafkaConsumer).close()


def test_brokers_that_are_all_silent_are_said_to_be_away(silent: str) -> None:
    settings = load_settings(
        environment={},
        overrides={"broker": {"address": f"{silent},{silent}", "connect_timeout_s": 1.0}},
    )
    with pytest.raises(BrokerError, match=r"no broker at .* within 1 s"):
        connected(settings, KafkaConsumer)


def test_a_reader_finds_the_broker_that_answers(
    silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompt, "QUICK_S", 0.5)

    async def read() -> None:
        with EmbeddedBroker() as broker:
            settings = BrokerSettings(address=f"{silent},{broker.address}")
            with pytest.raises(BrokerError, match="has no partition 0"):
                async with open_reader(settings, "none"):
                    pass

    asyncio.run(asyncio.wait_for(read(), 20.0))


@pytest.mark.parametrize("question", [MetadataRequest([]), ProduceRequest(None, 1, 1000, [])])
def test_who_is_cancelled_just_as_the_answer_comes_goes_on_no_more(
    question: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ask() -> None:
        answer = asyncio.get_running_loop().create_future()
        monkeypatch.setattr(AIOKafkaConnection, "send", lambda *_: answer)
        asking = asyncio.ensure_future(PromptConnection("nowhere", 1).send(question))
        await asyncio.sleep(0.01)
        answer.set_result("the answer")
        asking.cancel()
        await asking

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(ask())
