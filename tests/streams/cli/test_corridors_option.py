"""A file of corridors that does not fit the network is refused before anything starts."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from congestion.corridors import CorridorError
from ingest.recorded.feed import Feed
from streams.cli.main import cli


@pytest.mark.parametrize("command", [["up", "--exit-at-end", "--feed", "FEED"], ["console"]])
def test_corridors_of_segments_that_are_not_there_are_refused(
    command: Sequence[str], few_minutes: Feed, project_data: Path, network_cache: Path,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("CLEARWAY_CACHE", str(network_cache))
    file, settings = tmp_path / "corridors.toml", tmp_path / "settings.toml"
    file.write_text('["Ring"]\nsegments = ["no-such-segment"]')
    settings.write_text(f'[city]\ncorridors = "{file}"')
    network = str(project_data / "networks" / "shanghai-core")
    words = [str(few_minutes.folder) if word == "FEED" else word for word in command]
    expected = r"corridors.toml: corridor 'Ring': segment 'no-such-segment', expected one of the"
    with pytest.raises(CorridorError, match=expected):
        cli([*words, "--network", network, "--config", str(settings)], standalone_mode=False)
