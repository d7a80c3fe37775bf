"""What publishes to the broker outside a worker, and what of it the broker has not confirmed."""

import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError
from kafka.future import Future

from streams.broker.admin import connected
from streams.settings import Settings
from streams.topics import MAX_MESSAGE_BYTES

log = logging.getLogger(__name__)

_FOR_EVER_MS = 7 * 86_400_000
"""Unit: ms. Source: chosen, a week."""
_RECONNECT_MS = 2_000
"""A broker that is away is tried again after at most this. Unit: ms. Source: chosen, soon enough
for one that is back; the client's own would be half a minute."""
_SILENCE_S = 5.0
"""A broker that confirms nothing for so long is waited for, and that is said. Unit: s. Source:
chosen, some times what a busy one takes."""


def open_producer(settings: Settings) -> KafkaProducer:
    """Give a producer. Raises BrokerError when there is no broker within the settings' time."""
    patience_ms = round(settings.broker.patience_s * 1000)
    return connected(
        settings,
        KafkaProducer,
        acks="all",
        linger_ms=5,
        max_request_size=MAX_MESSAGE_BYTES,
        # Whoever sends gives up by `UnderWay`, never the client one message by itself.
        delivery_timeout_ms=_FOR_EVER_MS,
        request_timeout_ms=min(20_000, patience_ms // 2),
        reconnect_backoff_max_ms=_RECONNECT_MS,
        max_block_ms=2 * patience_ms,  # so long `UnderWay` may wait
    )


def close_producer(producer: KafkaProducer, patience_s: float) -> None:
    """Close the producer; messages that a broker does not take within the patience are dropped.

    Where such messages remain the client's own close raises, and leaves its thread sending.
    """
    try:
        producer.close(timeout=patience_s)
    except KafkaError:
        producer._sender.force_close()  # nothing public drops messages
        with suppress(KafkaError):
            producer.close(timeout=patience_s)


class UnderWay:
    """Remembers the messages that the broker has not yet confirmed, the oldest first.

    `address` names the broker in what is said: that it is waited for, once an outage, and that it
    confirms again. `answers` says whether any broker takes a connection: one that came back is
    given the whole patience to confirm, as it needs a while to find the others.
    """

    def __init__(
        self,
        patience_s: float,
        clock: Callable[[], float],
        address: str = "",
        answers: Callable[[], bool] = lambda: True,
    ) -> None:
        self._patience_s = patience_s
        self._clock = clock
        self._address = address
        self._answers = answers
        self._is_there = True
        self._back_at = clock()
        self._sent: deque[tuple[float, Future]] = deque()
        self._confirmed_at = clock()
        self._is_waiting = False

    def add(self, future: Future) -> None:
        """Take a message on its way."""
        self._sent.append((self._clock(), future))
        self._forget()

    def check(self) -> None:
        """Forget what has arrived.

        Raises KafkaError where a message failed, or where nothing has been confirmed for
        `patience_s` though a message has been under way, and the broker back, for as long.
        """
        self._forget()
        if not self._sent:
            return
        if self._sent[0][1].is_done:
            raise self._sent[0][1].exception
        silence = self._clock() - max(self._confirmed_at, self._sent[0][0], self._back_at)
        if silence > _SILENCE_S or not self._is_there:
            self._look()
        if silence > self._patience_s:
            raise KafkaTimeoutError(f"nothing confirmed for {self._patience_s:g} s")
        if silence > _SILENCE_S and not self._is_waiting:
            self._is_waiting = True
            log.warning(
                "broker %s confirms no message, waiting for it for %g s",
                self._address, self._patience_s,
            )  # fmt: skip

    def _look(self) -> None:
        """See whether the broker came back."""
        was_there, self._is_there = self._is_there, self._answers()
        if self._is_there and not was_there:
            self._back_at = self._clock()

    def _forget(self) -> None:
        """Forget the oldest that have arrived."""
        while self._sent and self._sent[0][1].is_done and self._sent[0][1].exception is None:
            self._sent.popleft()
            self._confirmed_at = self._clock()
            if self._is_waiting:
                log.warning("broker %s confirms messages again", self._address)
            self._is_waiting = False

    def wait(self, producer: KafkaProducer) -> None:
        """Wait until all has arrived. Raises KafkaError as `check` does."""
        is_done = False
        while not is_done:
            with suppress(KafkaTimeoutError):
                producer.flush(timeout=1.0)
            self.check()
            is_done = not self._sent
