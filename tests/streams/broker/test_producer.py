"""Messages on their way to the broker: which of them end the work that sent them."""

import pytest
from kafka.errors import KafkaError, KafkaTimeoutError, NotLeaderForPartitionError
from kafka.future import Future

from streams.broker.producer import UnderWay


def test_a_message_that_failed_or_is_overdue_is_raised() -> None:
    now = 0.0
    under_way = UnderWay(10.0, lambda: now)
    under_way.add(Future().success(None))
    late = Future()
    under_way.add(late)
    now = 10.0
    under_way.check()
    now = 10.1
    with pytest.raises(KafkaTimeoutError):
        under_way.check()
    late.failure(NotLeaderForPartitionError())
    with pytest.raises(KafkaError):
        under_way.check()
