"""`clearway up`: everything with one command, and nothing left of it after."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from incidents.records import Alert

pytestmark = pytest.mark.broker


def children_of(pid: int) -> list[int]:
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(word) for word in listed.stdout.split()]


def is_running(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.is_file() and status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def gone(pids: list[int], patience_s: float = 15.0) -> bool:
    deadline = time.monotonic() + patience_s
    while any(map(is_running, pids)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not any(map(is_running, pids))


@pytest.fixture
def up(small_feed: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "streams.cli.main", "up", "--speed", "1000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def read_until(process: subprocess.Popen[str], words: str) -> list[str]:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.strip())
        if words in line:
            return lines
    raise AssertionError(f"ended before saying {words!r}: {lines}")


def get(url: str) -> object:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def test_up_plays_the_small_feed_shows_its_alerts_and_stops_on_ctrl_c(
    up: subprocess.Popen[str], undisturbed: list[Alert]
) -> None:
    lines = read_until(up, "the console stays up")
    console = next(line.split()[1] for line in lines if line.startswith("console"))
    assert any(line.startswith("broker  127.0.0.1:") for line in lines)
    assert any(line.startswith("starting the worker") for line in lines)
    assert "alerts: " in lines[-2] and "none" not in lines[-2]
    latest = {alert.alert_id: alert.version for alert in undisturbed}
    deadline = time.monotonic() + 20.0
    shown: dict[str, int] = {}
    while shown != latest and time.monotonic() < deadline:
        alerts = get(f"{console}/api/alerts")
        assert isinstance(alerts, list)
        shown = {alert["alert_id"]: alert["version"] for alert in alerts}
        time.sleep(0.5)
    assert shown == latest
    children = children_of(up.pid)
    assert len(children) == 3  # broker, worker, console
    os.kill(up.pid, signal.SIGINT)
    assert up.wait(timeout=30) == 0
    assert gone(children)


def test_nothing_is_left_when_up_itself_is_killed(up: subprocess.Popen[str]) -> None:
    read_until(up, "console")
    time.sleep(1.0)
    children = children_of(up.pid)
    assert len(children) == 3
    os.kill(up.pid, signal.SIGKILL)
    up.wait()
    assert gone(children)
