"""What a stage must be told of its output topics when it is loaded: what its state lacks."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence

from aiokafka.structs import RecordMetadata, TopicPartition

from streams.broker.hosting import StageHost
from streams.stages.stage import Stage
from tests.streams.broker.fake_broker import FakeBroker, feed, host_of


class Numbering(FakeBroker):
    """Says of each message at which offset of its topic it lies."""

    async def send(
        self,
        topic: str,
        partition: int,
        key: bytes | None,
        value: bytes,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> Awaitable[object]:
        done = await super().send(topic, partition, key, value, headers)
        assert isinstance(done, asyncio.Future)
        at = RecordMetadata(
            topic, partition, TopicPartition(topic, partition), 100 + len(self.values(topic)),
            0, 0, 0,
        )  # fmt: skip
        told: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        told.set_result(at)
        return told


def telling(broker: FakeBroker, told: list[Mapping[str, int]]) -> StageHost:
    async def on_load(_stage: Stage, known: Mapping[str, int]) -> Mapping[str, int]:
        told.append(dict(known))
        return {"alerts": 7}

    host = host_of(broker)
    host._on_load = on_load
    return host


def test_outputs_are_known_up_to_those_that_the_saved_state_covers(
    broker: FakeBroker, monkeypatch
) -> None:
    told: list[Mapping[str, int]] = []

    async def story() -> None:
        numbering = Numbering()
        monkeypatch.setattr(broker, "newest", numbering.newest)
        dying = telling(numbering, told)
        await feed(dying, numbering, {0: b"1", 1: b"2"})
        await dying.save_due(all_of_them=True)
        await feed(dying, numbering, {2: b"4"})  # sent and not saved
        await feed(telling(numbering, told), numbering, {2: b"4"})

    asyncio.run(story())
    assert told == [{}, {"alerts": 7, "sums": 103}]
