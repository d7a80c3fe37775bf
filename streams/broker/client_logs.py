"""The log lines of the Kafka client, which repeat themselves thousands of times."""

import logging
import time
from collections.abc import Callable

REPEATED_EVERY_S = 60.0
"""A message of the client is logged this often at most. Unit: s. Source: chosen."""


class RepeatFilter(logging.Filter):
    """Lets each message pass once a minute; remembers when it last did."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._passed_at: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Give whether the record may pass."""
        now, passed_at = self._clock(), self._passed_at.get(str(record.msg))
        if passed_at is not None and now - passed_at < REPEATED_EVERY_S:
            return False
        self._passed_at[str(record.msg)] = now
        return True


def calm_kafka_logs() -> None:
    """Keep the Kafka client from saying thousands of times that the broker is away."""
    once_a_minute = RepeatFilter()
    for name in list(logging.root.manager.loggerDict):
        if name.startswith(("aiokafka", "kafka")):
            logging.getLogger(name).addFilter(once_a_minute)
