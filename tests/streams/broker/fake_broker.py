"""A broker that is none, for tests of hosted stages, and a stage that adds numbers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import msgspec
from aiokafka.errors import KafkaConnectionError

from streams.broker.admin import BrokerError
from streams.broker.hosting import StageHost
from streams.broker.snapshots import Snapshot, SnapshotAssembler
from streams.settings import load_settings
from streams.stages.counts import StageCounts
from streams.stages.messages import Incoming, Outgoing, Passed
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
    id_now: str | None = "first"  # of the input topic
    acks: list[int] = field(default_factory=list)
    is_ours: bool = True
    headers: list[tuple[str, dict[str, bytes]]] = field(default_factory=list)
    slow: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    on_its_way: list[tuple[tuple[str, bytes | None, bytes], asyncio.Future[object]]] = field(
        default_factory=list
    )

    async def send(
        self,
        topic: str,
        partition: int,
        key: bytes | None,
        value: bytes,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> Awaitable[object]:
        self.headers.append((topic, dict(headers)))
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

    async def topic_id(self, topic: str) -> str | None:
        if self.failures:
            self.failures -= 1
            raise BrokerError("away")
        return self.id_now

    async def read(
        self, topic: str, partition: int, start: int, end: int
    ) -> AsyncIterator[Message]:
        self.reads.append((start, end))
        for offset, value in sorted(self.log.items()):
            if start <= offset < end:
                yield Message(offset, value)

    def is_assigned(self, topic: str, partition: int) -> bool:
        return self.is_ours

    def newest(self, before: int | None = None) -> Snapshot | None:
        assembler = SnapshotAssembler("adder", 0, before)
        for topic, key, value in self.sent:
            if topic == SNAPSHOTS:
                assembler.add(key, value)
        return assembler.newest

    def values(self, topic: str) -> list[bytes]:
        return [value for name, _, value in self.sent if name == topic]


def host_of(broker: FakeBroker, network: str = "town") -> StageHost:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    settings = load_settings(environment={}, overrides={"snapshots": {"every_messages": 1000}})
    return StageHost("adder", ("numbers",), Adder, broker, settings, network)


async def feed(host: StageHost, broker: FakeBroker, values: dict[int, bytes]) -> None:
    for offset, value in values.items():
        await host.take("numbers", Event(Message(offset, value), broker.acks))


async def until_it_waits(task: asyncio.Task[None]) -> None:
    """Let a task go on until nothing but the broker can end its waiting."""
    for _ in range(10):
        await asyncio.to_thread(int)  # the one thread has done all that was asked of it before
        await asyncio.sleep(0)
    assert not task.done()
