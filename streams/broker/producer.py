"""What publishes to the broker outside a worker, and what of it the broker has not confirmed."""

from collections import deque
from collections.abc import Callable
from contextlib import suppress

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError
from kafka.future import Future

from streams.broker.admin import BrokerError, unreachable
from streams.settings import Settings
from streams.topics import MAX_MESSAGE_BYTES


def open_producer(settings: Settings) -> KafkaProducer:
    """Give a producer. Raises BrokerError when there is no broker within the settings' time."""
    patience_ms = round(settings.broker.patience_s * 1000)
    try:
        return KafkaProducer(
            bootstrap_servers=settings.broker.address.split(","),
            acks="all",
            linger_ms=5,
            max_request_size=MAX_MESSAGE_BYTES,
            delivery_timeout_ms=patience_ms * 3 // 4,
            request_timeout_ms=min(20_000, patience_ms // 2),
            max_block_ms=patience_ms,
            bootstrap_timeout_ms=round(settings.broker.connect_timeout_s * 1000),
        )
    except (KafkaError, ValueError, OSError) as error:
        raise BrokerError(unreachable(settings, error)) from error


def close_producer(producer: KafkaProducer, patience_s: float) -> None:
    """Close the producer; where the broker is away, once its messages have expired."""
    with suppress(KafkaError):
        producer.close(timeout=patience_s)


class UnderWay:
    """Remembers the messages that the broker has not yet confirmed, the oldest first."""

    def __init__(self, patience_s: float, clock: Callable[[], float]) -> None:
        self._patience_s = patience_s
        self._clock = clock
        self._sent: deque[tuple[float, Future]] = deque()

    def add(self, future: Future) -> None:
        """Take a message on its way."""
        self._sent.append((self._clock(), future))

    def check(self) -> None:
        """Forget what has arrived. Raises KafkaError where a message failed or is overdue."""
        while self._sent:
            sent_at, future = self._sent[0]
            if future.is_done:
                if future.exception is not None:
                    raise future.exception
                self._sent.popleft()
                continue
            if self._clock() - sent_at > self._patience_s:
                raise KafkaTimeoutError(f"nothing confirmed for {self._patience_s:g} s")
            return
