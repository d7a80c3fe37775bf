"""A worker of one stage that says every message again: what it misses or doubles can be seen.

`python -m tests.broker.kafka.echo_worker ADDRESS PREFIX` echoes `gps.taxi` on `alert-commands`.
After a message `leap` its client passes over the next five, as Faust did where a broker was killed.
"""

import asyncio
import sys

import faust
import msgspec
from aiokafka import TopicPartition

from streams import topics
from streams.agents.wiring import attach
from streams.agents.worker import keep_state, watch_topics
from streams.broker.admin import create_topics
from streams.broker.faust_app import ClearwayApp, FaustLink, build_app
from streams.broker.hosting import StageHost
from streams.settings import load_settings
from streams.stages.counts import StageCounts
from streams.stages.messages import Incoming, Outgoing, Passed


class Echo:
    """Counts messages and says each again."""

    def __init__(self, partition: int) -> None:
        self.partition, self.count = partition, 0

    def take(self, message: Incoming) -> list[Outgoing]:
        assert isinstance(message.content, bytes)
        self.count += 1
        return [Outgoing(topics.ALERT_COMMANDS, 0, message.content)]

    def snapshot(self) -> bytes:
        return msgspec.json.encode(self.count)

    def restore(self, data: bytes) -> None:
        self.count = msgspec.json.decode(data, type=int)

    def counts(self) -> list[StageCounts]:
        return [StageCounts("echo", self.partition, topics.GPS_TAXI, rows_in=self.count)]

    def pass_time(self, now: float) -> Passed:
        return Passed([], [])


async def leap(app: ClearwayApp, tp: TopicPartition) -> None:
    """Pass over five messages of those to come."""
    client = app.consumer._thread._ensure_consumer()
    client.pause(tp)
    at = await app.consumer.position(tp)
    while (await app.consumer.highwaters(tp))[tp] < at + 10:
        await asyncio.sleep(0.1)
    client.seek(tp, at + 5)
    client.resume(tp)


def main(address: str, prefix: str) -> None:
    """Work until stopped."""
    overrides = {
        "broker": {"address": address},
        "topics": {"prefix": prefix},
        "snapshots": {"every_s": 0.5},
    }
    settings = load_settings(environment={}, overrides=overrides)
    create_topics(settings)
    app = build_app(settings)
    link = FaustLink(app, settings)
    host = StageHost("echo", (topics.GPS_TAXI,), Echo, link, settings, "nowhere")
    attach(app, settings, host, topics.GPS_TAXI)
    leaping = app.topic(f"{prefix}{topics.ALERT_COMMANDS}", value_serializer="raw")

    @app.agent(leaping)
    async def leap_once(stream: faust.StreamT) -> None:
        async for value in stream:
            if value == b"leap":
                await leap(app, TopicPartition(f"{prefix}{topics.GPS_TAXI}", 0))

    keep_state(app, [host], settings)
    watch_topics(app, link, [host])

    @app.timer(interval=0.5)
    async def publish() -> None:
        for counts in host.counts() if app.consumer.assignment() else []:
            await link.send(topics.COUNTS, 0, None, msgspec.json.encode(counts))

    faust.Worker(
        app, loglevel="INFO", quiet=True, redirect_stdouts=False
    ).execute_from_commandline()


if __name__ == "__main__":
    main(*sys.argv[1:])
