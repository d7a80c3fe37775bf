"""A recorded feed looked at before any run: what a person must know, and what must be mended."""

from collections.abc import Callable
from pathlib import Path

from ingest.recorded.feed import Feed
from ingest.recorded.slices import Slice
from streams.chain import Chain, open_chain
from streams.feed_check import attention
from streams.feed_check.disbelieved import disbelieved
from streams.feed_check.numbers import roads_of_detectors
from streams.feed_check.places import (
    APPROACHES,
    DETECTORS,
    box_of,
    placed_assets,
    placed_fixes,
    placed_lines,
    placed_schedule,
)
from streams.feed_check.records import Box, Disbelieved, FeedCheck, Finding
from streams.feed_check.rehearsal import Ledger, rehearse, sources_of_fixes
from streams.feed_check.seen import seen_by_class
from streams.feed_check.sources import check_sources
from streams.settings import Settings


def chain_of(
    feed: Feed, network: Path | None, cache: Path, settings: Settings,
    say: Callable[[str], None] = lambda _: None,
) -> Chain | None:  # fmt: skip
    """Give the chain of the network, its matcher compiled; None where no network is named.

    Raises NetworkError where it cannot be used.
    """
    if network is None:
        return None
    say("road network and paths")
    chain = open_chain(network, cache, feed.assets, settings)
    if feed.fixes is not None:
        chain.warm_up_matching(say)
    return chain


def check_feed(
    feed: Feed,
    chain: Chain | None,
    settings: Settings,
    say: Callable[[Slice], None] = lambda _: None,
) -> FeedCheck:
    """Give what a feed will give on its network; without one, what it shows by itself."""
    found = None if chain is None else rehearse(feed, chain, settings, say)
    city = None if chain is None else chain.city
    fleets = sources_of_fixes(feed.fixes)
    ledgers: dict[str, Ledger] = {} if found is None else found.ledgers
    sources = check_sources(feed, fleets, roads_of_detectors(city), ledgers)
    placed = placed_fixes(feed, city, fleets, ledgers)
    if chain is not None and city is not None:
        placed += placed_assets(feed, city) + placed_lines(feed, chain.bus_lines)
        placed += placed_schedule(city)
    boxes = box_of(feed), None if city is None else Box(*map(float, city.bounds))
    manifest = feed.manifest
    needs = _general(feed, chain, boxes)
    is_elsewhere = attention.are_apart(boxes)
    for source in sources:
        needs += attention.of_source(source, manifest, boxes)
    faults: list[Disbelieved] = []
    withdrawn: dict[str, int] = {}
    if found is not None and city is not None:
        sending = {DETECTORS: len(found.detector_ids), APPROACHES: len(found.approach_ids)}
        needs += attention.of_roadside(sources, placed, sending)
        faults, withdrawn = disbelieved(city, found.readings, settings.estimator.health)
        needs += attention.of_faults(faults, withdrawn, len(found.detector_ids))
    ignored = {source.source for source in sources if attention.is_much_ignored(source)}
    for kind in (one for one in placed if not is_elsewhere and one.kind not in ignored):
        needs += attention.of_placed(kind, manifest.datum.value, boxes)
    return FeedCheck(
        feed=manifest.name,
        folder=str(feed.folder),
        timezone=manifest.timezone,
        start=manifest.start,
        end=manifest.end,
        datum=manifest.datum.value,
        network=None if city is None else city.network.name,
        box=boxes[0],
        network_box=boxes[1],
        sources=sources,
        placed=placed,
        seen=[] if city is None or found is None else seen_by_class(city, manifest, found),
        attention=needs,
        disbelieved=faults,
        withdrawn=withdrawn,
    )


def _general(feed: Feed, chain: Chain | None, boxes: attention.Boxes) -> list[Finding]:
    found = []
    if feed.fixes is None and feed.readings is None and feed.camera_events is None:
        files = "gps.parquet, magnetometer.parquet, magnetometer_events.parquet or camera.parquet"
        found.append(Finding("feed", f"no source: expected {files} in {feed.folder}"))
    if feed.fixes is not None and not feed.fixes.num_rows:
        found.append(Finding("feed", "gps.parquet holds no rows"))
    found += [Finding("schedule", f"left out: {line}") for line in feed.assets.schedule.refused]
    if attention.are_apart(boxes):
        found.append(Finding("feed", attention.where(boxes)))
    if chain is None:
        found.append(
            Finding("feed", "names no network: give one with --network to see what is placed")
        )
    return found
