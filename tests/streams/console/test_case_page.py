"""The card of a case in a browser: what it shows, and what an operator does with it."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from incidents.case_records import AssignedPatrol, Command
from incidents.cases.table import possible
from tests.streams.console.browser import Page
from tests.streams.console.messages import MINUTE, alert
from tests.streams.console.scene import Scene, World, press, seen, text_of

pytestmark = pytest.mark.browser

BUTTONS = "[...document.querySelectorAll('.case-actions button')].map((b) => b.dataset.action)"


async def tap(page: Page, action: str) -> None:
    await page.until(f"document.querySelector('[data-action={action}]')")
    await page.value(f"document.querySelector('[data-action={action}]').click()")


async def told(page: Page, word: str) -> str:
    await page.until(f"document.querySelector('.case-message').textContent.includes({word!r})")
    return await text_of(page, ".case-message")


async def until_sent(one: Scene, count: int) -> None:
    while len(one.office.sent) < count:
        await asyncio.sleep(0)


def test_the_card_says_where_since_when_why_and_who_could_go(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        one.office.book.propose(
            {"the-one": AssignedPatrol("p7", 180.0, "3 min away")}, MINUTE + 130
        )
        case = one.office.book.case("the-one")
        one.board.take_alert(msgspec.json.encode(case))
        await one.choose()
        text = await text_of(one.page, "#case")
        for word in (
            "复兴中路", "Major", "07:00", "Incident, 80 % sure", "standing for 142 s", "240 m",
            "Patrol proposed", "p7", "3 min away", "Known", "proposes p7",
        ):  # fmt: skip
            assert word in text
        assert "Demo operator" in await text_of(one.page, "#person")

    seen(world, tmp_path, look)


def test_the_buttons_are_exactly_what_the_state_allows(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        await one.choose()
        assert sorted(await one.page.value(BUTTONS)) == sorted(possible("open"))
        for action, state in (("acknowledge", "acknowledged"), ("clear", "cleared")):
            await tap(one.page, action)
            await told(one.page, "done")
            wanted = ",".join(sorted(possible(state)))
            await one.page.until(f"{BUTTONS}.sort().join() === {wanted!r}")

    seen(world, tmp_path, look)


def test_the_second_of_two_operators_is_told_who_was_first(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        async with world[1].page() as other:
            await one.open(other)
            await one.choose(other)
            await one.choose()
            # Both press at once: the second page has not yet heard of the first one's version.
            await other.value("clearway.store.takeAlerts = () => undefined")
            await tap(one.page, "acknowledge")
            await told(one.page, "done")
            held = msgspec.json.encode(one.office.book.case("the-one")).decode()
            await tap(other, "acknowledge")
            await until_sent(one, 2)
            await other.value("delete clearway.store.takeAlerts")
            await other.value(f"clearway.store.hearAlert({held})")
            words = await told(other, "Too late")
            assert "demo acknowledged this" in words and "s ago" in words
            await other.screenshot(tmp_path / "late.png")
            assert [event.action for event in one.office.book.case("the-one").log] == [
                "open", "acknowledge",
            ]  # fmt: skip

    seen(world, tmp_path, look)


def test_news_of_the_detector_alone_is_no_conflict(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        await one.choose()
        known = one.office.book.case("the-one")
        await one.page.value("clearway.store.takeAlerts = () => undefined")
        changed = msgspec.json.encode(
            one.office.detect(
                alert("the-one", known.segment_id, version=2, queue_length_m=500.0,
                      longitude=known.longitude, latitude=known.latitude)
            )
        )  # fmt: skip
        one.page.expected.add(409)
        await tap(one.page, "acknowledge")
        await until_sent(one, 1)
        await one.page.value("delete clearway.store.takeAlerts")
        await one.page.value(f"clearway.store.hearAlert({changed.decode()})")
        await told(one.page, "done")
        assert [command.expected_version for command in one.office.sent] == [1, 2]

    seen(world, tmp_path, look)


def test_a_command_that_nobody_answered_is_sent_again_as_the_same(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.console.commands.PATIENCE_S", 0.05)

    async def look(one: Scene) -> None:
        one.page.expected.add(504)
        one.office.deaf_count = 3
        await one.choose()
        await tap(one.page, "acknowledge")
        await told(one.page, "not known whether done")
        await one.page.screenshot(tmp_path / "unanswered.png")
        await one.page.value("document.querySelector('.case-message button').click()")
        await told(one.page, ": done")
        assert len({command.command_id for command in one.office.sent}) == 1
        assert len(one.office.sent) == 4

    seen(world, tmp_path, look)


def test_a_comment_with_markup_stays_text(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        text = "<img src=x onerror=alert(1)><b>bold</b>"
        comment = Command("c1", "comment", "<i>li</i>", "the-one", comment=text)
        one.office.do(comment)
        await one.choose()
        log = await text_of(one.page, ".case-log")
        assert text in log and "<i>li</i> commented" in log
        assert await one.page.value("document.querySelectorAll('#case img, #case i').length") == 0

    seen(world, tmp_path, look)


async def type_text(page: Page, text: str) -> None:
    await page.command("Input.insertText", text=text)


async def focus_by_tab(page: Page, condition: str) -> None:
    """Press Tab until the focus is where a condition holds."""
    for _ in range(60):
        if await page.value(
            f"(() => {{ const at = document.activeElement; return {condition}; }})()"
        ):
            return
        await press(page, "Tab", 9)
    raise AssertionError(f"never focused: {condition}")


async def by_key(page: Page, action: str) -> None:
    await page.until(f"document.querySelector('[data-action={action}]')")
    await focus_by_tab(page, f"at.dataset.action === {action!r}")
    await press(page, "Enter", 13, "\r")


@pytest.mark.slow
def test_the_keyboard_alone_does_the_whole_life_of_a_case(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        await focus_by_tab(page, "at.classList.contains('card-main')")
        await press(page, "Enter", 13, "\r")
        await page.until("document.activeElement.id === 'case-title'")
        await by_key(page, "acknowledge")
        await told(page, "Acknowledge: done")
        await by_key(page, "dispatch")
        await page.until("document.querySelector('dialog [name=patrol_id]')")
        await type_text(page, "p7")
        await press(page, "Enter", 13, "\r")
        await told(page, "Send: done")
        for action, word in (("arrive", "Arrived"), ("clear", "Cleared"), ("verify", "usual")):
            await by_key(page, action)
            await told(page, f"{word}: done")
        await by_key(page, "close")
        await told(page, "Close: done")
        case = one.office.book.case("the-one")
        assert [event.action for event in case.log] == [
            "open", "acknowledge", "dispatch", "arrive", "clear", "verify", "close",
        ]  # fmt: skip
        await press(page, "Escape", 27)
        assert await page.value("document.querySelector('#case').hidden") is True
        assert await page.value("document.activeElement.className") == "card-main"

    seen(world, tmp_path, look)


def test_a_needed_reason_is_asked_for(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        await one.choose()
        await tap(page, "suppress")
        await page.until("document.querySelector('dialog')")
        await page.value("document.querySelector('dialog [type=submit]').click()")
        assert "Say a reason" in await text_of(page, ".complaint")
        await page.screenshot(tmp_path / "dialog.png")
        await press(page, "Escape", 27)
        await page.until("!document.querySelector('dialog')")
        assert await page.value("document.querySelector('#case').hidden") is False
        await tap(page, "dismiss")
        await page.value("document.querySelector('dialog [name=reason]').value = 'duplicate'")
        await page.value("document.querySelector('dialog [type=submit]').click()")
        await told(page, "Dismiss: done")
        assert one.office.book.case("the-one").dismissed_as == "duplicate"

    seen(world, tmp_path, look)


def test_a_new_alarm_is_announced_and_takes_no_focus(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        await one.choose()
        await tap(page, "comment")
        await page.until("document.activeElement.name === 'comment'")
        await type_text(page, "half a sen")
        one.board.take_alert(alert("second", one.network.segment_ids[0], severity=1))
        await page.until("document.querySelector('#announce').textContent.includes('Minor alert')")
        assert await page.value("document.activeElement.value") == "half a sen"
        await press(page, "Escape", 27)
        await page.value("document.querySelector('[data-alert=the-one] .card-main').focus()")
        one.board.take_alert(alert("third", "elsewhere", severity=4))
        await page.until("document.querySelector('[data-alert=third]')")
        focused = "document.activeElement.closest('[data-alert]').dataset.alert"
        assert await page.value(focused) == "the-one"

    seen(world, tmp_path, look)
