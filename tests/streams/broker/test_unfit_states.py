"""Saved states that do not fit: the one before is taken, or the input is taken again."""

import asyncio

import pytest

from streams.broker.hosting import StageHost
from tests.streams.broker.fake_broker import Adder, FakeBroker, feed, host_of


class Newer(Adder):
    """A stage of another version: its states begin with a letter, and nothing else fits."""

    def snapshot(self) -> bytes:
        return b"N" + super().snapshot()

    def restore(self, data: bytes) -> None:
        if data[:1] != b"N":
            raise AttributeError("'NoneType' object has no attribute 'version'")
        super().restore(data[1:])


def newer(broker: FakeBroker) -> StageHost:
    host = host_of(broker)
    host._make = Newer
    return host


def test_a_new_version_takes_again_what_the_old_state_covered_and_says_nothing_of_it_twice(
    broker: FakeBroker, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        dying = host_of(broker)
        broker.log = {0: b"1", 1: b"2", 2: b"4"}
        await feed(dying, broker, broker.log)
        await dying.save_due(all_of_them=True)
        await feed(newer(broker), broker, {2: b"4", 3: b"8"})
        assert broker.values("sums") == [b"1", b"3", b"7", b"15"]
        assert broker.reads == [(0, 3)]

    asyncio.run(story())
    said = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert "adder/0: saved state 1 does not fit: AttributeError" in said[0]
    assert said[1] == (
        "adder/0: made again from 3 messages of numbers, those before offset 3 from 0 on"
    )


def test_of_two_saved_states_the_one_that_fits_is_taken(broker: FakeBroker) -> None:
    async def story() -> None:
        first = newer(broker)
        await feed(first, broker, {0: b"1"})
        await first.save_due(all_of_them=True)
        await feed(first, broker, {1: b"2"})
        first._hosted[0].stage.snapshot = lambda: b"?"  # type: ignore[method-assign]
        await first.save_due(all_of_them=True)
        heir = newer(broker)
        broker.log = {0: b"1", 1: b"2"}
        await feed(heir, broker, {1: b"2", 2: b"4"})
        assert broker.values("sums") == [b"1", b"3", b"3", b"7"]
        assert heir._hosted[0].positions() == {"numbers": 3}

    asyncio.run(story())


def test_only_what_was_sent_in_the_last_hours_is_taken_again(
    broker: FakeBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = broker.read

    async def timed(topic: str, partition: int, start: int, end: int):
        async for message in read(topic, partition, start, end):
            message.timestamp = 3600.0 * (1 + message.offset)
            yield message

    monkeypatch.setattr(broker, "read", timed)

    async def story() -> None:
        dying = host_of(broker)
        broker.log = {offset: b"1" for offset in range(10)}
        await feed(dying, broker, broker.log)
        await dying.save_due(all_of_them=True)
        heir = newer(broker)
        heir._clock = lambda: 3600.0 * 10.0
        await feed(heir, broker, {10: b"1"})
        assert broker.values("sums")[-1] == b"8"

    asyncio.run(story())


def test_of_a_topic_not_yet_compacted_only_the_last_two_states_are_tried(
    broker: FakeBroker, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        dying = host_of(broker)
        broker.log = {offset: b"1" for offset in range(6)}
        for offset in broker.log:
            await feed(dying, broker, {offset: b"1"})
            await dying.save_due(all_of_them=True)
        await feed(newer(broker), broker, {6: b"1"})
        assert broker.values("sums")[-1] == b"7"

    asyncio.run(story())
    said = [record.getMessage() for record in caplog.records]
    assert [words[9:34] for words in said if "does not fit" in words] == [
        "saved state 6 does not fi", "saved state 5 does not fi",
    ]  # fmt: skip
