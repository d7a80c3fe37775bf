"""Reading a topic to its end, whatever the broker says where that is."""

import asyncio
from collections.abc import Iterator

import pytest
from aiokafka import AIOKafkaProducer

from streams.broker.admin import create_topics
from streams.broker.embedded import EmbeddedBroker
from streams.broker.topic_reader import open_reader
from streams.settings import Settings, load_settings
from streams.topics import ALERTS

pytestmark = pytest.mark.broker


@pytest.fixture
def settings() -> Iterator[Settings]:
    """Give the settings of an empty broker, ended after the test."""
    broker = EmbeddedBroker()
    broker.start()
    made = load_settings(environment={}, overrides={"broker": {"address": broker.address}})
    create_topics(made)
    yield made
    broker.stop()


async def read_after(settings: Settings, batches: list[list[bytes]]) -> list[list[bytes | None]]:
    """Send each batch as one, and give what the topic holds after it."""
    found = []
    producer = AIOKafkaProducer(bootstrap_servers=settings.broker.address, linger_ms=50)
    await producer.start()
    try:
        for values in batches:
            sends = [await producer.send(ALERTS, value, partition=0) for value in values]
            await asyncio.gather(*sends)
            async with open_reader(settings.broker, ALERTS) as reader:
                found.append([r.value async for r in reader.read(*await reader.bounds())])
    finally:
        await producer.stop()
    return found


def test_messages_sent_together_are_all_read(settings: Settings) -> None:
    batches = [[b"1", b"2", b"3"], [b"4"], [b"5", b"6"]]
    found = asyncio.run(read_after(settings, batches))
    assert found == [[b"1", b"2", b"3"], [b"1", b"2", b"3", b"4"], [b"%d" % n for n in range(1, 7)]]


def test_an_empty_topic_has_nothing_to_read(settings: Settings) -> None:
    assert asyncio.run(read_after(settings, [[]])) == [[]]
