"""A wall that shows a moment of the past says so, and what is not of that moment is not shown."""

from pathlib import Path

import pytest

from congestion.corridors import Corridor
from mapmatch.network import Network
from streams.console.past.past import Past
from streams.lake.moments import LakeMoments
from tests.streams.console.past.lakes import Keeper
from tests.streams.console.past.test_past_page import FIRST, IS_PAST, lake_of
from tests.streams.console.scene import Scene, World, press, seen, text_of
from tests.streams.console.test_corridors_page import ROWS, chain

pytestmark = pytest.mark.browser

AT = "at=2026-09-15T22:05Z"


def past_of(folder: Path, network: Network) -> tuple[Past, Corridor]:
    """Give a lake in which all is driven at 18 km/h, and a corridor of it."""
    keeper = Keeper(folder, network)
    row = {"speed_kmh": 18.0, "usual_kmh": 36.0, "level": 3}
    keeper.minute(FIRST + 300, {one: row for one in network.segment_ids})
    keeper.write()
    corridor = Corridor("Ring", chain(network, 100, 4))
    return Past(LakeMoments(folder, network.name), network, corridors=[corridor]), corridor


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_wall_of_the_past_is_marked_and_escape_leads_to_now(
    world: World, tmp_path: Path, language: str
) -> None:
    words = {"en": ("Past: ", "not kept"), "zh": ("回看：", "未保存")}[language]

    async def look(one: Scene) -> None:
        page = one.page
        await one.open(path=f"?wall=600&{AT}&lang={language}")
        await page.until(IS_PAST, 60)
        mark = await text_of(page, ".past-mark")
        assert words[0] in mark and "06:05" in mark
        assert await page.value("document.querySelector('.past-mark').checkVisibility()")
        await page.until("document.querySelector('[data-part=service]')")
        assert words[1] in await text_of(page, "[data-part=service]")
        await page.screenshot(tmp_path / "wall.png")
        await press(page, "Escape", 27)
        await page.until(f"!({IS_PAST}) && !location.search.includes('at=')")
        assert not await page.value("document.querySelector('.past-mark').checkVisibility()")

    past = lake_of(tmp_path / "lake", world[0])
    seen(world, tmp_path, look, past=past, width=1920, height=1080)


def test_a_wall_of_a_minute_that_is_not_stored_says_so(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        one.page.expected.add(404)
        await one.open(path="?wall=600&at=2026-09-01T00:00Z")
        await one.page.until(
            "document.querySelector('.past-note').textContent.includes('stored')", 60
        )
        assert not await one.page.value(IS_PAST)

    seen(world, tmp_path, look, past=lake_of(tmp_path / "lake", world[0]))


def test_corridors_of_the_past_are_those_of_its_minute(world: World, tmp_path: Path) -> None:
    past, corridor = past_of(tmp_path / "lake", world[0])

    async def look(one: Scene) -> None:
        page = one.page
        await page.until(f"{ROWS}.length === 1", 60)
        await one.open(path=f"?{AT}")
        await page.until(IS_PAST, 60)
        metres = float(world[0].length_m[corridor.segments].sum())
        await page.until(f"{ROWS}[0].textContent.includes('{metres / 5 / 60:.1f} min')")
        await page.value("document.querySelector('#past-now').click()")
        await page.until(f"!({IS_PAST})")
        await page.until(f"!{ROWS}[0].textContent.includes('{metres / 5 / 60:.1f} min')")

    seen(world, tmp_path, look, past=past, corridors=[corridor])
