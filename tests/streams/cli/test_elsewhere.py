"""A recording of another city ends a command before it computes, with both places named."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ingest.recorded.feed import Feed
from streams.cli.main import cli
from streams.outside_error import OutsideError


@pytest.fixture
def elsewhere(few_minutes: Feed, tmp_path: Path) -> Path:
    """Give the few minutes' fixes, five degrees to the west of their roads."""
    folder = tmp_path / "feed"
    folder.mkdir()
    shutil.copy(few_minutes.folder / "feed.toml", folder)
    fixes = pq.read_table(few_minutes.folder / "gps.parquet")
    at, west = fixes.column_names.index("longitude"), fixes["longitude"].to_numpy() - 5.0
    pq.write_table(fixes.set_column(at, "longitude", [west]), folder / "gps.parquet")
    return folder


@pytest.mark.parametrize("command", [["run"], ["match"], ["up", "--exit-at-end"]])
def test_a_feed_beside_its_network_is_refused(
    command: Sequence[str], elsewhere: Path, project_data: Path, network_cache: Path,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("CLEARWAY_CACHE", str(network_cache))
    monkeypatch.chdir(tmp_path)
    place = ["--feed"] if command[0] == "up" else []
    network = str(project_data / "networks" / "shanghai-core")
    with pytest.raises(OutsideError, match=r"lies at 116\.4.*the network at 121\.4"):
        cli([*command, *place, str(elsewhere), "--network", network], standalone_mode=False)
    assert not (tmp_path / "runs").exists() and not (tmp_path / "matched").exists()
