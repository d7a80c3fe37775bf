"""The detect agent: segment states of every region to alerts."""

import msgspec

from incidents.records import Alert
from streams import topics
from streams.agents.wiring import attach
from streams.broker.faust_app import ClearwayApp
from streams.broker.hosting import Link, StageHost
from streams.broker.topic_reader import open_reader
from streams.chain import Chain
from streams.settings import Settings
from streams.stages.detect import DetectStage
from streams.stages.stage import Stage
from streams.topics import topic_name

INPUTS = (topics.STATES,)


def add(app: ClearwayApp, link: Link, settings: Settings, chain: Chain) -> StageHost:
    """Add the agent to the application and give its host."""

    async def learn_published(stage: Stage) -> None:
        if isinstance(stage, DetectStage):
            stage.set_published(await published_versions(settings))

    host = StageHost(
        "detect", INPUTS, chain.detect_stage, link, settings, chain.city.identity, learn_published
    )
    for topic in INPUTS:
        attach(app, settings, host, topic)
    return host


async def published_versions(settings: Settings) -> set[tuple[str, int]]:
    """Give the id and version of every alert that is already on the topic."""
    found = set()
    async with open_reader(settings.broker, topic_name(settings.topics, topics.ALERTS)) as reader:
        async for record in reader.read(*await reader.bounds()):
            try:
                alert = msgspec.json.decode(record.value or b"", type=Alert)
            except msgspec.MsgspecError:
                continue
            found.add((alert.alert_id, alert.version))
    return found
