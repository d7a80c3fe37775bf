"""The replay: its pace and its end."""

from pathlib import Path

import pytest
from kafka.future import Future

from ingest.recorded.feed import Feed
from streams.recorded import replay
from streams.settings import load_settings
from tests.streams.chain_parts import chain_of


class Producer:
    """Remembers what it is given."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int]] = []
        self.is_flushed = self.is_closed = False
        self.close_patience_s: float | None = None

    def send(self, topic: str, value: bytes, key: bytes | None, partition: int) -> Future:
        self.sent.append((topic, partition))
        return Future().success(None)

    def flush(self, timeout: float) -> None:
        self.is_flushed = True

    def close(self, timeout: float) -> None:
        self.is_closed, self.close_patience_s = True, timeout


@pytest.fixture
def producer(monkeypatch: pytest.MonkeyPatch) -> Producer:
    made = Producer()
    monkeypatch.setattr(replay, "open_producer", lambda _settings: made)
    return made


def test_the_replay_keeps_pace_and_ends_with_everything_flushed(
    few_minutes: Feed, network_cache: Path, producer: Producer
) -> None:
    chain, _ = chain_of(few_minutes, network_cache, 2)
    now = 100.0
    told: list[float] = []

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    played = replay.replay(
        few_minutes, chain.city, load_settings(environment={}), speed=60.0,
        on_slice=lambda p: told.append(now - 100.0), clock=lambda: now, sleep=sleep,
    )  # fmt: skip
    assert told == sorted(told)
    assert told[11] == pytest.approx(1.0)  # a minute of slices at sixty times real time
    assert told[-1] == pytest.approx(
        few_minutes.manifest.end / 60 - few_minutes.manifest.start / 60, abs=0.5
    )
    assert producer.is_flushed and producer.is_closed
    assert played.message_count == len(producer.sent)


def test_a_replay_that_is_broken_off_does_not_wait_for_a_broker_that_is_gone(
    few_minutes: Feed, network_cache: Path, producer: Producer
) -> None:
    chain, _ = chain_of(few_minutes, network_cache, 2)

    def end(_: replay.Played) -> None:
        raise RuntimeError("the broker ended")

    with pytest.raises(RuntimeError, match="the broker ended"):
        replay.replay(few_minutes, chain.city, load_settings(environment={}), on_slice=end)
    assert producer.is_closed and producer.close_patience_s == 0.0
