"""What the command line makes of an error: one line and a status, or a traceback."""

from typing import Any

import click
import pytest

from congestion.profile.week import ProfileError
from incidents.scoring.score import ScoreError
from ingest.recorded.feed import FeedError
from mapmatch.network import NetworkError
from streams.broker.admin import BrokerError
from streams.cli import main as command_line
from streams.console.serve import ConsoleError
from streams.lake.reading import StoredError
from streams.outside_error import OutsideError
from streams.settings import SettingsError
from streams.up import ChildError


def failing(error: Exception) -> Any:
    def command(**_: object) -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (FeedError("gps.parquet", "a column"), 2),
        (NetworkError("no network"), 2),
        (ProfileError("no profile"), 2),
        (ScoreError("no truth"), 2),
        (StoredError("no states"), 2),
        (SettingsError("no such setting"), 2),
        (BrokerError("no broker"), 1),
        (ConsoleError("no port"), 1),
        (ChildError("no worker"), 1),
        (FileNotFoundError(2, "No such file or directory", "/nowhere"), 2),
        (OSError(28, "No space left on device"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_an_expected_error_is_one_line_and_its_status(
    error: Exception, status: int, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(command_line, "cli", failing(error))
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    assert ended.value.code == status
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == (0 if status == 130 else 1)
    assert all(line.startswith("error: ") for line in lines)


@pytest.mark.parametrize("error", [ValueError("bug"), RuntimeError("bug"), KeyError("bug")])
def test_a_fault_of_the_program_shows_where_it_happened(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_line, "cli", failing(error))
    with pytest.raises(type(error), match="bug"):
        command_line.main()


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["report", "dayly"], "daily"),
        (["lake", "chek"], "check"),
        (["settings", "shw"], "show"),
        (["cache", "lst"], "list"),
        (["alerts", "folow"], "follow"),
        (["network", "biuld"], "build"),
        (["profile", "bulid"], "build"),
        (["feed", "chek"], "check"),
        (["users", "ad"], "add"),
        (["topics", "creat"], "create"),
    ],
)
def test_a_misspelt_command_of_a_group_is_answered_too(words: list[str], meant: str) -> None:
    with pytest.raises(click.UsageError, match=rf"No such command .* Did you mean .*{meant}.*\?"):
        command_line.cli(words, standalone_mode=False)


def test_an_error_shows_names_as_they_are(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    said = "a:b:c, :smile: and [red]d[/red]\\ at \\"
    monkeypatch.setattr(command_line, "cli", failing(OutsideError(said)))
    with pytest.raises(SystemExit):
        command_line.main()
    assert capsys.readouterr().err == f"error: {said}\n"


def test_a_command_that_is_misspelt_is_answered_with_the_one_meant() -> None:
    with pytest.raises(click.UsageError, match=r"No such command 'rnu'\. Did you mean run\?"):
        command_line.cli(["rnu"], standalone_mode=False)
