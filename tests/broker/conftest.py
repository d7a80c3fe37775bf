"""What the broker tests share: one cache of networks, one undisturbed run to compare with."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from incidents.records import Alert
from ingest.recorded.feed import open_feed
from streams.broker.embedded import EmbeddedBroker
from streams.chain import open_chain
from streams.recorded.run import run_feed
from streams.settings import load_settings
from tests.broker.stage_set import StageSet


@pytest.fixture(scope="session")
def small_feed(project_data: Path) -> Path:
    """Give the recording that ships with the project."""
    return project_data / "feeds" / "shanghai-core-small"


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of built networks."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def undisturbed(small_feed: Path, cache: Path, tmp_path_factory) -> list[Alert]:
    """Give the alert versions of the run in one process, without a broker."""
    feed = open_feed(small_feed)
    settings = load_settings(environment={}, overrides={"topics": {"partitions": 1}})
    assert feed.manifest.network is not None
    chain = open_chain(feed.manifest.network, cache, feed.assets, settings)
    out = tmp_path_factory.mktemp("run")
    run_feed(feed, chain, out, settings)
    lines = (out / "alerts.jsonl").read_bytes().splitlines()
    assert lines, "the small recording gives no alert, so nothing can be compared"
    return [msgspec.json.decode(line, type=Alert) for line in lines]


@pytest.fixture
def stage_set(small_feed: Path, cache: Path, tmp_path: Path) -> Iterator[StageSet]:
    """Give an embedded broker of its own, ended after the test."""
    with EmbeddedBroker() as broker:
        made = StageSet(small_feed, cache, tmp_path, broker)
        yield made
        made.close()
