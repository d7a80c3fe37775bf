"""The detect agent: the regions' states, reports from people and commands to alerts."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TypeVar

import msgspec

from incidents.case_records import CommandResult
from incidents.records import Alert
from streams import topics
from streams.agents.wiring import attach
from streams.broker.faust_app import ClearwayApp
from streams.broker.hosted import Link
from streams.broker.hosting import StageHost
from streams.broker.topic_reader import TopicReader, open_reader
from streams.chain import Chain
from streams.no_json import NO_JSON
from streams.settings import Settings
from streams.stages.detect import DetectStage
from streams.stages.stage import Stage
from streams.topics import topic_name

Told = TypeVar("Told", Alert, CommandResult)

INPUTS = topics.STAGE_INPUTS["detect"]
"""Reports and patrols first, commands last: where a state is made again from all, those are there
when their minutes come, and alerts when their commands do."""


def add(app: ClearwayApp, link: Link, settings: Settings, chain: Chain) -> StageHost:
    """Add the agent to the application and give its host."""

    async def note_told(stage: Stage, known: Mapping[str, int]) -> Mapping[str, int]:
        assert isinstance(stage, DetectStage)
        notes: Mapping[str, Callable[[bytes], None]] = {
            topics.ALERTS: lambda data: stage.note_published(_decode(data, Alert)),
            topics.COMMAND_RESULTS: lambda data: stage.note_answered(_decode(data, CommandResult)),
        }
        ends = {}
        for topic, note in notes.items():
            name = topic_name(settings.topics, topic)
            async with open_reader(settings.broker, name) as reader:
                ends[topic] = await _note(note, reader, known.get(topic, 0))
        return ends

    host = StageHost(
        "detect", INPUTS, chain.detect_stage, link, settings, chain.city.identity, note_told
    )
    for topic in INPUTS:
        attach(app, settings, host, topic)
    return host


async def _note(note: Callable[[bytes], None], reader: TopicReader, start: int) -> int:
    """Tell the stage of every message from an offset on; gives where the topic ends."""
    begin, end = await reader.bounds()
    if not begin <= start <= end:
        start = begin  # compacted so far, or made again
    async for record in reader.read(start, end):
        with suppress(*NO_JSON):
            note(record.value or b"")
    return end


def _decode(data: bytes, kind: type[Told]) -> Told:
    return msgspec.json.decode(data, type=kind)
