"""What `up` hears of a running chain, whatever else is written to its topics."""

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from kafka import TopicPartition

from streams.broker import chain_monitor
from streams.broker.chain_monitor import ChainMonitor
from streams.settings import Settings
from streams.stages.counts import STARTING, StageCounts, StartStep
from streams.topics import ALERTS, COUNTS
from tests.streams.console.messages import MINUTE, alert, counts

DEEP = b'{"deep": ' + b"[" * 20_000 + b"]" * 20_000 + b"}"


class Consumer:
    """Gives once what lies on the topics."""

    def __init__(self, found: dict[str, list[bytes | None]]) -> None:
        self._found = found

    def assign(self, partitions: list[TopicPartition]) -> None:
        """Nothing to assign."""

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Nothing to seek."""

    def poll(self, timeout_ms: int) -> dict[TopicPartition, list[Any]]:
        """Give all of it."""
        return {
            TopicPartition(topic, 0): [SimpleNamespace(value=value) for value in values]
            for topic, values in self._found.items()
        }


@pytest.mark.parametrize("rubbish", [b"rubbish", b"{}", b"\xff", None, DEEP])
def test_rubbish_on_a_topic_does_not_end_what_watches_the_chain(
    rubbish: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {ALERTS: [rubbish, alert("a1", "AB")], COUNTS: [rubbish, counts("fixes", MINUTE, 5)]}
    monkeypatch.setattr(chain_monitor, "connected", lambda *_, **__: Consumer(found))
    monitor = ChainMonitor(Settings())
    monitor.read()
    assert monitor.has_worker
    assert sum(monitor.alert_counts.values()) == 1


@pytest.mark.parametrize(("number", "is_there"), [(2, False), (5, True)])
def test_a_worker_is_there_from_the_last_step_of_its_start_on(
    number: int, is_there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = StageCounts(STARTING, 7, start=StartStep("what it is at", number, 5, 55, 62))
    found = {COUNTS: [msgspec.json.encode(start)]}
    monkeypatch.setattr(chain_monitor, "connected", lambda *_, **__: Consumer(found))
    monitor = ChainMonitor(Settings())
    monitor.read()
    assert monitor.has_worker is is_there
