"""One worker process: every agent of the chain in one Faust application."""

import asyncio
import gc
import logging
import os
import time
from collections.abc import Callable, Iterable

import faust
import msgspec
from faust.types import TP

from streams import topics
from streams.agents import detect, estimate, ingest, match, store
from streams.agents.start_teller import telling_of_start
from streams.broker.admin import BrokerError, check_broker, create_topics
from streams.broker.client_logs import calm_kafka_logs
from streams.broker.faust_app import ClearwayApp, FaustLink, build_app
from streams.broker.hosting import StageHost
from streams.broker.outage import Outage, give_up
from streams.chain import FIRST_START_S, Chain, begin_step
from streams.city import City
from streams.settings import Settings
from streams.stages.counts import StageCounts
from streams.stages.lost_rows import ElsewhereWatch, UntimelyWatch

log = logging.getLogger(__name__)

COUNTS_EVERY_S = 2.0
"""Counts are published this often. Unit: s. Source: chosen, for a page that people watch."""
TICK_S = 0.5
"""How often it is looked whether a state must be saved. Unit: s. Source: chosen, a tenth of the
time between two saved states."""
LEAVE_S = 10.0
"""A worker that is told to stop takes no longer to save its state. Unit: s. Source: chosen, a third
of what Kubernetes leaves a process that it stops."""
TOPICS_EVERY_S = 10.0
"""How often it is looked whether a topic was made again. Unit: s. Source: chosen; it is seen at
once where its messages begin anew."""


def run_worker(
    settings: Settings,
    chain: Chain,
    *,
    log_level: str = "INFO",
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Work until SIGTERM or SIGINT; `say` gets a line for each thing done before.

    Raises BrokerError when there is no broker within the settings' time.
    """
    create_topics(settings)
    with telling_of_start(settings) as tell:
        chain.warm_up(say, len(FIRST_START_S), tell)
        gc.freeze()  # the city is there for good; looking through it again and again takes time
        if chain.bus_lines is not None:
            say(chain.bus_lines.line())
        check_broker(settings)  # compiling may have taken minutes
        begin_step("joining the other workers", len(FIRST_START_S), say, tell)
    app = build_app(settings)
    add_agents(app, settings, chain)
    for chatty in ("faust", "mode", "aiokafka"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # what it is asked for says so itself
    worker = faust.Worker(app, loglevel=log_level, quiet=True, redirect_stdouts=False)
    worker.execute_from_commandline()


def add_agents(app: ClearwayApp, settings: Settings, chain: Chain) -> list[StageHost]:
    """Add the agents, the saving of state and the publishing of counts to the application."""
    link = FaustLink(app, settings)
    hosts = [
        *ingest.add(app, link, settings, chain),
        match.add(app, link, settings, chain),
        estimate.add(app, link, settings, chain),
        detect.add(app, link, settings, chain),
    ]
    if settings.lake.folder:
        store.add(app, settings, chain.city.network)
    keep_state(app, hosts, settings)
    watch_topics(app, link, hosts)
    _publish_counts(app, link, hosts, chain.city)
    _end_without_broker(app, settings)
    return hosts


def keep_state(app: ClearwayApp, hosts: list[StageHost], settings: Settings) -> None:
    """Have the hosts save their state now and then, and when they lose a partition or stop."""
    prefix = settings.topics.prefix

    @app.timer(interval=TICK_S)
    async def save_due() -> None:
        await asyncio.gather(*(host.save_due() for host in hosts))

    async def drop(sender: ClearwayApp, partitions: Iterable[TP], **_: object) -> None:
        gone = {(tp.topic.removeprefix(prefix), tp.partition) for tp in partitions}
        await asyncio.gather(*(host.drop(gone, save=True) for host in hosts))

    async def save_all(sender: ClearwayApp, **_: object) -> None:
        saving = [asyncio.create_task(host.save_due(all_of_them=True)) for host in hosts]
        done, late = await asyncio.wait(saving, timeout=LEAVE_S)
        failed = [task for task in done if task.exception() is not None]
        for task in late:
            task.cancel()
        if failed or late:
            why = repr(failed[0].exception()) if failed else f"not within {LEAVE_S:g} s"
            log.warning("not every state was saved before the end: %s", why)

    app.on_partitions_revoked.connect(drop, weak=False)
    app.on_before_shutdown.connect(save_all, weak=False)


def watch_topics(app: ClearwayApp, link: FaustLink, hosts: list[StageHost]) -> None:
    """Look now and then for topics that were made again, and for partitions that were added."""
    said: set[str] = set()

    @app.timer(interval=TOPICS_EVERY_S)
    async def look() -> None:
        try:
            for host in hosts:
                await host.check_topics()
            wrong = await link.wrong_partitions()
        except BrokerError:
            return  # it is asked the next time
        if wrong is not None and wrong not in said:
            said.add(wrong)
            log.error("%s", wrong)


def _publish_counts(app: ClearwayApp, link: FaustLink, hosts: list[StageHost], city: City) -> None:
    said: set[tuple[bytes, str]] = set()
    watch, places = UntimelyWatch(), ElsewhereWatch()

    @app.timer(interval=COUNTS_EVERY_S)
    async def publish() -> None:
        if not app.consumer.assignment():
            return  # not in the group yet
        now = time.monotonic()
        alive = StageCounts(stage="worker", partition=os.getpid())
        await link.send(topics.COUNTS, 0, f"worker/{os.getpid()}".encode(), _encode(alive))
        for host in hosts:
            for silent in await host.pass_time(now):
                log.warning("%s: nothing from %s, minutes no longer wait for it", host.name, silent)
            for counts in host.counts():
                key = f"{counts.stage}/{counts.partition}/{counts.source}".encode()
                await link.send(topics.COUNTS, 0, key, _encode(counts))
                for untimely in watch.take(counts):
                    log.warning(
                        "%s/%d: %s%s", counts.stage, counts.partition, untimely,
                        "" if untimely.is_much else ": no longer too many",
                    )  # fmt: skip
                if (elsewhere := places.take(counts)) is not None:
                    log.error(
                        "%s/%d: %s", counts.stage, counts.partition,
                        elsewhere.words(city.network.name, city.bounds),
                    )  # fmt: skip
                for test in {test for test in counts.withdrawn if (key, test) not in said}:
                    said.add((key, test))
                    log.warning(
                        "%s/%d: test of detectors %s accused %d at once and withdrew: they are "
                        "believed", counts.stage, counts.partition, test, counts.withdrawn[test],
                    )  # fmt: skip


def _end_without_broker(app: ClearwayApp, settings: Settings) -> None:
    """End the process where the broker stays away: Faust would try again, and say so, for ever."""

    @app.task
    async def check() -> None:
        calm_kafka_logs()
        try:
            await Outage(settings.broker).check_for_ever()
        except BrokerError as error:
            give_up(error)


def _encode(counts: StageCounts) -> bytes:
    return msgspec.json.encode(counts)
