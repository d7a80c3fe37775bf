"""One try of a webhook over HTTP: signed, not redirected, and not into a private network."""

import asyncio
import time
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

from incidents.exports.subscribers import SubscriberSettings
from ingest.units import Seconds
from streams.webhooks.addresses import PublicResolver, check_host
from streams.webhooks.message import Message, signed_headers
from streams.webhooks.subscriber import Clock, Reply


class WallClock:
    """The clock of this machine."""

    def now(self) -> Seconds:
        """Seconds since 1970 UTC."""
        return time.time()

    async def sleep(self, seconds: Seconds) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class Poster:
    """Posts to one subscriber; remembers its connection, which `close` ends."""

    def __init__(
        self, subscriber: SubscriberSettings, secret: str, timeout_s: Seconds, clock: Clock
    ) -> None:
        self._subscriber, self._secret, self._clock = subscriber, secret, clock
        resolver = None if subscriber.allows_private else PublicResolver()
        self._session = ClientSession(
            connector=TCPConnector(resolver=resolver, limit=1),
            timeout=ClientTimeout(total=timeout_s),
            trust_env=False,
        )

    async def __call__(self, message: Message) -> Reply:
        """Post once; a redirect is an answer like any other, and nothing is posted there.

        Raises OSError or TimeoutError where there is no answer.
        """
        if not self._subscriber.allows_private:
            check_host(urlsplit(self._subscriber.url).hostname or "")
        headers = signed_headers(message, self._secret, self._clock.now())
        try:
            async with self._session.post(
                self._subscriber.url, data=message.body, headers=headers, allow_redirects=False
            ) as response:
                return Reply(response.status, _seconds(response.headers.get("Retry-After")))
        except ClientError as error:
            raise OSError(f"{type(error).__name__}: {error}") from error

    async def close(self) -> None:
        """End the connection."""
        await self._session.close()


def _seconds(text: str | None) -> Seconds | None:
    """Give a Retry-After in seconds, None where it is none or names a date."""
    return float(text) if text and text.isdigit() and len(text) < 6 else None
