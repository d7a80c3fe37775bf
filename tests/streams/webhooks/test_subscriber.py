"""One subscriber: what waits is tried until it is delivered or given up, and hurts nobody else."""

import asyncio
from collections.abc import Callable

from incidents.exports.subscribers import WebhookSettings
from streams.webhooks.message import Message
from streams.webhooks.subscriber import Reply, Subscriber

HOUR_S = 3600.0
Answer = Callable[[float, Message], Reply]


class Clock:
    """A clock that waiting moves on, and that ends the test where nothing is left to do."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds
        await asyncio.sleep(0)


class Trial:
    """A subscriber that answers as a function of time and message says."""

    def __init__(self, answer: Answer, **settings: float) -> None:
        self.clock, self.answer = Clock(), answer
        self.tries: list[tuple[float, str]] = []
        self.taken: list[str] = []
        self.dead: list[tuple[str, str, int]] = []
        whole = WebhookSettings(**settings)  # type: ignore[arg-type]
        self.subscriber = Subscriber("police", whole, self.post, self.bury, self.clock)

    async def post(self, message: Message) -> Reply:
        self.tries.append((self.clock.time, message.id))
        reply = self.answer(self.clock.time, message)
        if reply.status < 300:
            self.taken.append(message.id)
        return reply

    def bury(self, _name: str, message: Message, why: str, count: int) -> None:
        self.dead.append((message.id, why, count))

    def run(self, *ids: str) -> None:
        """Offer messages and deliver until none waits."""

        async def deliver() -> None:
            for place, name in enumerate(ids):
                self.subscriber.offer(Message(name, b"{}"), place)
            task = asyncio.create_task(self.subscriber.deliver_for_ever())
            async with asyncio.timeout(20):
                while self.subscriber.waiting_count:
                    await asyncio.sleep(0)
            task.cancel()

        asyncio.run(deliver())


def ok(_time: float, _message: Message) -> Reply:
    return Reply(200)


def test_one_that_answers_500_for_an_hour_gets_all_in_order_afterwards() -> None:
    trial = Trial(lambda time, _: Reply(500 if time < HOUR_S else 204))
    trial.run("a.1", "a.2", "b.1")
    assert trial.taken == ["a.1", "a.2", "b.1"] and trial.dead == []
    assert trial.clock.time < HOUR_S + 300.0  # within five minutes of its return
    assert len(trial.tries) < 25  # and it was not stormed meanwhile
    waits = [later - before for (before, _), (later, _) in zip(trial.tries, trial.tries[1:])]  # noqa: B905
    assert waits[:3] == [5.0, 10.0, 20.0] and max(waits) == 300.0


def test_a_message_that_fails_for_a_day_is_given_up_and_the_next_is_tried() -> None:
    trial = Trial(lambda _, message: Reply(500 if message.id == "a.1" else 200))
    trial.run("a.1", "b.1")
    ((name, why, count),) = trial.dead
    assert (name, why) == ("a.1", "answered 500") and count > 100
    assert trial.taken == ["b.1"]


def test_a_message_that_is_refused_as_wrong_does_not_hold_up_the_others_for_long() -> None:
    trial = Trial(lambda _, message: Reply(400 if message.id == "a.1" else 200))
    trial.run("a.1", "b.1")
    assert trial.dead == [("a.1", "answered 400", 5)]
    assert trial.clock.time < 100.0 and trial.taken == ["b.1"]


def test_one_that_asks_to_be_left_alone_is_left_alone_for_so_long() -> None:
    trial = Trial(lambda time, _: Reply(429, 120.0) if time < 100.0 else Reply(200))
    trial.run("a.1")
    assert [time for time, _ in trial.tries] == [0.0, 120.0]


def test_a_redirect_is_a_failure_like_any_other() -> None:
    trial = Trial(lambda time, _: Reply(302 if time < 10.0 else 200))
    trial.run("a.1")
    assert trial.taken == ["a.1"] and len(trial.tries) == 3


def test_one_that_says_it_is_gone_is_told_nothing_any_more() -> None:
    trial = Trial(lambda _, __: Reply(410))
    trial.run("a.1", "b.1")
    trial.run("c.1")
    assert len(trial.tries) == 1
    assert [name for name, _, _ in trial.dead] == ["a.1", "b.1", "c.1"]


def test_a_full_queue_gives_up_its_oldest_and_says_so() -> None:
    trial = Trial(ok, queue_length=2)
    trial.run("a.1", "a.2", "a.3")
    assert trial.dead == [("a.1", "2 messages waited", 0)]
    assert trial.taken == ["a.2", "a.3"]


def test_no_answer_at_all_is_tried_again() -> None:
    def answer(time: float, _message: Message) -> Reply:
        if time < 10.0:
            raise ConnectionRefusedError("nobody there")
        return Reply(200)

    trial = Trial(answer)
    trial.run("a.1")
    assert trial.taken == ["a.1"]
