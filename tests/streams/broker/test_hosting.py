"""A hosted stage: what is acknowledged when, and what a second worker starts from."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from aiokafka.errors import KafkaConnectionError

from streams import topics
from streams.broker import hosting
from streams.broker.fetched import Undecodable
from streams.broker.hosting import StageHost
from streams.broker.snapshots import Snapshot, SnapshotAssembler
from streams.settings import load_settings
from streams.stages.counts import StageCounts
from streams.stages.messages import Incoming, Outgoing, Passed, UndecodableError
from streams.stages.refused import letter_of_message
from streams.topics import SNAPSHOTS


class Adder:
    """A stage that adds numbers and says the sum; refuses what is no number."""

    def __init__(self, partition: int) -> None:
        self.partition, self.total = partition, 0

    def take(self, message: Incoming) -> list[Outgoing]:
        assert isinstance(message.content, bytes)
        self.total += int(message.content)
        return [Outgoing("sums", 0, str(self.total).encode())]

    def snapshot(self) -> bytes:
        return msgspec.json.encode(self.total)

    def restore(self, data: bytes) -> None:
        self.total = msgspec.json.decode(data)

    def counts(self) -> list[StageCounts]:
        return [StageCounts("adder", self.partition, "numbers")]

    def pass_time(self, now: float) -> Passed:
        return Passed(["numbers"], [Outgoing("marks", 0, str(now).encode())])


@dataclass
class Message:
    """What Faust calls a message."""

    offset: int
    value: bytes
    partition: int = 0
    timestamp: float | None = None
    empty_from: int = -1  # the fetch that brought it brought the one before it

    def __post_init__(self) -> None:
        if self.empty_from < 0:
            self.empty_from = self.offset


@dataclass
class Event:
    """What Faust calls an event."""

    message: Message
    acks: list[int]

    def ack(self) -> None:
        self.acks.append(self.message.offset)


@dataclass
class FakeBroker:
    """Remembers what it has, in order; `log` holds what can be read of the input by offset.

    A message for a topic in `slow` is on its way, and not there, until `arrive` is called; one for
    a topic in `refused` never gets there and its sender learns so.
    """

    sent: list[tuple[str, bytes | None, bytes]] = field(default_factory=list)
    log: dict[int, bytes] = field(default_factory=dict)
    reads: list[tuple[int, int]] = field(default_factory=list)
    failures: int = 0  # so many questions are not answered
    acks: list[int] = field(default_factory=list)
    is_ours: bool = True
    slow: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    on_its_way: list[tuple[tuple[str, bytes | None, bytes], asyncio.Future[object]]] = field(
        default_factory=list
    )

    async def send(
        self, topic: str, partition: int, key: bytes | None, value: bytes
    ) -> Awaitable[object]:
        message = (topic, key, value)
        done: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        if topic in self.refused:
            done.set_exception(KafkaConnectionError("refused"))
        elif topic in self.slow:
            self.on_its_way.append((message, done))
        else:
            self.sent.append(message)
            done.set_result(None)
        return done

    def arrive(self) -> None:
        """Have everything on its way."""
        for message, done in self.on_its_way:
            self.sent.append(message)
            done.set_result(None)
        self.on_its_way.clear()

    async def oldest(self, topic: str, partition: int) -> int:
        if self.failures:
            self.failures -= 1
            raise KafkaConnectionError("away")
        return min(self.log)

    async def read(
        self, topic: str, partition: int, start: int, end: int
    ) -> AsyncIterator[Message]:
        self.reads.append((start, end))
        for offset, value in sorted(self.log.items()):
            if start <= offset < end:
                yield Message(offset, value)

    def is_assigned(self, topic: str, partition: int) -> bool:
        return self.is_ours

    def newest(self) -> Snapshot | None:
        assembler = SnapshotAssembler("adder", 0)
        for topic, key, value in self.sent:
            if topic == SNAPSHOTS:
                assembler.add(key, value)
        return assembler.newest

    def values(self, topic: str) -> list[bytes]:
        return [value for name, _, value in self.sent if name == topic]


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> FakeBroker:
    fake = FakeBroker()

    async def load(_settings: Any, _stage: str, _partition: int) -> Snapshot | None:
        return fake.newest()

    monkeypatch.setattr(hosting, "load_snapshot", load)
    return fake


def host_of(broker: FakeBroker, network: str = "town") -> StageHost:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    settings = load_settings(environment={}, overrides={"snapshots": {"every_messages": 1000}})
    return StageHost("adder", ("numbers",), Adder, broker, settings, network)


async def feed(host: StageHost, broker: FakeBroker, values: dict[int, bytes]) -> None:
    for offset, value in values.items():
        await host.take("numbers", Event(Message(offset, value), broker.acks))


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


async def until_it_waits(task: asyncio.Task[None]) -> None:
    """Let a task go on until nothing but the broker can end its waiting."""
    for _ in range(10):
        await asyncio.to_thread(int)  # the one thread has done all that was asked of it before
        await asyncio.sleep(0)
    assert not task.done()


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


LOG = {0: b"1", 1: b"2", 2: b"4", 3: b"8"}


def test_messages_that_were_not_delivered_are_read_again_in_their_place(
    broker: FakeBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosting, "RETRY_S", 0.0)

    async def story() -> None:
        host = host_of(broker)
        broker.log, broker.failures = LOG, 2
        await feed(host, broker, {0: b"1", 3: b"8"})
        assert broker.reads == [(1, 3)]
        assert broker.values("sums") == [b"1", b"3", b"7", b"15"]
        await feed(host, broker, {1: b"2", 2: b"4"})  # they come after all
        await host.save_due(all_of_them=True)
        assert broker.values("sums")[-1] == b"15" and broker.acks == [0, 3, 1, 2]
        assert [count.holes for count in host.counts()] == [0]

    asyncio.run(story())


def test_a_gap_that_the_log_has_by_nature_costs_nothing(broker: FakeBroker) -> None:
    async def story() -> None:
        host = host_of(broker)
        await feed(host, broker, {0: b"1"})
        await host.take("numbers", Event(Message(3, b"8", empty_from=1), broker.acks))
        assert broker.values("sums") == [b"1", b"9"] and broker.reads == []
        assert [count.holes for count in host.counts()] == [0]

    asyncio.run(story())


def test_an_unseen_stretch_in_which_the_log_has_nothing_is_no_hole(broker: FakeBroker) -> None:
    async def story() -> None:
        host = host_of(broker)
        broker.log = {0: b"1", 3: b"8"}
        await feed(host, broker, broker.log)
        assert broker.values("sums") == [b"1", b"9"] and broker.reads == [(1, 3)]
        assert [count.holes for count in host.counts()] == [0]

    asyncio.run(story())


def test_what_the_broker_has_thrown_away_is_counted_as_holes(broker: FakeBroker) -> None:
    async def story() -> None:
        host = host_of(broker)
        broker.log = {2: b"4", 3: b"8"}
        await feed(host, broker, {0: b"1", 3: b"8"})
        assert broker.values("sums") == [b"1", b"5", b"13"]
        assert [count.holes for count in host.counts()] == [1]

    asyncio.run(story())


def test_what_was_missed_is_left_to_the_next_worker_where_the_partition_is_taken_away(
    broker: FakeBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosting, "RETRY_S", 0.0)

    async def story() -> None:
        host = host_of(broker)
        broker.log, broker.failures = LOG, 10**9
        await feed(host, broker, {0: b"1"})
        taking = asyncio.create_task(feed(host, broker, {3: b"8"}))
        await until_it_waits(taking)
        broker.is_ours = False
        await taking
        assert broker.values("sums") == [b"1"] and broker.acks == []

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
