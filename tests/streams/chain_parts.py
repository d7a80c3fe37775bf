"""A few minutes of the small recording and its chain, for tests of whole stages."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from ingest.recorded.bus_lines import BusLine
from ingest.recorded.cut import cut_feed
from ingest.recorded.feed import Feed, open_feed
from mapmatch.network import Network
from mapmatch.projection import LocalPlane
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


def line_on_longest_segment(network: Network) -> BusLine:
    """Give a bus line that drives one segment and no more."""
    segment = int(np.argmax(network.length_m))
    v = slice(network.vertex_offsets[segment], network.vertex_offsets[segment + 1])
    longitude, latitude = LocalPlane(network).to_degrees(network.vertex_x[v], network.vertex_y[v])
    return BusLine("71", (tuple(zip(longitude.tolist(), latitude.tolist(), strict=True)),))
