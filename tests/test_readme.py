"""Every command of the README and of docs/ works as it stands there."""

import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.broker.embedded import EmbeddedBroker
from streams.children import spawn, stop
from tests.pages import BROKER, PAGES, README, ROOT, blocks, commands, environment, run

KAFKA = ROOT / "docs" / "kafka.md"
LONG_RUNNING = ("clearway worker", "clearway console")
# Run by CI itself, or by the test named.
ELSEWHERE = {
    "make test": "CI",
    "make docs": "CI",
    "make up": "tests/broker/test_up.py",
    "clearway up": "tests/broker/test_up.py",
}
MOST_BYTES = 8000


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder that has the project's data and nothing else."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(ROOT / "data", folder / "data")
    return folder


@pytest.fixture
def broker() -> Iterator[str]:
    with EmbeddedBroker() as embedded:
        yield embedded.address


def test_the_readme_is_short_and_says_the_two_commands_first() -> None:
    assert len(README.read_bytes()) <= MOST_BYTES
    assert commands(README)[:2] == ["make up", "make test"]


def test_each_command_is_run_by_a_test_or_by_ci() -> None:
    for page in PAGES:
        for command in commands(page):
            if BROKER in command:
                assert command in commands(KAFKA), command
            elif not command.startswith("clearway "):
                assert command in ELSEWHERE, command


def test_each_command_without_a_broker_works_in_order(desk: Path) -> None:
    every = dict.fromkeys(command for page in PAGES for command in commands(page))
    ran = [c for c in every if c not in ELSEWHERE and BROKER not in c]
    assert len(ran) >= 3
    for command in ran:
        assert run(command, desk), f"{command} says nothing"


@pytest.mark.broker
def test_the_commands_against_a_broker_work_together(desk: Path, broker: str) -> None:
    running, shown = [], ""
    try:
        for command in (c.replace(BROKER, broker) for c in commands(KAFKA) if BROKER in c):
            if command.startswith(LONG_RUNNING):
                words = [*shlex.split(command), *(["--port", "0"] if "console" in command else [])]
                log = (desk / f"{words[1]}.log").open("wb")
                running.append(
                    spawn(words, cwd=desk, env=environment(desk), stdout=log, stderr=log)
                )
            elif "follow" in command:
                deadline = time.monotonic() + 200.0
                while "incident" not in shown and time.monotonic() < deadline:
                    shown = run(f"{command} --until-end", desk)
            else:
                run(re.sub(r"--speed \d+", "--at-once", command), desk)
        ended = [process.args for process in running if process.poll() is not None]
        assert not ended, ended
        assert "incident" in shown
        assert subscribed(broker)
    finally:
        for process in running:
            stop(process)


def subscribed(broker: str) -> str:
    """Give the first line of the README's subscriber, told to begin at the topic's beginning."""
    (code,) = blocks(README, "python")
    assert code in blocks(KAFKA, "python")
    assert f'bootstrap_servers="{BROKER}"' in code
    code = code.replace(f'"{BROKER}"', f'"{broker}", auto_offset_reset="earliest"')
    with subprocess.Popen(
        [sys.executable, "-u", "-c", code], stdout=subprocess.PIPE, text=True
    ) as subscriber:
        assert subscriber.stdout is not None
        line = subscriber.stdout.readline()
        subscriber.kill()
    return line.strip()
