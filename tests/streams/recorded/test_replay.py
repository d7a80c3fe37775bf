"""The replay: every partition a frame each slice, paced, and its end."""

from pathlib import Path

import msgspec
import pytest
from kafka.errors import KafkaError, KafkaTimeoutError, NotLeaderForPartitionError
from kafka.future import Future

from ingest.frames import Frame
from ingest.raw import parse_raw
from ingest.recorded.feed import Feed
from ingest.recorded.slices import slices
from streams import topics
from streams.recorded import replay
from streams.recorded.replay import UnderWay, frames_of, raw_of
from streams.settings import load_settings
from tests.streams.chain_parts import chain_of


class Producer:
    """Remembers what it is given."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int]] = []
        self.is_flushed = self.is_closed = False

    def send(self, topic: str, value: bytes, key: bytes | None, partition: int) -> Future:
        self.sent.append((topic, partition))
        return Future().success(None)

    def flush(self, timeout: float) -> None:
        self.is_flushed = True

    def close(self, timeout: float) -> None:
        self.is_closed = True


@pytest.fixture
def producer(monkeypatch: pytest.MonkeyPatch) -> Producer:
    made = Producer()
    monkeypatch.setattr(replay, "_producer", lambda _settings: made)
    return made


def test_every_partition_gets_a_frame_each_slice_and_no_row_is_left_out(
    few_minutes: Feed, network_cache: Path
) -> None:
    chain, _ = chain_of(few_minutes, network_cache, 3)
    rows = {topic: 0 for topic in (topics.FIXES, topics.READINGS, topics.CAMERA_EVENTS)}
    for piece in slices(few_minutes):
        frames = list(frames_of(piece, "replay", chain.city, 3))
        assert {(f.topic, f.partition) for f in frames} == {(t, p) for t in rows for p in range(3)}
        for frame in frames:
            assert isinstance(frame.content, Frame)
            assert frame.content.header.sequence == piece.index
            assert frame.content.header.watermark == piece.watermark
            rows[frame.topic] += frame.content.batch.num_rows
    assert few_minutes.fixes and few_minutes.readings and few_minutes.camera_events
    assert rows == {
        topics.FIXES: few_minutes.fixes.num_rows,
        topics.READINGS: few_minutes.readings.num_rows,
        topics.CAMERA_EVENTS: few_minutes.camera_events.num_rows,
    }


def test_a_vehicle_keeps_its_partition(few_minutes: Feed, network_cache: Path) -> None:
    chain, _ = chain_of(few_minutes, network_cache, 2)
    seen: dict[str, int] = {}
    for piece in slices(few_minutes):
        for frame in frames_of(piece, "replay", chain.city, 2):
            if frame.topic == topics.FIXES and isinstance(frame.content, Frame):
                for vehicle in frame.content.batch.column("vehicle_id").to_pylist():
                    assert seen.setdefault(vehicle, frame.partition) == frame.partition
    assert set(seen.values()) == {0, 1}


def test_raw_messages_are_what_ingest_accepts(few_minutes: Feed) -> None:
    count = 0
    for piece in list(slices(few_minutes))[:20]:
        for message in raw_of(piece, 2):
            assert isinstance(message.content, bytes)
            parsed = parse_raw(message.topic, message.content)
            assert parsed.refusals == []
            assert parsed.batch.num_rows == len(msgspec.json.decode(message.content))
            count += parsed.batch.num_rows
    assert count > 500


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


def test_a_message_that_failed_or_is_overdue_ends_the_replay() -> None:
    now = 0.0
    under_way = UnderWay(10.0, lambda: now)
    under_way.add(Future().success(None))
    late = Future()
    under_way.add(late)
    now = 10.0
    under_way.check()
    now = 10.1
    with pytest.raises(KafkaTimeoutError):
        under_way.check()
    late.failure(NotLeaderForPartitionError())
    with pytest.raises(KafkaError):
        under_way.check()
