"""The store agents: states, traversals and alerts into the lake."""

import faust

from streams import topics
from streams.broker.faust_app import ClearwayApp, raw_topic
from streams.lake.writing import LakeWriter
from streams.settings import Settings

INPUTS = (topics.STATES, topics.TRAVERSALS, topics.ALERTS)


def add(app: ClearwayApp, settings: Settings) -> None:
    """Add an agent for each stored topic, and the writing of unfinished blocks, to the application.

    A message is acknowledged when its block is whole and written, so that a block is always
    written from all of its messages and writing it again changes nothing.
    """
    lake = LakeWriter(settings.lake)

    def attach(topic: str) -> None:
        async def store(stream: faust.StreamT) -> None:
            async for event in stream.noack().events():
                message = event.message
                for done in lake.add(
                    topic, message.partition, message.offset, message.value or b"", event
                ):
                    done.ack()

        app.agent(raw_topic(app, settings, topic), name=f"store of {topic}")(store)

    for topic in INPUTS:
        attach(topic)

    @app.timer(interval=settings.lake.every_s)
    async def write_unfinished() -> None:
        lake.write_unfinished()

    async def forget(sender: ClearwayApp, partitions: set, **_: object) -> None:
        prefix = settings.topics.prefix
        lake.forget({(tp.topic.removeprefix(prefix), tp.partition) for tp in partitions})

    app.on_partitions_revoked.connect(forget, weak=False)
