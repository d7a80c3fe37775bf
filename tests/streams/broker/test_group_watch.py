"""The watch over a worker's group: an error is asked for, a wait is said."""

import asyncio
import logging
from typing import Any

import pytest
from aiokafka.errors import KafkaError

from streams.broker.admin import BrokerError
from streams.broker.group_watch import GroupWatch


class Ended:
    """A task that may have ended."""

    def __init__(self, is_done: bool) -> None:
        self._is_done = is_done

    def done(self) -> bool:
        return self._is_done


class Coordinator:
    """The client's side of a group, as tests set it."""

    def __init__(self) -> None:
        self.coordinator_id: int | None = 1
        self.is_shared = True
        self.error: KafkaError | None = None
        self._coordination_task = Ended(False)
        self._subscription = self
        self.subscription: Any = self

    def need_rejoin(self, _: object) -> bool:
        return not self.is_shared

    def check_errors(self) -> None:
        error, self.error = self.error, None
        if error is not None:
            raise error


class Watched:
    """A watch with a clock of its own."""

    def __init__(self) -> None:
        self.coordinator = Coordinator()
        self.now = 0.0
        self.watch = GroupWatch(lambda: self.now)

    def after(self, seconds: float) -> None:
        for _ in range(round(seconds)):
            self.now += 1.0
            self.watch.check(self.coordinator)


def test_a_wait_is_said_once_a_minute_with_what_it_is_for_and_that_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    watched = Watched()
    watched.after(100)
    assert caplog.messages == []
    watched.coordinator.coordinator_id = None
    watched.after(80)
    watched.coordinator.coordinator_id = 2
    watched.coordinator.is_shared = False
    watched.after(60)
    watched.coordinator.is_shared = True
    watched.after(5)
    assert caplog.messages == [
        "waiting for a broker that coordinates the workers' group, since 10 s",
        "waiting for a broker that coordinates the workers' group, since 70 s",
        "waiting for the workers' group to share out the partitions, since 130 s",
        "in the workers' group again, after 140 s",
    ]


def test_a_short_wait_is_not_said(caplog: pytest.LogCaptureFixture) -> None:
    watched = Watched()
    for _ in range(5):
        watched.coordinator.is_shared = False
        watched.after(8)
        watched.coordinator.is_shared = True
        watched.after(1)
    assert caplog.messages == []


def test_an_error_that_the_client_waits_with_is_asked_for_and_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    watched = Watched()
    watched.coordinator.error = KafkaError("odd answer")
    watched.after(3)
    assert watched.coordinator.error is None
    assert caplog.messages == ["the workers' group: KafkaError('odd answer'), trying again"]


def test_a_client_that_has_left_its_group_for_good_is_an_error() -> None:
    watched = Watched()
    watched.coordinator.error = KafkaError("bug")
    watched.coordinator._coordination_task = Ended(True)
    with pytest.raises(BrokerError, match=r"the client left the workers' group: .*bug"):
        watched.after(1)


def test_the_client_s_coordinator_waits_with_an_error_until_it_is_asked_for() -> None:
    """What the watch is for: a change of the client's here must be seen."""
    from aiokafka.consumer.group_coordinator import GroupCoordinator

    async def story() -> None:
        waiting = GroupCoordinator.__new__(GroupCoordinator)
        waiting._coordination_task = Ended(False)
        waiting._closing = asyncio.get_running_loop().create_future()
        waiting._subscription = type("", (), {"abort_waiters": lambda *_: None, "subscription": 0})
        pushed = asyncio.ensure_future(waiting._push_error_to_user(KafkaError("odd")))
        await asyncio.sleep(0)
        assert not pushed.done()
        waiting.coordinator_id = None
        waiting._subscription.subscription = None
        GroupWatch().check(waiting)
        await asyncio.wait_for(pushed, 1.0)

    asyncio.run(story())
