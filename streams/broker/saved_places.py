"""Saved states in an operator's hands: where they stand, moved to another place, or forgotten."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime

import msgspec
from kafka.errors import KafkaError, NoError
from kafka.structs import OffsetAndMetadata, TopicPartition

from ingest.user_error import UserError
from streams.broker.admin import BrokerError, open_admin
from streams.broker.producer import close_producer, open_producer
from streams.broker.snapshots import Snapshot, chunks, load_snapshot
from streams.broker.topic_reader import TopicReader, open_reader
from streams.broker.topics_now import TopicsNow
from streams.settings import Settings
from streams.stages.ingest import OUTPUTS
from streams.topics import (
    ALERT_COMMANDS,
    LAYOUTS,
    PATROLS,
    REPORTS,
    SNAPSHOTS,
    group_name,
    topic_name,
)

Inputs = Mapping[str, tuple[str, ...]]
"""The input topics of each stage."""

_RAW = frozenset(layout.name for layout in LAYOUTS if layout.is_raw)
_FRAMES = frozenset(OUTPUTS.values())
_ALWAYS_OUTSIDE = frozenset({REPORTS, PATROLS, ALERT_COMMANDS})
"""No stage makes frames of them."""


class SavedPlace(msgspec.Struct, frozen=True):
    """Where a stage's partition stands on one of its input topics.

    `next_offset` is what it reads next, None where no state is saved; the topic holds offsets from
    `oldest` to before `end`.
    """

    stage: str
    topic: str
    partition: int
    next_offset: int | None
    oldest: int
    end: int


class Moved(msgspec.Struct, frozen=True):
    """A stage's partition that reads on at another offset of a topic."""

    stage: str
    topic: str
    partition: int
    before: int | None
    after: int


_Move = tuple[Snapshot, list[Moved]]


class Place:
    """A place on a topic as an operator names it: `earliest`, `latest`, a time, or an offset.

    Raises UserError where it is none of these.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._time: float | None = None
        if text in ("earliest", "latest") or text.isdecimal():
            return
        try:
            time = datetime.fromisoformat(text)
        except ValueError:
            raise UserError(
                f"{text!r} is no place on a topic: expected earliest, latest, an offset, or a time "
                f"like 2026-09-16T07:00:00+08:00"
            ) from None
        if time.tzinfo is None:
            raise UserError(f"{text!r} names no time zone: expected {text}+08:00 or the like")
        self._time = time.timestamp()

    @property
    def is_offset(self) -> bool:
        """Whether it is an offset, which means another place in every partition."""
        return self._text.isdecimal()

    async def on(self, reader: TopicReader, name: str) -> int:
        """Give its offset on a partition. Raises UserError for an offset that is not there."""
        oldest, end = await reader.bounds()
        if self._text == "latest":
            return end
        if self._time is not None:
            found = await reader.at_time(self._time)
            return end if found is None else found
        if self._text == "earliest":
            return oldest
        if not oldest <= int(self._text) <= end:
            raise UserError(f"{name} holds offsets {oldest} to {end - 1}, not {self._text}")
        return int(self._text)


class SavedPlaces:
    """The saved states of a city's stages on its broker; remembers nothing of them."""

    def __init__(self, settings: Settings, inputs: Inputs) -> None:
        self._settings = settings
        self._inputs = inputs
        self._now = TopicsNow(settings)

    async def show(self) -> list[SavedPlace]:
        """Give where every stage's partition stands. Raises BrokerError."""
        asked = [
            self._show(stage, topics, partition)
            for stage, topics in self._inputs.items()
            for partition in await self._partitions(topics)
        ]
        return [place for places in await asyncio.gather(*asked) for place in places]

    async def _show(self, stage: str, topics: tuple[str, ...], partition: int) -> list[SavedPlace]:
        snapshot = await load_snapshot(self._settings, stage, partition)
        found = []
        for topic in topics:
            async with self._reader(topic, partition) as reader:
                oldest, end = await reader.bounds()
            at = snapshot.positions.get(topic) if snapshot else None
            found.append(SavedPlace(stage, topic, partition, at, oldest, end))
        return found

    async def seek(self, topic: str, place: Place, partition: int | None = None) -> list[Moved]:
        """Have a topic read on from a place, what is remembered kept.

        Raises BrokerError, where workers run too, and UserError for a place or partition that is
        not there.
        """
        stage = next(name for name, topics in self._inputs.items() if topic in topics)
        there = await self._partitions((topic,))
        if partition is not None and partition not in there:
            raise UserError(f"topic {self._name(topic)} has no partition {partition}: {there[-1]} "
                            f"is the last")  # fmt: skip
        chosen = there if partition is None else [partition]
        kept = await asyncio.gather(*(self._newest(stage, number) for number in chosen))
        return self._write([await self._moved(snapshot, {topic: place}) for snapshot in kept])

    async def reset(self, place: Place) -> list[Moved]:
        """Have every stage forget what it remembers, and read what came from outside from a place.

        What comes from outside are the raw topics and reports; where the former are empty, frames.
        What stages wrote from it before is not read again: it is made anew. Raises BrokerError,
        where workers run too.
        """
        raw = [topic for topics in self._inputs.values() for topic in topics if topic in _RAW]
        outside = _RAW | _ALWAYS_OUTSIDE
        if not await self._hold_any(raw):
            outside |= _FRAMES
        forgetting = [
            self._forgotten(stage, partition, {
                topic: place if topic in outside else Place("latest") for topic in topics
            })
            for stage, topics in self._inputs.items()
            for partition in await self._partitions(topics)
        ]  # fmt: skip
        return self._write(await asyncio.gather(*forgetting))

    async def _forgotten(self, stage: str, partition: int, places: dict[str, Place]) -> _Move:
        kept = await self._newest(stage, partition)
        return await self._moved(msgspec.structs.replace(kept, data=b"", network=""), places)

    async def _hold_any(self, topics: list[str]) -> bool:
        for topic in topics:
            for partition in await self._partitions((topic,)):
                async with self._reader(topic, partition) as reader:
                    oldest, end = await reader.bounds()
                if oldest < end:
                    return True
        return False

    async def _newest(self, stage: str, partition: int) -> Snapshot:
        found = await load_snapshot(self._settings, stage, partition)
        return found or Snapshot(stage, partition, 0, "", {}, b"")

    async def _moved(self, kept: Snapshot, places: dict[str, Place]) -> _Move:
        positions, ids, moves = dict(kept.positions), dict(kept.topic_ids), []
        for topic, place in places.items():
            async with self._reader(topic, kept.partition) as reader:
                after = await place.on(reader, f"{self._name(topic)}/{kept.partition}")
            if (topic_id := await self._now.id_of(topic)) is not None:
                ids[topic] = topic_id
            moves.append(Moved(kept.stage, topic, kept.partition, positions.get(topic), after))
            positions[topic] = after
        made = msgspec.structs.replace(
            kept, number=kept.number + 1, positions=positions, topic_ids=ids
        )
        return made, moves

    def _write(self, made: Sequence[_Move]) -> list[Moved]:
        """Move the consumer group, which the broker refuses while it has workers; then the states.

        Where only the first happens nothing changes: the states decide.
        """
        moves = [moved for _, moves in made for moved in moves]
        group, admin = group_name(self._settings.topics), open_admin(self._settings)
        try:
            answers = admin.alter_group_offsets(
                group,
                {
                    TopicPartition(self._name(moved.topic), moved.partition): OffsetAndMetadata(
                        moved.after, "", -1
                    )
                    for moved in moves
                },
            )
            if refused := sorted({e.__name__ for e in answers.values() if e is not NoError}):
                raise BrokerError(
                    f"group {group} was not moved ({', '.join(refused)}): its workers must be "
                    f"stopped, and have been for broker.session_timeout_s"
                )
            self._publish([snapshot for snapshot, _ in made])
        except KafkaError as error:
            where = self._settings.broker.address
            raise BrokerError(f"broker {where}: moving group {group}: {error!r}") from error
        finally:
            admin.close()
        return moves

    def _publish(self, snapshots: list[Snapshot]) -> None:
        producer = open_producer(self._settings)
        topic = self._name(SNAPSHOTS)
        try:
            sends = [
                producer.send(topic, value, key=key, partition=0)
                for snapshot in snapshots
                for key, value in chunks(snapshot, self._settings.snapshots.chunk_bytes)
            ]
            for send in sends:
                send.get(self._settings.broker.patience_s)
        finally:
            close_producer(producer, self._settings.broker.patience_s)

    async def _partitions(self, topics: tuple[str, ...]) -> list[int]:
        counts = await self._now.partition_counts()
        names = [self._name(topic) for topic in topics]
        if missing := [name for name in names if name not in counts]:
            raise BrokerError(
                f"broker {self._settings.broker.address} has no topic {missing[0]}: "
                f"create the topics with `clearway topics create`"
            )
        return list(range(max(counts[name] for name in names)))

    def _reader(self, topic: str, partition: int) -> AbstractAsyncContextManager[TopicReader]:
        return open_reader(self._settings.broker, self._name(topic), partition)

    def _name(self, topic: str) -> str:
        return topic_name(self._settings.topics, topic)
