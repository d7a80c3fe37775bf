"""The ingest agents: raw JSON of each gateway topic to frames."""

from streams import topics
from streams.agents.wiring import attach
from streams.broker.faust_app import ClearwayApp
from streams.broker.hosted import Link
from streams.broker.hosting import StageHost
from streams.chain import Chain
from streams.settings import Settings


def add(app: ClearwayApp, link: Link, settings: Settings, chain: Chain) -> list[StageHost]:
    """Add an agent for each raw topic to the application and give their hosts."""
    hosts = []
    for topic in topics.RAW:
        make = chain.ingest_stage(topic)
        host = StageHost(f"ingest {topic}", (topic,), make, link, settings, chain.city.identity)
        attach(app, settings, host, topic)
        hosts.append(host)
    return hosts
