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


def test_a_broker_that_is_away_and_back_is_waited_for_and_that_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now, sent = 0.0, [Future() for _ in range(30)]
    under_way = UnderWay(120.0, lambda: now, "kafka:9092")
    for future in sent:
        now += 3.0
        under_way.add(future)
        under_way.check()
    for future in sent:  # one after the other, each later than its own patience would be
        now += 20.0
        future.success(None)
        under_way.check()
    assert [record.getMessage() for record in caplog.records] == [
        "broker kafka:9092 confirms no message, waiting for it for 120 s",
        "broker kafka:9092 confirms messages again",
    ]


def test_a_broker_that_comes_back_within_the_patience_is_given_it_anew_to_confirm() -> None:
    now, is_there = 0.0, True
    under_way = UnderWay(120.0, lambda: now, "kafka:9092", lambda: is_there)
    under_way.add(Future())
    for now in range(1, 111):
        is_there = not 5 < now < 110
        under_way.check()
    now = 230  # it answers, and has not yet found the others
    under_way.check()
    now = 232
    with pytest.raises(KafkaTimeoutError):
        under_way.check()


def test_a_broker_that_comes_and_goes_is_given_up_after_one_absence_of_the_whole_patience() -> None:
    now, is_there = 0.0, True
    under_way = UnderWay(120.0, lambda: now, "kafka:9092", lambda: is_there)
    under_way.add(Future())
    for now in range(1, 61):
        is_there = not 5 < now < 60
        under_way.check()
    is_there, now = False, 180
    under_way.check()
    now = 182
    with pytest.raises(KafkaTimeoutError):
        under_way.check()
