"""The store agents: states, traversals and alerts into the lake."""

import asyncio
import logging
from pathlib import Path

import faust

from mapmatch.network import Network
from streams import topics
from streams.broker.faust_app import ClearwayApp, raw_topic
from streams.lake.writing import LakeWriter
from streams.settings import Settings

log = logging.getLogger(__name__)

INPUTS = (topics.STATES, topics.TRAVERSALS, topics.ALERTS)


def add(app: ClearwayApp, settings: Settings, network: Network) -> None:
    """Add an agent for each stored topic, and the writing of unfinished blocks, to the application.

    A message is acknowledged when its block is whole and written, so that a block is always
    written from all of its messages and writing it again changes nothing. While the disk refuses
    it, an agent waits and tries again; nothing is acknowledged meanwhile.
    """
    folder = Path(settings.lake.folder or "lake")
    lake = LakeWriter(folder, network, settings.city.timezone)
    turn = asyncio.Lock()

    def attach(topic: str) -> None:
        async def store(stream: faust.StreamT) -> None:
            async for event in stream.noack().events():
                message = event.message
                sent_ms = round((message.timestamp or 0.0) * 1000)
                at = (topic, message.partition, message.offset)
                async with turn:
                    lake.add(*at, message.value or b"", event, sent_ms)
                for done in await written():
                    done.ack()

        app.agent(raw_topic(app, settings, topic), name=f"store of {topic}")(store)

    async def written() -> list[faust.EventT]:
        while True:
            try:
                async with turn:
                    return await asyncio.to_thread(lake.write_whole_blocks)
            except OSError as error:
                log.error("lake %s: not written, tried again: %s", folder, error)
                await asyncio.sleep(settings.lake.every_s)

    for topic in INPUTS:
        attach(topic)

    @app.timer(interval=settings.lake.every_s)
    async def write_unfinished() -> None:
        try:
            async with turn:
                await asyncio.to_thread(lake.write_unfinished)
        except OSError as error:
            log.error("lake %s: not written, tried again: %s", folder, error)

    async def forget(sender: ClearwayApp, partitions: set, **_: object) -> None:
        prefix = settings.topics.prefix
        async with turn:
            lake.forget({(tp.topic.removeprefix(prefix), tp.partition) for tp in partitions})

    app.on_partitions_revoked.connect(forget, weak=False)
