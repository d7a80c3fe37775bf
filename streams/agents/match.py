"""The match agent: fixes to progress and traversals."""

from streams import topics
from streams.agents.wiring import attach
from streams.broker.faust_app import ClearwayApp
from streams.broker.hosted import Link
from streams.broker.hosting import StageHost
from streams.chain import Chain
from streams.settings import Settings

INPUTS = topics.STAGE_INPUTS["match"]


def add(app: ClearwayApp, link: Link, settings: Settings, chain: Chain) -> StageHost:
    """Add the agent to the application and give its host."""
    host = StageHost("match", INPUTS, chain.match_stage, link, settings, chain.city.identity)
    for topic in INPUTS:
        attach(app, settings, host, topic)
    return host
