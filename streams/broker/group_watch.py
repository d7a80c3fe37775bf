"""The workers' group on the broker: a client that waits goes on, and says what it waits for."""

import logging
import time
from collections.abc import Callable
from typing import Any

from aiokafka.errors import KafkaError

from streams.broker.admin import BrokerError

log = logging.getLogger(__name__)

CHECK_EVERY_S = 1.0
"""How often the group is looked at. Unit: s. Source: chosen, several times within a session."""
SAY_AFTER_S = 10.0
"""What is waited for is said after this time. Unit: s. Source: chosen: where nothing is wrong, the
partitions are shared out within it."""
SAY_AGAIN_S = 60.0
"""And again after this. Unit: s. Source: chosen."""


class GroupWatch:
    """Remembers since when a worker has had no share of the partitions, and when it said so.

    `clock` gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = None
        self._said_at: float | None = None

    def check(self, coordinator: Any) -> None:
        """Look once at the client's side of the group, and have it go on after an error.

        After some errors it does nothing until it has been asked for them, which Faust never does.
        Raises BrokerError where it has ended.
        """
        try:
            coordinator.check_errors()
        except KafkaError as error:
            if coordinator._coordination_task.done():
                raise BrokerError(f"the client left the workers' group: {error!r}") from error
            log.warning("the workers' group: %r, trying again", error)
        subscription = coordinator._subscription.subscription
        if subscription is None:
            return
        if coordinator.coordinator_id is None:
            self._wait("a broker that coordinates the workers' group")
        elif coordinator.need_rejoin(subscription):
            self._wait("the workers' group to share out the partitions")
        else:
            self._go_on()

    def _wait(self, what: str) -> None:
        now = self._clock()
        if self._since is None:
            self._since = now
        is_due = self._said_at is None or now - self._said_at >= SAY_AGAIN_S
        if now - self._since >= SAY_AFTER_S and is_due:
            log.warning("waiting for %s, since %.0f s", what, now - self._since)
            self._said_at = now

    def _go_on(self) -> None:
        if self._said_at is not None and self._since is not None:
            log.warning("in the workers' group again, after %.0f s", self._clock() - self._since)
        self._since = self._said_at = None
