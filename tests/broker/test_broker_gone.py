"""A broker that goes away for good: every command says so in a line and ends in time."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from streams import topics
from streams.broker.embedded import EmbeddedBroker
from tests.broker.stage_set import StageSet
from tests.streams.console.messages import alert

pytestmark = pytest.mark.broker


def test_worker_follower_and_replay_give_up_with_one_line(
    stage_set: StageSet, tmp_path: Path
) -> None:
    config = tmp_path / "gone.toml"
    config.write_text("[broker]\npatience_s = 4.0\n")

    def start(*words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "streams.cli.main", *words]
        where = ["--broker", stage_set.broker.address, "--config", str(config)]
        with heard(words[0]).open("wb") as out:
            return subprocess.Popen([*command, *where], stdout=out, stderr=subprocess.STDOUT)

    def heard(name: str) -> Path:
        return tmp_path / f"{name}.log"

    network, feed = str(stage_set.network), str(stage_set.feed.folder)
    stage_set.send(topics.ALERTS, alert("told", "s1"))
    running = [start("worker", "--network", network, "--assets", feed)]
    try:
        stage_set.wait_ready()
        running.append(start("alerts", "follow"))
        stage_set.wait(lambda: "told" in heard("alerts").read_text(), "the follower")
        running.append(start("replay", feed, "--network", network, "--speed", "20"))
        stage_set.wait(lambda: bool(stage_set.read("fixes")), "the replay")
        assert stage_set.broker.pid is not None
        os.kill(stage_set.broker.pid, signal.SIGKILL)
        assert [process.wait(timeout=120) for process in running] == [1, 1, 1]
    finally:
        for process in running:
            process.kill()
            process.wait()
    address = stage_set.broker.address
    said = [heard(name).read_text() for name in ("worker", "alerts", "replay")]
    worker, follower, replay = ([x for x in text.splitlines() if address in x] for text in said)
    assert f"broker {address} has not answered for 4 s: given up" in worker[-1]
    assert f"error: broker {address} has not answered for 4 s: given up" in follower[-1]
    assert f"error: broker {address} went away during the replay at slice" in replay[-1]
    for text in said:
        assert "Traceback" not in text
        assert len(text.splitlines()) < 60


def test_a_follower_of_a_broker_without_topics_is_told_what_to_do(tmp_path: Path) -> None:
    with EmbeddedBroker() as broker:
        done = subprocess.run(
            [sys.executable, "-m", "streams.cli.main", "alerts", "follow",
             "--broker", broker.address],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert "has no partition 0 of topic alerts" in done.stderr
    assert "clearway topics create" in done.stderr
    assert "Traceback" not in done.stderr
