"""One subscriber: what waits for it, and how long each message is tried."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol

from incidents.exports.subscribers import WebhookSettings
from ingest.units import Seconds
from streams.webhooks.message import Message

log = logging.getLogger(__name__)

GONE, GONE_WORDS = 410, "the subscriber said that it is gone (410)"
MAY_PASS = (408, 425, 429)
"""Answers 4xx that say "later" and not "never"."""


class Reply(NamedTuple):
    """What a subscriber answered: the HTTP status, and how long it asks to be left alone."""

    status: int
    retry_after_s: Seconds | None = None


Post = Callable[[Message], Awaitable[Reply]]
"""Sends a message once. Raises OSError or TimeoutError where there is no answer."""
Bury = Callable[[str, Message, str, int], None]
"""Takes what is given up: the subscriber's name, the message, why, after how many tries."""


class Clock(Protocol):
    """The wall clock, and waiting by it."""

    def now(self) -> Seconds:
        """Seconds since 1970 UTC."""

    async def sleep(self, seconds: Seconds) -> None:
        """Wait."""


class Subscriber:
    """Remembers what waits for one subscriber; each message is forgotten when it is delivered.

    Messages are delivered in their order, one at a time: one that fails is tried again until it is
    delivered or given up, and those behind it wait. A full queue gives up its oldest.
    """

    def __init__(
        self, name: str, settings: WebhookSettings, post: Post, bury: Bury, clock: Clock
    ) -> None:
        self.name = name
        self.delivered_count, self.dead_count, self.failed_count = 0, 0, 0
        self.is_gone = False
        self._settings, self._post, self._bury, self._clock = settings, post, bury, clock
        self._waiting: deque[tuple[Message, int]] = deque()
        self._tried: tuple[Message, int] | None = None
        self._has_news = asyncio.Event()

    def offer(self, message: Message, place: int) -> None:
        """Let a message wait; `place` is that of its version on the topic."""
        if self.is_gone:
            self._give_up(message, GONE_WORDS, 0)
            return
        if len(self._waiting) >= self._settings.queue_length:
            oldest, _ = self._waiting.popleft()
            self._give_up(oldest, f"{self._settings.queue_length} messages waited", 0)
        self._waiting.append((message, place))
        self._has_news.set()

    @property
    def oldest_place(self) -> int | None:
        """The place on the topic of the oldest message not yet delivered, None without one."""
        oldest = self._tried or (self._waiting[0] if self._waiting else None)
        return oldest[1] if oldest else None

    @property
    def waiting_count(self) -> int:
        """How many messages are not yet delivered."""
        return len(self._waiting) + (self._tried is not None)

    async def deliver_for_ever(self) -> None:
        """Deliver what waits, until cancelled."""
        while True:
            while not self._waiting:
                self._has_news.clear()
                await self._has_news.wait()
            self._tried = self._waiting.popleft()
            await self._deliver(self._tried[0])
            self._tried = None

    async def _deliver(self, message: Message) -> None:
        """Try a message until it is delivered or given up."""
        start, wait_s, count, refused_count = self._clock.now(), self._settings.first_wait_s, 0, 0
        while True:
            count += 1
            try:
                reply = await self._post(message)
            except (OSError, TimeoutError) as error:
                reply, why = Reply(0), f"{type(error).__name__}: {error}".rstrip(": ")
            else:
                why = f"answered {reply.status}"
            if 200 <= reply.status < 300:
                self._say_again(count)
                self.delivered_count += 1
                return
            self.failed_count += 1
            if count == 1:
                log.warning("webhook %s: %s was not taken, %s", self.name, message.id, why)
            is_refused = 400 <= reply.status < 500 and reply.status not in MAY_PASS
            refused_count += is_refused
            is_late = self._clock.now() - start >= self._settings.give_up_s
            if reply.status == GONE:
                self._leave(message, count)
                return
            if is_late or refused_count >= self._settings.refused_count:
                self._give_up(message, why, count)
                return
            await self._clock.sleep(max(wait_s, reply.retry_after_s or 0.0))
            wait_s = min(2.0 * wait_s, self._settings.longest_wait_s)

    def _say_again(self, count: int) -> None:
        if count > 1:
            log.warning("webhook %s: takes messages again, %d wait", self.name, len(self._waiting))

    def _leave(self, message: Message, count: int) -> None:
        """Give up everything: the subscriber wants nothing any more."""
        self.is_gone = True
        log.error("webhook %s: answered 410, it is told nothing any more", self.name)
        self._give_up(message, GONE_WORDS, count)
        while self._waiting:
            self._give_up(self._waiting.popleft()[0], GONE_WORDS, 0)

    def _give_up(self, message: Message, why: str, count: int) -> None:
        self.dead_count += 1
        self._bury(self.name, message, why, count)
