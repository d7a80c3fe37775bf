"""The command line: help, and a mistake answered in one line."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from streams.cli.main import COMMANDS, cli
from streams.settings import SettingsError


def clearway(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "streams.cli.main", *arguments],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_teaches_itself(name: str) -> None:
    result = CliRunner().invoke(cli, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert "Usage:" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "/nowhere"], "/nowhere"),
        (["score", "/nowhere", "/nowhere"], "/nowhere"),
        (["feed", "check", "/nowhere"], "/nowhere"),
        (["network", "build", "/nowhere", "/tmp/never"], "/nowhere: no such file or folder"),
        (["worker"], "no road network: give one with --network"),
        (["run", "x", "--speed"], "No such option"),
        (["replay", "x", "--speed", "nan"], "nan is not a finite number"),
        (["up", "--speed", "inf"], "inf is not a finite number"),
        (["console", "--network", "x", "--timezone", "Mars/Olympus"], "such as Asia/Shanghai"),
        (["alerts", "follow", "--cause", "aliens"], "is not one of"),
        (["console", "--network", "x", "--port", "-1"], "not in the range 0<=x<=65535"),
        (["up", "--speed", "0"], "not in the range x>0"),
        (["up", "--broker-port", "99999"], "not in the range 0<=x<=65535"),
        (["alerts", "follow", "--broker", "nonsense"], "$.broker.address"),
        (["alerts", "follow", "--broker", "localhost:65536"], "Expected HOST:PORT"),
    ],
)
def test_a_mistake_is_answered_in_one_line_and_status_two(
    arguments: list[str], message: str
) -> None:
    done = clearway(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    errors = [line for line in done.stderr.splitlines() if not line.startswith("building")]
    assert len(errors) == 1


@pytest.mark.parametrize("option", ["--broker-port", "--console-port"])
def test_up_does_not_start_on_a_port_that_is_named_and_taken(option: str) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = str(holder.getsockname()[1])
        answer = clearway("up", option, port)
    assert answer.returncode == 1
    assert answer.stderr == f"error: port {port} on 127.0.0.1 is taken, expected a free one\n"
    assert "console http" not in answer.stdout


def test_a_feed_without_a_network_asks_for_one(project_data: Path, tmp_path: Path) -> None:
    small = project_data / "feeds" / "shanghai-core-small"
    (tmp_path / "gps.parquet").write_bytes((small / "gps.parquet").read_bytes())
    done = clearway("run", str(tmp_path))
    assert done.returncode == 2
    assert "give one with --network" in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["run", "FEED"],
        ["match", "FEED"],
        ["feed", "check", "FEED"],
        ["up"],
        ["worker"],
        ["console"],
        ["replay", "FEED"],
        ["topics", "create"],
        ["alerts", "follow"],
    ],
)
def test_a_bad_setting_stops_every_command_before_it_starts(
    command: list[str], project_data: Path, tmp_path: Path
) -> None:
    feed = str(project_data / "feeds" / "shanghai-core-small")
    config = tmp_path / "clearway.toml"
    config.write_text("[matcher]\nlag = 51\n")
    words = [feed if word == "FEED" else word for word in command]
    result = CliRunner().invoke(cli, [*words, "--config", str(config)])
    assert isinstance(result.exception, SettingsError)
    assert str(config) in str(result.exception)
    assert "`$.matcher.lag`, found 51" in str(result.exception)
    assert result.output == ""
