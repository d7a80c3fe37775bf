"""The stream of events: each page gets what it should, and none waits for another."""

import asyncio
import random
import string
from typing import Any

from streams.console.consumer import deliver_all
from streams.console.hub import QUEUE_LENGTH, REMEMBERED
from streams.console.server import HUB
from streams.topics import ALERTS
from tests.streams.console.messages import MINUTE, alert, counts, states_frame
from tests.streams.console.serving import Console, next_event, next_id, serving, until_event


def test_events_are_packed_once_and_who_takes_no_gzip_gets_them_plain():
    async def test(console: Console) -> None:
        plain = {"Accept-Encoding": "identity"}
        async with (
            console.session.get("/api/events") as packed,
            console.session.get("/api/events", headers=plain) as other,
        ):
            assert packed.headers["Content-Encoding"] == "gzip"
            assert "Content-Encoding" not in other.headers
            for page in (packed, other):
                assert (await next_event(page.content))[0] == "hello"
            console.board.take_alert(alert("a", "AB", road_name="复兴中路 " * 500))
            told = [await until_event(page.content, "alert") for page in (packed, other)]
            assert told[0] == told[1] and told[0]["alert_id"] == "a"

    serving(test)


def test_what_the_board_takes_goes_live_at_once():
    async def test(console: Console) -> None:
        async with console.session.get("/api/events") as response:
            assert response.content_type == "text/event-stream"
            lines = response.content
            assert (await next_event(lines))[0] == "hello"
            console.board.take_states(states_frame(MINUTE, {"AB": {"level": 5}}))
            delta = await until_event(lines, "states")
            assert (delta["minute"], delta["states"]["level"]) == (MINUTE, [5])
            console.board.take_alert(alert("a", "AB"))
            assert (await until_event(lines, "alert"))["alert_id"] == "a"
            console.board.take_counts(counts("fixes", MINUTE, 10))
            health = await until_event(lines, "health")
            assert health["timezone"] == "Asia/Shanghai"

    serving(test)


def test_a_page_that_does_not_read_is_dropped_and_the_others_go_on():
    async def test(console: Console) -> None:
        hub = console.app[HUB]
        text = "".join(random.Random(1).choices(string.ascii_letters, k=500_000))  # packs badly
        async with (
            console.session.get("/api/events", read_bufsize=1024) as slow,
            console.session.get("/api/events") as quick,
        ):
            assert (await next_event(quick.content))[0] == "hello"
            while hub.client_count < 2:
                await asyncio.sleep(0)
            for version in range(1, QUEUE_LENGTH + 100):
                changes = {"version": version, "road_name": text if version < 60 else "short"}
                console.board.take_alert(alert("a", "AB", **changes))
                while (await until_event(quick.content, "alert"))["version"] < version:
                    pass
            assert hub.dropped_count == 1
            assert hub.client_count == 1
            assert slow.status == 200

    serving(test)


def test_a_page_that_reads_gets_all_of_a_thousand_changes_that_come_at_once():
    async def test(console: Console) -> None:
        hub, count = console.app[HUB], 4 * QUEUE_LENGTH
        async with console.session.get("/api/events") as page:
            assert (await next_event(page.content))[0] == "hello"
            changes = [alert(f"a{number}", "AB") for number in range(count)]
            sending = asyncio.create_task(deliver_all(console.board, ALERTS, changes))
            for number in range(count):
                assert (await until_event(page.content, "alert"))["alert_id"] == f"a{number}"
            await sending
        assert hub.dropped_count == 0

    serving(test)


def test_who_comes_back_is_sent_each_version_since_or_told_that_some_were_skipped():
    async def test(console: Console) -> None:
        async def back(after: str) -> list[tuple[str, Any]]:
            """Come back after an id; give all until the newest version."""
            headers, told = {"Last-Event-ID": after}, []
            async with console.session.get("/api/events", headers=headers) as page:
                assert await next_id(page.content)  # hello
                console.board.take_alert(alert("end", "AB", version=len(told_of) + 1))
                told_of.append(after)
                while not told or told[-1][1].get("alert_id") != "end":
                    name, data = await next_event(page.content)
                    told += [(name, data)] if name in ("alert", "skipped") else []
            return told[:-1]

        told_of: list[str] = []
        async with console.session.get("/api/events") as page:
            first = await next_id(page.content)
            console.board.take_alert(alert("a", "AB"))
            second = await next_id(page.content)
        for version in (2, 3):
            console.board.take_alert(alert("a", "AB", version=version))
        assert [data["version"] for _, data in await back(second)] == [2, 3]
        assert [data["version"] for _, data in (await back(first))[:3]] == [1, 2, 3]
        for odd in ("other-1", "1", "", f"{first}9", "-", "\u00e9-1"):
            (name, data), *_ = await back(odd)
            assert (name, data["last_event_id"]) == ("skipped", odd)
        for version in range(4, REMEMBERED + 9):
            console.board.take_alert(alert("a", "AB", version=version))
        assert [name for name, _ in await back(second)] == ["skipped"]

    serving(test)


def test_a_page_that_leaves_is_forgotten():
    async def test(console: Console) -> None:
        hub = console.app[HUB]
        async with console.session.get("/api/events") as response:
            await next_event(response.content)
            assert hub.client_count == 1
        version = 0
        while hub.client_count:
            version += 1
            console.board.take_alert(alert("a", "AB", version=version))
            await asyncio.sleep(0)
        assert hub.dropped_count == 0

    serving(test)
