"""A hosted stage: what is acknowledged when, and what a second worker starts from."""

import asyncio
from typing import Any

import msgspec
import pytest
from aiokafka.errors import KafkaConnectionError

from streams import topics
from streams.broker import hosting
from streams.broker.fetched import Undecodable
from streams.broker.snapshots import Snapshot, chunks
from streams.stages.messages import Incoming, UndecodableError
from streams.stages.refused import letter_of_message
from streams.topics import SNAPSHOTS
from tests.streams.broker.fake_broker import (
    Event,
    FakeBroker,
    Message,
    feed,
    host_of,
    until_it_waits,
)


def test_nothing_is_acknowledged_before_the_state_that_holds_it_is_saved(
    broker: FakeBroker,
) -> None:
    async def story() -> None:
        host = host_of(broker)
        await feed(host, broker, {0: b"1", 1: b"2"})
        assert broker.acks == [] and broker.newest() is None
        await host.save_due(all_of_them=True)
        assert broker.acks == [0, 1]
        saved = broker.newest()
        assert saved is not None and saved.positions == {"numbers": 2}

    asyncio.run(story())


def test_no_state_is_saved_before_the_broker_has_the_outputs_it_covers(
    broker: FakeBroker,
) -> None:
    async def story() -> None:
        host = host_of(broker)
        broker.slow = {"sums"}
        await feed(host, broker, {0: b"1", 1: b"2"})
        saving = asyncio.create_task(host.save_due(all_of_them=True))
        await until_it_waits(saving)
        assert broker.newest() is None and broker.acks == []
        broker.arrive()
        await saving
        assert [topic for topic, _, _ in broker.sent] == ["sums", "sums", SNAPSHOTS]
        assert broker.acks == [0, 1]

    asyncio.run(story())


def test_nothing_is_acknowledged_before_the_broker_has_the_state(broker: FakeBroker) -> None:
    async def story() -> None:
        host = host_of(broker)
        broker.slow = {SNAPSHOTS}
        await feed(host, broker, {0: b"1", 1: b"2"})
        saving = asyncio.create_task(host.save_due(all_of_them=True))
        await until_it_waits(saving)
        assert len(broker.on_its_way) == 1 and broker.acks == []
        broker.arrive()
        await saving
        assert broker.acks == [0, 1]

    asyncio.run(story())


def test_a_partition_taken_away_is_saved_in_the_same_order(broker: FakeBroker) -> None:
    async def story() -> None:
        host = host_of(broker)
        broker.slow = {"sums", SNAPSHOTS}
        await feed(host, broker, {0: b"1"})
        dropping = asyncio.create_task(host.drop({("numbers", 0)}, save=True))
        await until_it_waits(dropping)
        assert [message[0] for message, _ in broker.on_its_way] == ["sums"]
        broker.arrive()
        await until_it_waits(dropping)
        assert [message[0] for message, _ in broker.on_its_way] == [SNAPSHOTS]
        assert broker.acks == []
        broker.arrive()
        await dropping
        assert broker.acks == [0]

    asyncio.run(story())


def test_an_output_that_the_broker_refused_is_never_covered_by_a_saved_state(
    broker: FakeBroker,
) -> None:
    async def story() -> None:
        host = host_of(broker)
        broker.refused = {"sums"}
        await feed(host, broker, {0: b"1"})
        broker.refused = set()
        for _ in range(2):  # whoever saves next must not go on as if nothing had been lost
            with pytest.raises(KafkaConnectionError):
                await host.save_due(all_of_them=True)
        await feed(host, broker, {1: b"2"})
        with pytest.raises(KafkaConnectionError):
            await host.save_due(all_of_them=True)
        assert broker.newest() is None and broker.acks == []

    asyncio.run(story())


def test_a_worker_that_takes_over_goes_on_from_the_saved_state(broker: FakeBroker) -> None:
    async def story() -> None:
        dying = host_of(broker)
        await feed(dying, broker, {0: b"1", 1: b"2"})
        await dying.save_due(all_of_them=True)
        await feed(dying, broker, {2: b"4"})  # dies before saving this
        heir = host_of(broker)
        await feed(heir, broker, {1: b"2", 2: b"4", 3: b"8"})
        assert broker.values("sums") == [b"1", b"3", b"7", b"7", b"15"]

    asyncio.run(story())


def test_a_broker_that_is_away_while_the_state_is_read_is_waited_for(
    broker: FakeBroker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[int] = []

    async def load(_settings: Any, _stage: str, _partition: int) -> Snapshot | None:
        tries.append(1)
        if len(tries) < 4:
            raise KafkaConnectionError("Unable to bootstrap")
        return broker.newest()

    monkeypatch.setattr(hosting, "load_snapshot", load)
    monkeypatch.setattr(hosting, "RETRY_S", 0.0)

    async def story() -> None:
        host = host_of(broker)
        await feed(host, broker, {0: b"1", 1: b"2"})
        assert broker.values("sums") == [b"1", b"3"]
        assert len([r for r in caplog.records if "trying again" in r.getMessage()]) == 1

    asyncio.run(story())


def test_a_partition_taken_away_while_its_state_is_read_is_left_alone(
    broker: FakeBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def load(_settings: Any, _stage: str, _partition: int) -> Snapshot | None:
        broker.is_ours = False
        raise KafkaConnectionError("Unable to bootstrap")

    monkeypatch.setattr(hosting, "load_snapshot", load)
    monkeypatch.setattr(hosting, "RETRY_S", 0.0)

    async def story() -> None:
        host = host_of(broker)
        await feed(host, broker, {0: b"1"})
        assert broker.sent == [] and broker.acks == [] and host.counts() == []

    asyncio.run(story())


def test_a_message_at_which_the_stage_fails_goes_to_dead_letters(broker: FakeBroker) -> None:
    async def story() -> None:
        host = host_of(broker)
        await feed(host, broker, {0: b"1", 1: b"rubbish", 2: b"2"})
        await host.save_due(all_of_them=True)
        assert broker.values("sums") == [b"1", b"3"]
        (letter,) = map(msgspec.json.decode, broker.values("dead-letters"))
        assert (letter["source"], letter["offset"]) == ("numbers", 1)
        assert letter["reason"] == "stage_failed"
        assert broker.acks == [0, 1, 2]

    asyncio.run(story())


def test_what_cannot_be_decoded_goes_to_dead_letters_and_is_counted(broker: FakeBroker) -> None:
    async def story() -> None:
        host = host_of(broker)
        wrong = Undecodable()
        wrong.error = UndecodableError("offsets 1 to 3: DecompressionError: bad magic")
        await feed(host, broker, {0: b"1"})
        await host.take("numbers", Event(Message(3, wrong, empty_from=1), broker.acks))
        await feed(host, broker, {4: b"2"})
        await host.save_due(all_of_them=True)
        assert broker.values("sums") == [b"1", b"3"] and broker.acks == [0, 3, 4]
        (letter,) = map(msgspec.json.decode, broker.values("dead-letters"))
        assert (letter["source"], letter["offset"], letter["reason"]) == (
            "numbers", 3, "undecodable",
        )  # fmt: skip
        assert letter["value"] == "offsets 1 to 3: DecompressionError: bad magic"
        assert "zstd" in letter["expected"]
        assert [count.dead_letters for count in host.counts()] == [1]

    asyncio.run(story())


def test_a_camera_message_at_which_the_stage_fails_shows_no_plate() -> None:
    sent = Incoming(topics.CAMERA, 0, 7, '{"number": "闽A12345"}'.encode())
    letter = msgspec.json.decode(letter_of_message(sent, ValueError("闽A12345")).encode())
    assert (letter["reason"], letter["original"]) == ("stage_failed", "")
    assert "A12345" not in str(letter)


def test_a_message_of_a_partition_that_was_taken_away_is_left_alone(broker: FakeBroker) -> None:
    async def story() -> None:
        host = host_of(broker)
        broker.is_ours = False
        await feed(host, broker, {0: b"1"})
        assert broker.sent == []

    asyncio.run(story())


def test_a_partition_taken_away_is_saved_and_forgotten(broker: FakeBroker) -> None:
    async def story() -> None:
        host = host_of(broker)
        await feed(host, broker, {0: b"1"})
        await host.drop({("numbers", 0)}, save=True)
        saved = broker.newest()
        assert saved is not None and saved.positions == {"numbers": 1}
        assert host.counts() == []

    asyncio.run(story())


def test_a_message_that_waits_while_its_partition_is_taken_away_is_left_alone(
    broker: FakeBroker,
) -> None:
    async def story() -> None:
        host = host_of(broker)
        await feed(host, broker, {0: b"1"})
        dropping = asyncio.create_task(host.drop({("numbers", 0)}, save=True))
        await asyncio.sleep(0)  # the drop has begun
        await asyncio.gather(dropping, feed(host, broker, {1: b"2"}))
        assert broker.values("sums") == [b"1"]
        assert host.counts() == []
        await feed(host, broker, {1: b"2"})  # given back: delivered again
        assert broker.values("sums") == [b"1", b"3"]

    asyncio.run(story())


def test_the_state_of_another_network_is_not_taken_up(broker: FakeBroker) -> None:
    async def story() -> None:
        before = host_of(broker, "town")
        await feed(before, broker, {0: b"1"})
        await before.save_due(all_of_them=True)
        after = host_of(broker, "other town")
        await feed(after, broker, {0: b"5"})
        assert broker.values("sums") == [b"1", b"5"]

    asyncio.run(story())


def test_a_state_after_one_that_was_not_taken_up_is_the_newest(broker: FakeBroker) -> None:
    async def story() -> None:
        before = host_of(broker, "town")
        for offset in range(3):
            await feed(before, broker, {offset: b"1"})
            await before.save_due(all_of_them=True)
        after = host_of(broker, "other town")
        broker.log = {3: b"5"}
        await feed(after, broker, broker.log)
        await after.save_due(all_of_them=True)
        saved = broker.newest()
        assert saved is not None and saved.network == "other town"

    asyncio.run(story())


def test_a_state_that_only_says_where_to_read_on_begins_afresh_there(broker: FakeBroker) -> None:
    async def story() -> None:
        moved = Snapshot("adder", 0, 7, "", {"numbers": 2}, b"")
        for key, value in chunks(moved, 10**6):
            broker.sent.append((SNAPSHOTS, key, value))
        host = host_of(broker)
        await feed(host, broker, {0: b"1", 1: b"2", 2: b"4"})
        assert broker.values("sums") == [b"4"]
        await host.save_due(all_of_them=True)
        saved = broker.newest()
        assert saved is not None and (saved.number, saved.network) == (8, "town")

    asyncio.run(story())


def test_what_follows_from_silence_is_sent_for_partitions_held_only(broker: FakeBroker) -> None:
    async def story() -> None:
        host = host_of(broker)
        assert await host.pass_time(1.0) == []  # nothing held yet
        await feed(host, broker, {0: b"1"})
        assert await host.pass_time(2.0) == ["numbers"]
        broker.is_ours = False
        assert await host.pass_time(3.0) == []
        assert broker.values("marks") == [b"2.0"]

    asyncio.run(story())
