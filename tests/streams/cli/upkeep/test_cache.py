"""What is kept between calls can be seen, and cleared without touching what is not ours."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from streams.cli.main import cli


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a cache with a network, kernels, and a folder that is no part of it."""
    for name in ("monaco-12", "kernels/3f", "photos"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "monaco-12" / "network.json").write_bytes(b"x" * 2_500_000)
    (tmp_path / "kernels" / "3f" / "a.nbc").write_bytes(b"x" * 500_000)
    (tmp_path / "photos" / "sea.jpg").write_bytes(b"x")
    monkeypatch.setenv("CLEARWAY_CACHE", str(tmp_path))
    return tmp_path


def test_what_is_kept_is_listed_with_its_size(kept: Path) -> None:
    result = CliRunner().invoke(cli, ["cache", "list"])
    lines = result.output.splitlines()
    assert [line.split()[:2] for line in lines[1:3]] == [["compiled", "kernels"],
                                                        ["network", "monaco-12"]]  # fmt: skip
    assert lines[-1] == f"{kept}: 2 kept, 3.0 MB"


def test_clearing_deletes_what_commands_kept_and_nothing_else(kept: Path) -> None:
    result = CliRunner().invoke(cli, ["cache", "clear"])
    assert result.output == f"{kept}: 2 deleted, 3.0 MB\n"
    assert [path.name for path in kept.iterdir()] == ["photos"]
    assert CliRunner().invoke(cli, ["cache", "list"]).output == f"{kept}: 0 kept, 0.0 MB\n"


def test_looking_makes_nothing(tmp_path: Path) -> None:
    where = os.environ | {"CLEARWAY_CACHE": str(tmp_path / "cache")}
    where.pop("NUMBA_CACHE_DIR", None)
    (tmp_path / "cache" / "photos").mkdir(parents=True)
    command = [sys.executable, "-m", "streams.cli.main", "cache", "list"]
    subprocess.run(command, env=where, check=True, capture_output=True)
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["photos"]


def test_a_cache_that_cannot_be_made_says_which_variable_names_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CLEARWAY_CACHE", str(tmp_path / "file" / "cache"))
    error = CliRunner().invoke(cli, ["cache", "list"]).exception
    assert "CLEARWAY_CACHE" in str(error) and str(tmp_path / "file" / "cache") in str(error)
