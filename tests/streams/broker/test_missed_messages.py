"""What a host makes of messages that do not follow on each other: gaps, misses, other topics."""

import asyncio

import pytest

from streams.broker import hosting
from streams.broker.hosting import StageHost
from tests.streams.broker.fake_broker import (
    Event,
    FakeBroker,
    Message,
    feed,
    host_of,
    until_it_waits,
)

LOG = {0: b"1", 1: b"2", 2: b"4", 3: b"8"}


def test_messages_that_were_not_delivered_are_read_again_in_their_place(
    broker: FakeBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosting, "RETRY_S", 0.0)

    async def story() -> None:
        host = host_of(broker)
        await feed(host, broker, {0: b"1"})
        broker.log, broker.failures = LOG, 2
        await feed(host, broker, {3: b"8"})
        assert broker.reads == [(1, 3)]
        assert broker.values("sums") == [b"1", b"3", b"7", b"15"]
        await feed(host, broker, {1: b"2", 2: b"4"})  # they come after all
        await host.save_due(all_of_them=True)
        assert broker.values("sums")[-1] == b"15" and broker.acks == [0, 3, 1, 2]
        assert [count.holes for count in host.counts()] == [0]

    asyncio.run(story())


def test_a_gap_that_the_log_has_by_nature_costs_nothing(broker: FakeBroker) -> None:
    async def story() -> None:
        host = host_of(broker)
        await feed(host, broker, {0: b"1"})
        await host.take("numbers", Event(Message(3, b"8", empty_from=1), broker.acks))
        assert broker.values("sums") == [b"1", b"9"] and broker.reads == []
        assert [count.holes for count in host.counts()] == [0]

    asyncio.run(story())


def test_an_unseen_stretch_in_which_the_log_has_nothing_is_no_hole(broker: FakeBroker) -> None:
    async def story() -> None:
        host = host_of(broker)
        broker.log = {0: b"1", 3: b"8"}
        await feed(host, broker, broker.log)
        assert broker.values("sums") == [b"1", b"9"] and broker.reads == [(1, 3)]
        assert [count.holes for count in host.counts()] == [0]

    asyncio.run(story())


def test_what_the_broker_has_thrown_away_is_counted_as_holes(broker: FakeBroker) -> None:
    async def story() -> None:
        host = host_of(broker)
        broker.log = {2: b"4", 3: b"8"}
        await feed(host, broker, {0: b"1", 3: b"8"})
        assert broker.values("sums") == [b"1", b"5", b"13"]
        assert [count.holes for count in host.counts()] == [1]

    asyncio.run(story())


async def saved_after(broker: FakeBroker, values: dict[int, bytes]) -> None:
    """Have a worker take messages, save its state and end."""
    host = host_of(broker)
    await feed(host, broker, values)
    await host.save_due(all_of_them=True)


def remade(host: StageHost) -> list[int]:
    return [count.remade for count in host.counts()]


def test_a_topic_made_again_while_the_worker_runs_is_read_from_its_beginning(
    broker: FakeBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosting, "RETRY_S", 0.0)

    async def story() -> None:
        host = host_of(broker)
        await feed(host, broker, LOG)
        broker.id_now, broker.failures = "second", 2
        await feed(host, broker, {0: b"16", 1: b"32"})
        assert broker.values("sums")[-2:] == [b"31", b"63"]
        assert remade(host) == [1] and [count.holes for count in host.counts()] == [0]
        await host.save_due(all_of_them=True)
        saved = broker.newest()
        assert saved is not None and saved.positions == {"numbers": 2}
        assert saved.topic_ids == {"numbers": "second"}

    asyncio.run(story())


def test_a_topic_made_again_while_no_worker_ran_is_read_from_its_beginning(
    broker: FakeBroker,
) -> None:
    async def story() -> None:
        await saved_after(broker, {0: b"1", 1: b"2"})
        broker.id_now, broker.log = "second", {0: b"4", 1: b"8", 2: b"16"}
        heir = host_of(broker)
        await feed(heir, broker, {2: b"16"})  # where the group had been in the topic before
        assert broker.values("sums")[2:] == [b"7", b"15", b"31"]
        assert remade(heir) == [1]

    asyncio.run(story())


def test_a_topic_made_again_under_the_same_offsets_is_found_when_looked_for(
    broker: FakeBroker,
) -> None:
    async def story() -> None:
        host = host_of(broker)
        await feed(host, broker, {0: b"1", 1: b"2"})
        broker.id_now, broker.log = "second", {0: b"4", 1: b"8", 2: b"16"}
        await host.check_topics()
        await feed(host, broker, {2: b"16"})
        assert broker.values("sums")[2:] == [b"7", b"15", b"31"]

    asyncio.run(story())


@pytest.mark.parametrize("unknown", [None, "first"])
def test_messages_read_again_are_no_sign_of_another_topic(
    broker: FakeBroker, unknown: str | None
) -> None:
    async def story() -> None:
        await saved_after(broker, {0: b"1", 1: b"2"})
        broker.id_now = unknown
        heir = host_of(broker)
        await feed(heir, broker, {0: b"1", 1: b"2", 2: b"4"})
        await heir.check_topics()
        assert broker.values("sums") == [b"1", b"3", b"7"] and remade(heir) == [0]

    asyncio.run(story())


def test_what_was_missed_is_left_to_the_next_worker_where_the_partition_is_taken_away(
    broker: FakeBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosting, "RETRY_S", 0.0)

    async def story() -> None:
        host = host_of(broker)
        await feed(host, broker, {0: b"1"})
        broker.log, broker.failures = LOG, 10**9
        taking = asyncio.create_task(feed(host, broker, {3: b"8"}))
        await until_it_waits(taking)
        broker.is_ours = False
        await taking
        assert broker.values("sums") == [b"1"] and broker.acks == []

    asyncio.run(story())
