"""Every subscriber of a city, and what each is told of a version."""

import asyncio
import logging
from collections.abc import Mapping

from incidents.exports.publication import PublicRoads
from incidents.records import Alert
from streams.settings import Settings
from streams.webhooks.dead_list import DeadList
from streams.webhooks.message import Message, Messages
from streams.webhooks.posting import Poster, WallClock
from streams.webhooks.subscriber import Clock, Subscriber

log = logging.getLogger(__name__)


class Senders:
    """Remembers what waits for every subscriber; none waits for another."""

    def __init__(
        self,
        settings: Settings,
        secrets: Mapping[str, str],
        roads: PublicRoads,
        dead: DeadList,
        clock: Clock | None = None,
    ) -> None:
        """Make them; `secrets` are by the subscriber's name. Call it inside an event loop."""
        self._dead, self._clock = dead, clock or WallClock()
        self.subscribers: list[Subscriber] = []
        self._messages: list[Messages] = []
        self._posters: list[Poster] = []
        hooks = settings.webhooks
        for name, one in hooks.subscribers.items():
            poster = Poster(one, secrets[name], hooks.timeout_s, self._clock)
            self._posters.append(poster)
            self._messages.append(Messages(one, roads, settings.publisher))
            self.subscribers.append(Subscriber(name, hooks, poster, self._bury, self._clock))

    def offer(self, alert: Alert, place: int) -> None:
        """Offer a version to everyone who wants it; `place` is its own on the topic."""
        for subscriber, messages in zip(self.subscribers, self._messages, strict=True):
            message = messages.of(alert)
            if message is not None:
                subscriber.offer(message, place)

    def told_to(self, next_place: int) -> int:
        """Give the first place on the topic of which somebody must still be told."""
        waiting = [subscriber.oldest_place for subscriber in self.subscribers]
        return min([place for place in waiting if place is not None], default=next_place)

    async def deliver_for_ever(self) -> None:
        """Deliver to everyone, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for subscriber in self.subscribers:
                tasks.create_task(subscriber.deliver_for_ever())

    async def close(self) -> None:
        """End every connection."""
        for poster in self._posters:
            await poster.close()

    def _bury(self, name: str, message: Message, why: str, count: int) -> None:
        log.error("webhook %s: %s is given up: %s", name, message.id, why)
        self._dead.add(name, message, why, count, self._clock.now())
