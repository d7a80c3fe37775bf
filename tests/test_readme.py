"""Every command of the README works as it stands there."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numba
import pytest

from streams.broker.embedded import EmbeddedBroker, spawn, stop
from streams.settings import load_settings

ROOT = Path(__file__).resolve().parent.parent
BROKER = "localhost:9092"
LONG_RUNNING = ("clearway worker", "clearway console")
# Run by CI itself, or by the test named.
ELSEWHERE = {"make test": "CI", "make up": "tests/broker/test_up.py"}


def commands() -> list[str]:
    """Give each command in the README's shell blocks, in order."""
    blocks = re.findall(r"```(sh|console)\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    found = []
    for kind, text in blocks:
        lines = text.splitlines()
        if kind == "console":
            lines = [line[2:] for line in lines if line.startswith("$ ")]
        found += [line.split("  #")[0].strip() for line in lines if line.strip()]
    return found


def environment(folder: Path) -> dict[str, str]:
    """Give an environment with networks of its own, but the kernels that are compiled already."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    caches = {
        "CLEARWAY_CACHE": str(folder / "cache"),
        "NUMBA_CACHE_DIR": str(numba.config.CACHE_DIR),
    }
    return {**os.environ, "PATH": path, **caches}


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


def run(command: str, desk: Path) -> str:
    done = subprocess.run(
        shlex.split(command), cwd=desk, env=environment(desk), capture_output=True, text=True
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_readme_says_the_two_commands_first() -> None:
    assert commands()[:2] == ["make up", "make test"]
    for command in (c for c in commands() if c.startswith("make")):
        assert command in ELSEWHERE, command


def test_each_command_without_a_broker_works_in_order(desk: Path) -> None:
    ran = [c for c in commands() if not c.startswith("make") and BROKER not in c]
    assert len(ran) >= 3
    for command in ran:
        assert run(command, desk), f"{command} says nothing"


def test_the_settings_file_of_the_readme_is_understood(tmp_path: Path) -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    config = tmp_path / "clearway.toml"
    config.write_text(text)
    assert load_settings(config, environment={}).broker.address.startswith("kafka-1:")


@pytest.mark.broker
def test_the_commands_against_a_broker_work_together(desk: Path, broker: str) -> None:
    running, shown = [], ""
    try:
        for command in (c.replace(BROKER, broker) for c in commands() if BROKER in c):
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
    finally:
        for process in running:
            stop(process)
