"""The client that Faust is given: what it asks of the broker."""

import asyncio

import pytest
from aiokafka import AIOKafkaConsumer
from faust.transport.drivers.aiokafka import Transport

from streams.broker import fetched
from streams.broker.faust_app import build_app
from streams.broker.faust_consumer import ClearwayConsumer, CommittedConsumerThread
from streams.settings import load_settings


async def asked(name: str) -> object:
    """Give what a worker's client asks for, by the client's own name of it."""
    app = build_app(load_settings(environment={}))
    transport, consumer = app.transport, app.consumer
    assert isinstance(transport, Transport)
    assert isinstance(consumer, ClearwayConsumer)
    thread = consumer._new_consumer_thread()
    assert isinstance(thread, CommittedConsumerThread)
    return getattr(thread._create_worker_consumer(transport), name)


async def meant(name: str) -> object:
    """Give how the client calls what is meant."""
    wait = {"fetch_max_wait_ms": fetched.WAIT_MS, "isolation_level": "read_committed"}
    return getattr(AIOKafkaConsumer(**wait), name)


@pytest.mark.parametrize("name", ["_fetch_max_wait_ms", "_isolation_level"])
def test_a_worker_waits_briefly_and_reads_what_was_committed(name: str) -> None:
    assert asyncio.run(asked(name)) == asyncio.run(meant(name))
