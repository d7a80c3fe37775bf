"""Logging in with a browser, and what the page then offers to whom."""

from pathlib import Path
from typing import Any

import pytest

from streams.console.access.guard import Guard
from streams.console.access.users import User, Users, hashed, write_users
from tests.streams.console.scene import Scene, World, seen, text_of

pytestmark = pytest.mark.browser

PASSWORD = "correct horse"
HASH = hashed(PASSWORD)
USERS = (
    User("li", "operator", (), HASH),
    User("chen", "operator", (), HASH),
    User("wang", "viewer", (), HASH),
)


@pytest.fixture
def guard(tmp_path: Path) -> Guard:
    file = tmp_path / "users"
    write_users(file, {user.name: user for user in USERS})
    return Guard(Users(file))


async def until_loaded(page: Any) -> None:
    await page.until("clearway.store.states.size > 0", 90)


def test_a_viewer_is_shown_everything_and_offered_nothing(
    world: World, tmp_path: Path, guard: Guard
) -> None:
    async def look(one: Scene) -> None:
        one.page.expected.add(401)
        await one.log_in("wang", "a wrong one")
        await one.page.until("document.querySelector('#complaint').textContent")
        assert "name or password is wrong" in await text_of(one.page, "#complaint")
        await one.page.screenshot(tmp_path / "login.png")
        await one.log_in("wang", PASSWORD)
        await until_loaded(one.page)
        await one.choose()
        assert "a viewer may look only" in await text_of(one.page, ".case-actions")
        assert await one.page.value("document.querySelectorAll('.case-actions button').length") == 0
        assert "wang" in await text_of(one.page, "#person")
        await one.page.value("document.querySelector('.alerts-bar button').click()")
        await one.page.until("location.pathname === '/login'")

    seen(world, tmp_path, look, guard=guard)


@pytest.mark.parametrize(
    ("asked", "reached"),
    [
        ("/handover?unit=a%23b", "/handover?unit=a#b"),
        ("/.//evil.example/x", "//evil.example/x"),
        ("http://[", "/"),
    ],
)
def test_who_logs_in_stays_at_this_console(
    world: World, tmp_path: Path, guard: Guard, asked: str, reached: str
) -> None:
    async def look(one: Scene) -> None:
        if reached.startswith("//"):
            one.page.expected.add(404)
        await one.log_in("wang", PASSWORD, path=f"login?next={asked}")
        await one.page.until("location.pathname !== '/login' && document.readyState === 'complete'")
        address = await one.page.value("location.href.replace(/#[0-9.]+[/].*/, '')")  # its view
        assert address == one.address.rstrip("/") + reached

    seen(world, tmp_path, look, guard=guard)


def test_of_two_people_the_second_is_told_the_name_of_the_first(
    world: World, tmp_path: Path, guard: Guard
) -> None:
    async def look(one: Scene) -> None:
        async with world[1].page() as other:
            await one.log_in("li", PASSWORD)
            await one.log_in("chen", PASSWORD, other)
            for page in (one.page, other):
                await until_loaded(page)
                await one.choose(page)
            acknowledge = "document.querySelector('[data-action=acknowledge]').click()"
            await one.page.value(acknowledge)
            await other.until("document.querySelector('.case-log').textContent.includes('li ack')")
            await other.until("!document.querySelector('[data-action=acknowledge]')")
            assert [event.actor for event in one.office.book.case("the-one").log][1:] == ["li"]

    seen(world, tmp_path, look, guard=guard)
