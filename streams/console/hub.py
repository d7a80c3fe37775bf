"""Sends each event to every connected page: one bounded queue a page, none waits for another."""

import asyncio
from dataclasses import dataclass, field

import msgspec

from streams.console.board import Event

QUEUE_LENGTH = 256
"""A page that is so many events behind is dropped; it connects again and fetches everything. Unit:
count. Source: chosen, some minutes of a city of many regions."""


@dataclass(frozen=True)
class Encoded:
    """One event as text, encoded once for all pages."""

    name: str
    data: str


@dataclass(eq=False)
class Client:
    """One connected page; `is_dropped` is set when it fell too far behind."""

    queue: asyncio.Queue[Encoded] = field(default_factory=lambda: asyncio.Queue(QUEUE_LENGTH))
    task: asyncio.Task[object] | None = None
    is_dropped: bool = False


class Hub:
    """Remembers who is connected; forgets a page when it leaves or is dropped."""

    def __init__(self) -> None:
        self._clients: set[Client] = set()
        self.dropped_count = 0

    @property
    def client_count(self) -> int:
        """Number of connected pages."""
        return len(self._clients)

    def join(self, client: Client) -> None:
        """Send this client every event from now on."""
        self._clients.add(client)

    def leave(self, client: Client) -> None:
        """Send this client nothing more."""
        self._clients.discard(client)

    def publish(self, event: Event) -> None:
        """Queue an event for every page; a page whose queue is full is dropped, never awaited."""
        if not self._clients:
            return
        encoded = Encoded(event.name, msgspec.json.encode(event.record).decode())
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
