"""The embedded broker and its topics; a broker that is not there."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from streams.broker.admin import BrokerError, create_topics
from streams.broker.embedded import EmbeddedBroker
from streams.settings import load_settings
from streams.topics import LAYOUTS

pytestmark = pytest.mark.broker

PARENT = """
import sys, time
from streams.broker.embedded import EmbeddedBroker
broker = EmbeddedBroker()
broker.start()
print(broker.pid, flush=True)
time.sleep(60)
"""


def is_running(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.is_file() and status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_topics_are_created_once() -> None:
    with EmbeddedBroker() as broker:
        settings = load_settings(environment={}, overrides={"broker": {"address": broker.address}})
        assert create_topics(settings) == [layout.name for layout in LAYOUTS]
        assert create_topics(settings) == []


def test_topics_with_another_number_of_partitions_are_refused_by_name() -> None:
    with EmbeddedBroker() as broker:
        where = {"broker": {"address": broker.address}}
        create_topics(load_settings(environment={}, overrides=where))
        other = load_settings(environment={}, overrides={**where, "topics": {"partitions": 5}})
        with pytest.raises(BrokerError, match=r"fixes, .* have 2 partitions, the settings say 5"):
            create_topics(other)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_the_broker_ends_with_its_parent_even_if_that_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert is_running(pid)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    deadline = time.monotonic() + 10.0
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(pid)


@pytest.mark.parametrize(
    "command",
    [
        ["topics", "create"],
        ["alerts", "follow"],
        ["worker", "--network", "NETWORK"],
        ["replay", "FEED"],
    ],
)
def test_a_broker_that_is_not_there_is_named_in_one_line(
    command: list[str], project_data: Path, small_feed: Path, tmp_path: Path
) -> None:
    places = {"NETWORK": project_data / "networks" / "shanghai-core", "FEED": small_feed}
    command = [str(places.get(word, word)) for word in command]
    options = tmp_path / "settings.toml"
    options.write_text("[broker]\nconnect_timeout_s = 1.0\n")
    done = subprocess.run(
        [
            sys.executable, "-m", "streams.cli.main", *command,
            "--broker", "127.0.0.1:1", "--config", str(options),
        ],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "no broker at 127.0.0.1:1 within 1 s" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
