"""The detect agent: segment states of every region, and reports from people, to alerts."""

from collections.abc import Mapping
from contextlib import suppress

import msgspec

from incidents.records import Alert
from streams import topics
from streams.agents.wiring import attach
from streams.broker.faust_app import ClearwayApp
from streams.broker.hosted import Link
from streams.broker.hosting import StageHost
from streams.broker.topic_reader import TopicReader, open_reader
from streams.chain import Chain
from streams.settings import Settings
from streams.stages.detect import DetectStage
from streams.stages.stage import Stage
from streams.topics import topic_name

INPUTS = (topics.REPORTS, topics.STATES)
"""Reports first: where a state is made again from both, they are there when their minutes come."""


def add(app: ClearwayApp, link: Link, settings: Settings, chain: Chain) -> StageHost:
    """Add the agent to the application and give its host."""

    async def note_published(stage: Stage, known: Mapping[str, int]) -> Mapping[str, int]:
        assert isinstance(stage, DetectStage)
        name = topic_name(settings.topics, topics.ALERTS)
        async with open_reader(settings.broker, name) as reader:
            end = await _note(stage, reader, known.get(topics.ALERTS, 0))
        return {topics.ALERTS: end}

    host = StageHost(
        "detect", INPUTS, chain.detect_stage, link, settings, chain.city.identity, note_published
    )
    for topic in INPUTS:
        attach(app, settings, host, topic)
    return host


async def _note(stage: DetectStage, reader: TopicReader, start: int) -> int:
    """Tell the stage of every alert version from an offset on; gives where the topic ends."""
    begin, end = await reader.bounds()
    if not begin <= start <= end:
        start = begin  # compacted so far, or made again
    async for record in reader.read(start, end):
        with suppress(msgspec.MsgspecError):
            stage.note_published(msgspec.json.decode(record.value or b"", type=Alert))
    return end
