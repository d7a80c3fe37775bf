"""How an agent is attached to a topic; every agent of the chain is this one."""

import faust

from streams.broker.faust_app import ClearwayApp, raw_topic
from streams.broker.hosting import StageHost
from streams.settings import Settings


def attach(app: ClearwayApp, settings: Settings, host: StageHost, topic: str) -> None:
    """Have the application hand every message of the topic to the host.

    Messages are not acknowledged here: the host does it once the state that holds them is saved.
    """

    async def agent(stream: faust.StreamT) -> None:
        async for event in stream.noack().events():
            await host.take(topic, event)

    app.agent(raw_topic(app, settings, topic), name=f"{host.name} of {topic}")(agent)
