"""A few minutes of the small recording and its chain, for tests of whole stages."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from ingest.cut import cut_feed
from ingest.feed import Feed, open_feed
from streams.chain import Chain, open_chain
from streams.settings import Settings, load_settings


def minutes_of(feed_dir: Path, out_dir: Path, count: int) -> Feed:
    """Give the first minutes of a recording."""
    whole = open_feed(feed_dir)
    start = whole.manifest.start
    assert whole.manifest.network is not None
    cut_feed(
        feed_dir, out_dir, start, start + 60.0 * count,
        network=str(whole.manifest.network.resolve()),
    )  # fmt: skip
    return open_feed(out_dir)


def chain_of(feed: Feed, cache: Path, partitions: int = 1) -> tuple[Chain, Settings]:
    """Give the recording's chain for a number of partitions."""
    settings = load_settings(environment={}, overrides={"topics": {"partitions": partitions}})
    assert feed.manifest.network is not None
    return open_chain(feed.manifest.network, cache, feed.assets, settings), settings


def with_fixes(feed: Feed, rows: list[dict[str, object]]) -> Feed:
    """Give the recording with rows added at the end of its fixes."""
    assert feed.fixes is not None
    added = pa.Table.from_pylist(rows, schema=feed.fixes.schema)
    return replace(feed, fixes=pa.concat_tables([feed.fixes, added]))
