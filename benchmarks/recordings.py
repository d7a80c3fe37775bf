"""The labelled recordings that are measured on, and where the large ones lie."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from congestion.records import STATES
from congestion.region import Region
from congestion.states.fusion import Fusion
from ingest.recorded.feed import open_feed
from mapmatch.building.build import artefact_for
from mapmatch.network import Network, load_network
from mapmatch.records import TRAVERSALS
from streams.chain import Chain, open_chain
from streams.cli.options import cache_folder
from streams.recorded.run import run_feed
from streams.settings import load_settings
from streams.stages.city_minute import CityStep

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("CLEARWAY_SHARED_DATA", ROOT.parent / "shared" / "data"))
SMALL = ROOT / "data" / "feeds" / "shanghai-core-small"


def recordings() -> list[Path]:
    """Give the large labelled recordings. Ends the program where there are none."""
    found = sorted((SHARED / "feeds").glob("shanghai-core-*"))
    if not found:
        raise SystemExit(f"no recordings at {SHARED}/feeds (set CLEARWAY_SHARED_DATA)")
    return found


def network_of(feed: Path) -> Network:
    """Give the network of a recording, built once. Ends the program where it names none."""
    source = open_feed(feed).manifest.network
    if source is None:
        raise SystemExit(f"{feed}/feed.toml names no network")
    return load_network(artefact_for(source, cache_folder()))


def run(
    path: Path,
    out: Path,
    make_fusion: Callable[[Region], Fusion] = Fusion,
    on_step: Callable[[CityStep], None] | None = None,
    profile: Path | None = None,
) -> tuple[pd.DataFrame, Chain]:
    """Run the chain over a recording; give its states, every column of them, and the chain.

    `profile` is the folder of a typical week that the chain is given.
    """
    feed = open_feed(path)
    overrides: dict[str, dict[str, Any]] = {"topics": {"partitions": 1}}
    if profile is not None:
        overrides["city"] = {"profile": str(profile)}
    settings = load_settings(None, overrides=overrides)
    if feed.manifest.network is None:
        raise SystemExit(f"{path}/feed.toml names no network")
    chain = open_chain(feed.manifest.network, cache_folder(), feed.assets, settings, make_fusion)
    run_feed(
        feed, chain, out, settings,
        state_columns=STATES.names, traversal_columns=TRAVERSALS.names, on_step=on_step,
    )  # fmt: skip
    return pq.read_table(out / "segment_states.parquet").to_pandas(), chain


def district_of(recording: str) -> str:
    """Give the district that a recording is of; it is called DISTRICT-MORNING."""
    return recording.rpartition("-")[0]
