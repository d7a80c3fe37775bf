"""What the tests of the streams package share."""

from pathlib import Path

import pytest

from ingest.recorded.feed import Feed
from tests.streams.chain_parts import minutes_of


@pytest.fixture(scope="session")
def network_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of built networks."""
    return tmp_path_factory.mktemp("networks")


@pytest.fixture(scope="session")
def few_minutes(project_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Feed:
    """Give the first eight minutes of the recording that ships."""
    out = tmp_path_factory.mktemp("cut") / "few-minutes"
    return minutes_of(project_data / "feeds" / "shanghai-core-small", out, 8)
