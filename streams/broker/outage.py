"""A broker that does not answer: said once, waited for so long, then given up."""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable
from typing import NoReturn

from streams.broker.admin import BrokerError
from streams.settings import BrokerSettings

log = logging.getLogger(__name__)

PROBE_EVERY_S = 2.0
"""How often a broker is asked whether it is there. Unit: s. Source: chosen, three times within a
worker's session."""
PROBE_TIMEOUT_S = 5.0
"""A broker that takes longer to accept a connection does not answer. Unit: s. Source: chosen."""


def give_up(error: BrokerError) -> NoReturn:
    """Say the error and end the process, with all its threads, whatever they wait for.

    What is not saved then is read again by whoever takes over, as after a SIGKILL.
    """
    log.error("%s", error)
    logging.shutdown()
    os._exit(1)


class Outage:
    """Remembers since when the broker has not answered, None while it does.

    `clock` gives seconds, `probe` asks the broker; by default by a connection to each address.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        probe: Callable[[], Awaitable[bool]] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = settings.address
        self._patience_s = settings.patience_s
        self._probe = probe or self._answers
        self._clock = clock
        self._silent_since: float | None = None

    async def check(self) -> None:
        """Ask the broker once. Raises BrokerError where it was away for `patience_s`."""
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

    async def check_for_ever(self) -> None:
        """Ask the broker now and then, for ever. Raises BrokerError as `check` does."""
        while True:
            await self.check()
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
