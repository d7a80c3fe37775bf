"""The detect agent: segment states of every region to alerts."""

from collections.abc import AsyncIterator

import msgspec

from incidents.records import Alert
from streams import topics
from streams.agents.wiring import attach
from streams.broker.faust_app import ClearwayApp
from streams.broker.hosted import Link
from streams.broker.hosting import StageHost
from streams.broker.topic_reader import open_reader
from streams.chain import Chain
from streams.settings import Settings
from streams.stages.detect import DetectStage
from streams.stages.stage import Stage
from streams.topics import topic_name

INPUTS = (topics.STATES,)


def add(app: ClearwayApp, link: Link, settings: Settings, chain: Chain) -> StageHost:
    """Add the agent to the application and give its host."""

    async def note_published(stage: Stage) -> None:
        if isinstance(stage, DetectStage):
            async for alert in published_alerts(settings):
                stage.note_published(alert)

    host = StageHost(
        "detect", INPUTS, chain.detect_stage, link, settings, chain.city.identity, note_published
    )
    for topic in INPUTS:
        attach(app, settings, host, topic)
    return host


async def published_alerts(settings: Settings) -> AsyncIterator[Alert]:
    """Give every alert version that is on the topic."""
    async with open_reader(settings.broker, topic_name(settings.topics, topics.ALERTS)) as reader:
        async for record in reader.read(*await reader.bounds()):
            try:
                yield msgspec.json.decode(record.value or b"", type=Alert)
            except msgspec.MsgspecError:
                continue
