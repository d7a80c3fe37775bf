"""Stages inside a worker: state loaded when a partition comes, saved before its input is acked."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec
from aiokafka.errors import KafkaError

from streams.broker.admin import BrokerError
from streams.broker.fetched import Undecodable
from streams.broker.hosted import Hosted, Link
from streams.broker.offsets import OffsetGuard, Verdict
from streams.broker.snapshots import SLOTS, Snapshot, chunks, load_snapshot
from streams.settings import Settings
from streams.stages.counts import StageCounts
from streams.stages.messages import Incoming, Outgoing, UndecodableError
from streams.stages.stage import Stage
from streams.topics import SNAPSHOTS

RETRY_S = 1.0
"""A saved state that could not be read is read again after this time. Unit: s. Source: chosen."""
MADE_AGAIN_S = 6 * 3600.0
"""A state that cannot be read is made again from messages sent since so long. Unit: s. Source:
chosen; what a stage remembers fades within hours.
"""

OnLoad = Callable[[Stage, Mapping[str, int]], Awaitable[Mapping[str, int]]]
"""Tells a loaded stage of the messages on output topics from these offsets on, which its state does
not know of; gives where they end."""

log = logging.getLogger(__name__)


class StageHost:
    """All partitions of one stage that this worker holds."""

    def __init__(
        self,
        name: str,
        topics: Sequence[str],
        make: Callable[[int], Stage],
        link: Link,
        settings: Settings,
        network: str,
        on_load: OnLoad | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self._topics = tuple(topics)
        self._make = make
        self._link = link
        self._settings = settings
        self._network = network
        self._on_load = on_load
        self._clock = clock
        self._hosted: dict[int, Hosted] = {}
        self._locks: dict[int, asyncio.Lock] = {}
        self._drops: Counter[int] = Counter()

    def _lock(self, partition: int) -> asyncio.Lock:
        return self._locks.setdefault(partition, asyncio.Lock())

    async def take(self, topic: str, event: Any) -> None:
        """Take one event of an input topic; it is acknowledged when the state that holds it is."""
        message = event.message
        drops = self._drops[message.partition]
        async with self._lock(message.partition):
            # Faust calls a partition assigned while it is being taken away; whoever holds it next
            # is given this message again.
            was_dropped = self._drops[message.partition] != drops
            if was_dropped or not self._link.is_assigned(topic, message.partition):
                return
            hosted = self._hosted.get(message.partition) or await self._await_state(
                topic, message.partition
            )
            if hosted is None:
                return
            verdict = await self._judge(hosted, topic, message)
            if verdict is Verdict.MISSED and not await self._make_good(hosted, topic, message):
                return
            hosted.unsaved.append(event)
            if verdict is not Verdict.SKIP:
                await self._use(hosted, topic, message)
            if len(hosted.unsaved) >= self._settings.snapshots.every_messages:
                await self._save(message.partition, hosted)

    async def _judge(self, hosted: Hosted, topic: str, message: Any) -> Verdict:
        """Give the guard's verdict; a topic that was made again begins anew."""
        guard = hosted.guards[topic]
        verdict = guard.judge(message.offset, message.empty_from)
        if verdict is not Verdict.SKIP:
            hosted.skipping.discard(topic)
        elif topic not in hosted.skipping:  # read again after going back, or another topic
            hosted.skipping.add(topic)
            if self._begin_again(hosted, topic, await self._topic_id(topic, message.partition)):
                return await self._judge(hosted, topic, message)
            log.info(
                "%s/%d: the saved state covers all before offset %d, what comes again from %d on "
                "is passed over; `clearway state` moves it", topic, message.partition,
                guard.next_offset, message.offset,
            )  # fmt: skip
        return verdict

    async def _topic_id(self, topic: str, partition: int) -> str | None:
        """Ask until the broker answers, or the partition is another's."""
        while self._link.is_assigned(topic, partition):
            try:
                return await self._link.topic_id(topic)
            except BrokerError as error:
                log.warning("%s, asking again", error)
                await asyncio.sleep(RETRY_S)
        return None

    def _begin_again(self, hosted: Hosted, topic: str, topic_id: str | None) -> bool:
        expected = hosted.guards[topic].next_offset
        is_another = hosted.begin_again(topic, topic_id)
        if is_another:
            log.warning(
                "%s: topic %s was deleted and made again since offset %d: reading it from its "
                "oldest message", self.name, topic, expected,
            )  # fmt: skip
        return is_another

    async def check_topics(self) -> None:
        """Look for topics that were made again. Raises BrokerError where the broker is away."""
        for topic in self._topics if self._hosted else ():
            topic_id = await self._link.topic_id(topic)
            for partition in list(self._hosted):
                async with self._lock(partition):
                    if (hosted := self._hosted.get(partition)) is not None:
                        self._begin_again(hosted, topic, topic_id)

    async def _make_good(self, hosted: Hosted, topic: str, message: Any) -> bool:
        """Take what was not delivered before a message; False where the partition is another's."""
        partition, guard, count = message.partition, hosted.guards[topic], 0
        expected = guard.next_offset
        async for missed in self._missed(topic, guard, message):
            await self._use(hosted, topic, missed)
            count += 1
            if count % self._settings.snapshots.every_messages == 0:
                await self._save(partition, hosted)
        if count:
            log.warning(
                "%s/%d: %d messages from offset %d to %d had not been delivered: read again; to "
                "skip some, move the saved state with `clearway state`",
                topic, partition, count, expected, message.offset - 1,
            )  # fmt: skip
        return self._link.is_assigned(topic, partition)

    async def _missed(self, topic: str, guard: OffsetGuard, message: Any) -> AsyncIterator[Any]:
        """Give what is on the broker before a message; again while the broker is away."""
        partition, expected = message.partition, guard.next_offset
        while self._link.is_assigned(topic, partition):
            try:
                oldest = min(await self._link.oldest(topic, partition), message.offset)
                if guard.lose(oldest):
                    log.error(
                        "%s/%d: the broker no longer has offsets %d to %d, going on without them",
                        topic, partition, expected, oldest - 1,
                    )  # fmt: skip
                start = guard.next_offset
                async for missed in self._link.read(topic, partition, start, message.offset):
                    yield missed
            except (BrokerError, KafkaError) as error:
                log.warning("%s/%d: not read again, trying again: %s", topic, partition, error)
                await asyncio.sleep(RETRY_S)
            else:
                return

    def _incoming(self, topic: str, message: Any) -> Incoming:
        """Give a message as stages take it; none was sent after now, whatever its sender says."""
        sent_at = min(message.timestamp, self._clock()) if message.timestamp else None
        data = message.value or b""
        return Incoming(topic, message.partition, message.offset, data, sent_at)

    async def _use(self, hosted: Hosted, topic: str, message: Any) -> None:
        incoming = self._incoming(topic, message)
        try:
            if isinstance(message.value, Undecodable):
                raise message.value.error
            outgoing = await asyncio.to_thread(hosted.stage.take, incoming)
        except UndecodableError as error:
            log.error(
                "%s/%d was not decoded, it goes to dead letters: %s",
                topic, message.partition, error,
            )  # fmt: skip
            outgoing = hosted.refuse(incoming, error)
        except Exception as error:
            log.exception(
                "%s: %s was not taken, it goes to dead letters", self.name, incoming.origin
            )
            outgoing = hosted.refuse(incoming, error)
        hosted.guards[topic].advance(message.offset + 1)
        hosted.has_news = True
        await self._send(hosted, outgoing)

    async def _send(self, hosted: Hosted, outgoing: Sequence[Outgoing]) -> None:
        for out in outgoing:
            hosted.sends.append(
                await self._link.send(out.topic, out.partition, out.key, out.encode(), out.headers)
            )

    async def _await_state(self, topic: str, partition: int) -> Hosted | None:
        """Load the partition, again while the broker is away; None once it is another's."""
        is_logged = False
        while self._link.is_assigned(topic, partition):
            try:
                return await self._load(partition)
            except (BrokerError, KafkaError) as error:
                if not is_logged:
                    log.warning(
                        "%s/%d: saved state not read, trying again: %s", self.name, partition, error
                    )
                is_logged = True
            await asyncio.sleep(RETRY_S)
        return None

    async def _load(self, partition: int) -> Hosted:
        stage, snapshot, is_restored = await self._restored(partition)
        hosted = Hosted(stage, snapshot, self._topics)
        if self._on_load is not None:
            known = snapshot.published if snapshot is not None and is_restored else {}
            hosted.published = dict(await self._on_load(stage, known))
        for topic in self._topics:
            self._begin_again(hosted, topic, await self._link.topic_id(topic))
        self._hosted[partition] = hosted
        log.info(
            "%s/%d: %s, going on at %s", self.name, partition,
            f"state {hosted.number} loaded" if is_restored else "no saved state",
            hosted.positions(),
        )  # fmt: skip
        return hosted

    async def _restored(self, partition: int) -> tuple[Stage, Snapshot | None, bool]:
        """Give a stage with the newest state that fits, or made again from the input before it.

        The snapshot says where it goes on, None at what the broker delivers, and the last whether
        the stage has its state.
        """
        newest = snapshot = await load_snapshot(self._settings, self.name, partition)
        stage = await asyncio.to_thread(self._make, partition)
        for _ in range(SLOTS):
            if snapshot is None:
                break
            if not snapshot.data:
                return stage, snapshot, False
            if snapshot.network != self._network:
                log.warning(
                    "%s/%d: the saved state belongs to network %s, not %s: starting afresh",
                    self.name, partition, snapshot.network, self._network,
                )  # fmt: skip
                nothing = Snapshot(
                    self.name, partition, snapshot.number, self._network, {}, b""
                )  # the next one must have a higher number than what is left alone
                return stage, nothing, False
            try:
                await asyncio.to_thread(stage.restore, snapshot.data)
            except Exception as error:  # whatever bytes can lead to
                log.error(
                    "%s/%d: saved state %d does not fit: %s: %s",
                    self.name, partition, snapshot.number, type(error).__name__, error,
                )  # fmt: skip
                snapshot = await load_snapshot(
                    self._settings, self.name, partition, snapshot.number
                )
                stage = await asyncio.to_thread(self._make, partition)
            else:
                return stage, snapshot, True
        if newest is not None:
            await self._make_again(stage, partition, newest.positions)
        return stage, newest, False

    async def _make_again(self, stage: Stage, partition: int, positions: Mapping[str, int]) -> None:
        """Give a stage the input that a state covered, as far as the broker still has it.

        What it gives of it was published before.
        """
        for topic in self._topics:
            end, count = positions.get(topic, 0), 0
            start = await self._link.oldest(topic, partition)
            async for message in self._link.read(topic, partition, start, end):
                if message.timestamp and self._clock() - message.timestamp > MADE_AGAIN_S:
                    continue
                incoming = self._incoming(topic, message)
                with suppress(Exception):  # it went to dead letters
                    await asyncio.to_thread(stage.take, incoming)
                count += 1
            log.error(
                "%s/%d: made again from %d messages of %s, those before offset %d from %d on",
                self.name, partition, count, topic, end, start,
            )  # fmt: skip

    async def _save(self, partition: int, hosted: Hosted) -> None:
        """Save in the order that makes a crash harmless: outputs, then state, then offsets."""
        # A message that the broker refused stays here, so that no later save can pass it over.
        await hosted.arrive(self._settings.topics.prefix)
        if hosted.has_news:
            data = await asyncio.to_thread(hosted.stage.snapshot)
            hosted.number += 1
            snapshot = Snapshot(
                self.name, partition, hosted.number, self._network, hosted.positions(), data,
                hosted.topic_ids, hosted.published,
            )  # fmt: skip
            writes = [
                await self._link.send(SNAPSHOTS, 0, key, value)
                for key, value in chunks(snapshot, self._settings.snapshots.chunk_bytes)
            ]
            await asyncio.gather(*writes)
            hosted.has_news, hosted.saved_bytes = False, len(data)
        for event in hosted.unsaved:
            event.ack()
        hosted.unsaved.clear()
        hosted.saved_at = time.monotonic()

    async def save_due(self, *, all_of_them: bool = False) -> None:
        """Save every partition whose last save is as old as the settings say."""
        for partition in list(self._hosted):
            async with self._lock(partition):
                hosted = self._hosted.get(partition)
                if hosted is None or not hosted.unsaved:
                    continue
                if all_of_them or hosted.is_due(self._settings.snapshots, time.monotonic()):
                    await self._save(partition, hosted)

    async def drop(self, partitions: set[tuple[str, int]], *, save: bool) -> None:
        """Forget the partitions that are taken away, saving them first where there is time."""
        gone = {p for topic, p in partitions if topic in self._topics}
        for partition in sorted(gone):
            async with self._lock(partition):
                hosted = self._hosted.pop(partition, None)
                if hosted is not None and save and hosted.unsaved:
                    await self._save(partition, hosted)
                self._drops[partition] += 1

    def counts(self) -> list[StageCounts]:
        """Give the counts of every partition held, with what came to no stage."""
        return [
            msgspec.structs.replace(
                counts,
                holes=counts.holes + hosted.hole_count(counts.source),
                remade=counts.remade + hosted.remade_counts[counts.source],
                dead_letters=counts.dead_letters + hosted.letter_counts[counts.source],
            )
            for hosted in self._hosted.values()
            for counts in hosted.stage.counts()
        ]

    async def pass_time(self, now: float) -> list[str]:
        """Let time pass in every partition held; gives the names of inputs found silent."""
        silent: list[str] = []
        for partition in list(self._hosted):
            async with self._lock(partition):
                hosted = self._hosted.get(partition)
                if hosted is None or not self._link.is_assigned(self._topics[0], partition):
                    continue
                passed = hosted.stage.pass_time(now)
                silent += passed.silent
                # No state waits for these, so no save would ever collect them.
                sends = [
                    await self._link.send(
                        out.topic, out.partition, out.key, out.encode(), out.headers
                    )
                    for out in passed.outgoing
                ]
                await asyncio.gather(*sends)
        return silent
