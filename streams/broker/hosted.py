"""A stage's partition as a worker holds it, and the broker as such a stage sees it."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Sequence
from typing import Any, Protocol

from aiokafka.structs import RecordMetadata

from streams.broker.offsets import OffsetGuard
from streams.broker.snapshots import Snapshot
from streams.settings import SnapshotSettings
from streams.stages.messages import Incoming, Outgoing
from streams.stages.refused import letter_of_message
from streams.stages.stage import Stage

_LONGEST_WAIT = 12
"""A state waits for so many times `every_s`. Unit: ratio. Source: chosen, a minute: whoever takes
over reads that in seconds."""


class Link(Protocol):
    """The broker as a hosted stage sees it."""

    async def send(
        self,
        topic: str,
        partition: int,
        key: bytes | None,
        value: bytes,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> Awaitable[object]:
        """Hand a message to the producer; the awaitable ends when the broker has it."""

    async def oldest(self, topic: str, partition: int) -> int:
        """Give the oldest offset that the broker has."""

    def read(self, topic: str, partition: int, start: int, end: int) -> AsyncIterator[Any]:
        """Give the messages from start to before end, read again from the broker."""

    async def topic_id(self, topic: str) -> str | None:
        """Give the id of the topic that has this name now, None where that is not known."""

    def is_assigned(self, topic: str, partition: int) -> bool:
        """Say whether the partition is this worker's."""


class Hosted:
    """A stage's partition held by this worker: what it took and what is not yet saved."""

    def __init__(
        self,
        stage: Stage,
        snapshot: Snapshot | None,
        topics: Sequence[str],
    ) -> None:
        self.stage = stage
        self.number = snapshot.number if snapshot else 0
        positions = snapshot.positions if snapshot else {}
        self.guards = {topic: OffsetGuard(positions.get(topic, 0)) for topic in topics}
        self.topic_ids = snapshot.topic_ids if snapshot else {}
        self.published: dict[str, int] = {}  # the next offset of each output topic
        self.remade_counts: Counter[str] = Counter()
        self.skipping: set[str] = set()  # topics whose newest message the state covered already
        self.unsaved: list[Any] = []  # events to acknowledge once the state is saved
        self.sends: list[Awaitable[object]] = []
        self.letter_counts: Counter[str] = Counter()
        self.saved_at = time.monotonic()
        self.saved_bytes = 0
        self.has_news = False

    def is_due(self, settings: SnapshotSettings, now: float) -> bool:
        """Tell whether the state is to be saved at a time of the monotonic clock."""
        wait_s = max(settings.every_s, self.saved_bytes / settings.bytes_per_s)
        return now - self.saved_at >= min(wait_s, _LONGEST_WAIT * settings.every_s)

    def positions(self) -> dict[str, int]:
        """Give the next offset of each input topic."""
        return {topic: guard.next_offset for topic, guard in self.guards.items()}

    async def arrive(self, prefix: str) -> None:
        """Wait until the broker has every output; raises what it refused one for, each time.

        Topics have names with the prefix on the broker.
        """
        for sent in await asyncio.gather(*self.sends):
            if isinstance(sent, RecordMetadata):
                topic = sent.topic.removeprefix(prefix)
                self.published[topic] = max(sent.offset + 1, self.published.get(topic, 0))
        self.sends.clear()

    def begin_again(self, topic: str, topic_id: str | None) -> bool:
        """Start at the oldest message where the topic was made again; gives whether it was."""
        known = self.topic_ids.get(topic)
        if topic_id is None or topic_id == known:
            return False
        self.topic_ids = {**self.topic_ids, topic: topic_id}
        if known is None:
            return False
        self.remade_counts[topic] += 1
        self.guards[topic].start_over()
        return True

    def refuse(self, message: Incoming, error: Exception) -> list[Outgoing]:
        """Give the dead letter of a message that the stage could not be given or not take."""
        self.letter_counts[message.topic] += 1
        return [letter_of_message(message, error)]

    def hole_count(self, topic: str) -> int:
        """Give how many messages of the topic never came."""
        guard = self.guards.get(topic)
        return guard.hole_count if guard else 0
