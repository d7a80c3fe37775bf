"""A broker that does not answer: said once, waited for so long, then given up."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from streams.broker.admin import BrokerError
from streams.settings import Broker

log = logging.getLogger(__name__)

PROBE_EVERY_S = 2.0
PROBE_TIMEOUT_S = 5.0
SAME_NOISE_EVERY_S = 60.0


class BrokerWatch:
    """Remembers since when the broker has not answered; `clock` gives seconds."""

    def __init__(
        self,
        settings: Broker,
        probe: Callable[[], Awaitable[bool]] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = settings.address
        self._patience_s = settings.patience_s
        self._probe = probe or self._answers
        self._clock = clock
        self._silent_since: float | None = None

    async def look(self) -> None:
        """Ask the broker once. Raises BrokerError where it was away longer than may be."""
        if await self._probe():
            if self._silent_since is not None:
                log.warning("broker %s answers again", self._address)
            self._silent_since = None
            return
        now = self._clock()
        if self._silent_since is None:
            self._silent_since = now
            log.warning(
                "broker %s does not answer, trying again for %g s", self._address, self._patience_s
            )
        if now - self._silent_since >= self._patience_s:
            raise BrokerError(
                f"broker {self._address} has not answered for {self._patience_s:g} s: given up"
            )

    async def stay(self) -> None:
        """Ask the broker now and then, for ever. Raises BrokerError as `look` does."""
        while True:
            await self.look()
            await asyncio.sleep(PROBE_EVERY_S)

    async def _answers(self) -> bool:
        return any([await _connects(place) for place in self._address.split(",")])


async def _connects(place: str) -> bool:
    host, _, port = place.rpartition(":")
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            _, writer = await asyncio.open_connection(host, int(port))
            writer.close()
    except (OSError, TimeoutError):
        return False
    return True


class Seldom(logging.Filter):
    """Lets a library repeat itself once a minute; remembers when each message was last let out."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said_at: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether the record may pass."""
        now, said_at = self._clock(), self._said_at.get(str(record.msg))
        if said_at is not None and now - said_at < SAME_NOISE_EVERY_S:
            return False
        self._said_at[str(record.msg)] = now
        return True


def calm_kafka_logs() -> None:
    """Keep the Kafka client from saying thousands of times that the broker is away."""
    seldom = Seldom()
    for name in list(logging.root.manager.loggerDict):
        if name.startswith(("aiokafka", "kafka")):
            logging.getLogger(name).addFilter(seldom)
