"""Sends each event to every connected page: one bounded queue a page, none waits for another."""

import asyncio
import secrets
import zlib
from collections import deque
from dataclasses import dataclass, field
from functools import cached_property

import msgspec
from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.web_request import BaseRequest
from aiohttp_sse import EventSourceResponse

from streams.console.board import Event

QUEUE_LENGTH = 256
"""A page that is so many events behind is dropped; it connects again and fetches everything. Unit:
count. Source: chosen, some minutes of a city of many regions."""
GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""What a gzip stream begins with: deflate, no time, system unknown. Source: RFC 1952."""
PACKED_FROM_BYTES = 512
"""Shorter messages are packed as fast as can be. Unit: bytes. Source: chosen; they gain little."""
NUMBERED = "alert"
"""Events of which none may be missed without a word: each version of an alert."""
REMEMBERED = QUEUE_LENGTH // 2
"""So many of them can be sent again to whoever comes back. Unit: count. Source: chosen, half of
what waits for a page at most."""


class Skipped(msgspec.Struct, frozen=True):
    """That who came back missed alert versions which are no longer known here, and why."""

    last_event_id: str
    why: str


@dataclass(frozen=True)
class Encoded:
    """One event as text, encoded once for all pages; `id` says after which one may come back."""

    name: str
    data: str
    id: str | None = None

    @cached_property
    def packed(self) -> bytes:
        """The message of it, packed once for all pages."""
        lines = [f"event: {self.name}", f"data: {self.data}"]
        if self.id is not None:
            lines.insert(0, f"id: {self.id}")
        return packed("\r\n".join([*lines, "", ""]).encode())


def packed(message: bytes) -> bytes:
    """Give whole blocks of deflate (RFC 1951), which may follow on any others in one stream."""
    level = 1 if len(message) < PACKED_FROM_BYTES else 6
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(message) + packer.flush(zlib.Z_SYNC_FLUSH)


class PackedEvents(EventSourceResponse):
    """An event stream as gzip, made of messages that were packed once for all pages.

    What is written is packed by itself and refers to nothing before it.
    """

    def __init__(self) -> None:
        super().__init__(headers={"Content-Encoding": "gzip", "Vary": "Accept-Encoding"})

    async def prepare(self, request: BaseRequest) -> AbstractStreamWriter | None:
        """Send the headers and the beginning of the stream."""
        is_new = not self.prepared
        writer = await super().prepare(request)
        if is_new:
            await self.write_packed(GZIP_HEADER)
        return writer

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """Pack and send a message."""
        await self.write_packed(packed(bytes(data)))

    async def write_packed(self, data: bytes) -> None:
        """Send what is packed."""
        async with asyncio.timeout(self.DEFAULT_SEND_TIMEOUT):
            await web.StreamResponse.write(self, data)


@dataclass(eq=False)
class Client:
    """One connected page; `is_dropped` is set when it fell too far behind."""

    queue: asyncio.Queue[Encoded] = field(default_factory=lambda: asyncio.Queue(QUEUE_LENGTH))
    task: asyncio.Task[object] | None = None
    is_dropped: bool = False


class Hub:
    """Remembers who is connected, and the last alert versions for those who come back.

    Forgets a page when it leaves or is dropped.
    """

    def __init__(self) -> None:
        self._clients: set[Client] = set()
        self._life = secrets.token_hex(4)  # the numbers of another are not those of this one
        self._number = 0
        self._remembered: deque[Encoded] = deque(maxlen=REMEMBERED)
        self.dropped_count = 0

    @property
    def client_count(self) -> int:
        """Number of connected pages."""
        return len(self._clients)

    def join(self, client: Client, last_event_id: str | None = None) -> str:
        """Send this client every event from now on; give the id after which they come.

        One that comes back says the id of the last alert version it was sent: it gets those that
        came since, or is told that it skipped some.
        """
        self._clients.add(client)
        missed = [] if last_event_id is None else self._since(last_event_id)
        if missed is None:
            why = "they are no longer known here: /api/alerts has the newest of each alert"
            skipped = msgspec.json.encode(Skipped(last_event_id or "", why)).decode()
            client.queue.put_nowait(Encoded("skipped", skipped))
        for event in missed or ():
            client.queue.put_nowait(event)
        return self._id(self._number - len(missed or ()))

    def _id(self, number: int) -> str:
        return f"{self._life}-{number}"

    def _since(self, last_event_id: str) -> list[Encoded] | None:
        """Give the alert versions after one, None where not all of them are known."""
        life, _, number = last_event_id.rpartition("-")
        if life != self._life or not number.isdecimal() or int(number) > self._number:
            return None
        count = self._number - int(number)
        known = list(self._remembered)
        return None if count > len(known) else known[len(known) - count :]

    def leave(self, client: Client) -> None:
        """Send this client nothing more."""
        self._clients.discard(client)

    def publish(self, event: Event) -> None:
        """Queue an event for every page; a page whose queue is full is dropped, never awaited."""
        is_numbered = event.name == NUMBERED
        if not self._clients and not is_numbered:
            return
        self._number += is_numbered
        number = self._id(self._number) if is_numbered else None
        encoded = Encoded(event.name, msgspec.json.encode(event.record).decode(), number)
        if is_numbered:
            self._remembered.append(encoded)
        for client in list(self._clients):
            try:
                client.queue.put_nowait(encoded)
            except asyncio.QueueFull:
                self._drop(client)

    def _drop(self, client: Client) -> None:
        self.dropped_count += 1
        client.is_dropped = True
        self.leave(client)
        if client.task is not None:
            client.task.cancel()

    def close(self) -> None:
        """End every page's stream, so that the server can stop."""
        for client in list(self._clients):
            self.leave(client)
            if client.task is not None:
                client.task.cancel()
