"""Every page and state through axe-core, which looks for what keeps people from using it."""

import json
from pathlib import Path

import pytest

from incidents.case_records import AssignedPatrol, Command
from streams.console.access.guard import Guard
from streams.console.access.users import User, Users, hashed, write_users
from tests.streams.console.browser import Page
from tests.streams.console.messages import MINUTE, alert
from tests.streams.console.scene import Scene, World, seen
from tests.streams.console.test_corridors_page import corridors
from tests.streams.console.test_wall_page import fill, on_the_wall

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AXE = Path("streams/console/page/node_modules/axe-core/axe.min.js")


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.is_file():
        pytest.skip(f"axe-core is not at {AXE} (npm ci in streams/console/page)")
    return AXE.read_text()


async def findings(page: Page, axe: str) -> list[str]:
    """Give what axe-core finds, a line each."""
    await page.value(f"(() => {{ {axe}; }})()")
    found = await page.value("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['impact']} {one['id']}: {node['html'][:150]}"
        for one in json.loads(json.dumps(found["violations"]))
        for node in one["nodes"]
    ]


def test_the_map_a_card_a_form_and_the_choice_of_a_place(
    world: World, tmp_path: Path, axe: str
) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        one.board.take_alert(alert("over", one.network.segment_ids[0], state="closed"))
        one.office.do(Command("c1", "acknowledge", "li", "the-one"))
        one.office.do(Command("c2", "comment", "li", "the-one", comment="a lorry"))
        await page.until("document.querySelector('#create')", 60)
        found = {"map": await findings(page, axe)}
        await one.choose()
        await page.until("!clearway.map.isMoving()")
        found["card"] = await findings(page, axe)
        for action in ("suppress", "lane_impact", "edit"):
            await page.value(f"document.querySelector('[data-action={action}]').click()")
            await page.until("document.querySelector('dialog')")
            found[action] = await findings(page, axe)
            await page.value("document.querySelector('dialog .quiet-button').click()")
        await page.value("document.querySelector('#create').click()")
        await page.until("document.querySelector('.pick')")
        found["pick"] = await findings(page, axe)
        assert {name: lines for name, lines in found.items() if lines} == {}

    seen(world, tmp_path, look)


def test_hand_over_and_the_page_of_an_officer(world: World, tmp_path: Path, axe: str) -> None:
    async def look(one: Scene) -> None:
        page, found = one.page, {}
        one.office.book.propose({"the-one": AssignedPatrol("p7", 60.0, "near")}, MINUTE + 140)
        one.board.take_alert(one.case_bytes())
        for path, ready in (("handover", "#rows tr"), ("patrol/p7", ".officer-actions button")):
            await page.command("Page.navigate", url=one.address + path)
            await page.until(f"document.querySelector({ready!r})", 60)
            found[path] = await findings(page, axe)
        assert {name: lines for name, lines in found.items() if lines} == {}

    seen(world, tmp_path, look)


def test_the_wall_and_the_other_language_theme_and_colours(
    world: World, tmp_path: Path, axe: str
) -> None:
    async def look(one: Scene) -> None:
        page, found = one.page, {}
        await fill(one)
        await on_the_wall(one, page)
        found["wall"] = await findings(page, axe)
        await page.value("localStorage.setItem('clearway-theme', 'light')")
        await page.value("localStorage.setItem('clearway-colours', 'chinese')")
        for path in ("?lang=zh", "?lang=zh&wall=600", "?lang=en&alert=a3"):
            await one.open(page, path)
            await page.until("document.querySelector('.wall-part, .card')")
            await page.until("document.querySelector('.corridor')")
            found[path] = await findings(page, axe)
        assert {name: lines for name, lines in found.items() if lines} == {}

    seen(world, tmp_path, look, corridors=corridors(world[0]))


def test_the_login(world: World, tmp_path: Path, axe: str) -> None:
    file = tmp_path / "users"
    write_users(file, {"li": User("li", "operator", (), hashed("a good password"))})

    async def look(one: Scene) -> None:
        await one.page.command("Page.navigate", url=one.address)
        await one.page.until("document.activeElement.name === 'name'", 60)
        assert await findings(one.page, axe) == []

    seen(world, tmp_path, look, guard=Guard(Users(file)))
