"""A broker that goes away: said once, given up after the settings' time."""

import asyncio

import pytest

from streams.broker.admin import BrokerError
from streams.broker.outage import Outage
from streams.settings import BrokerSettings


class Away:
    """A broker and a clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.is_there = True
        self.outage = Outage(BrokerSettings(patience_s=30.0), self.answers, lambda: self.now)

    async def answers(self) -> bool:
        return self.is_there

    def look(self, now: float, *, is_there: bool) -> None:
        self.now, self.is_there = now, is_there
        asyncio.run(self.outage.check())


def test_a_silent_broker_is_named_once_and_given_up_in_time(caplog) -> None:
    away = Away()
    away.look(0.0, is_there=True)
    for now in (10.0, 20.0, 39.9):
        away.look(now, is_there=False)
    assert [r.getMessage() for r in caplog.records] == [
        "broker 127.0.0.1:9092 does not answer, trying again for 30 s"
    ]
    with pytest.raises(BrokerError, match=r"127\.0\.0\.1:9092 has not answered for 30 s"):
        away.look(40.0, is_there=False)


def test_a_broker_that_comes_back_has_all_the_time_again(caplog) -> None:
    away = Away()
    away.look(0.0, is_there=False)
    away.look(29.0, is_there=True)
    away.look(31.0, is_there=False)
    away.look(60.0, is_there=False)
    assert "answers again" in caplog.text


def test_a_broker_that_nobody_serves_does_not_answer() -> None:
    outage = Outage(
        BrokerSettings(address="127.0.0.1:1", patience_s=1.0), clock=iter((0, 2)).__next__
    )
    asyncio.run(outage.check())
    with pytest.raises(BrokerError):
        asyncio.run(outage.check())
