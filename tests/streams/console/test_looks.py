"""Pictures of the main states in both languages and themes, from a phone to a wall, and a check.

They lie in `screenshots/` of the test's folder (`--basetemp`), to be looked at.
"""

from pathlib import Path

import pytest

from incidents.case_records import Command
from tests.streams.console.browser import Page
from tests.streams.console.looks import faults
from tests.streams.console.messages import MINUTE, counts
from tests.streams.console.past.test_past_page import IS_PAST, lake_of
from tests.streams.console.scene import Scene, World, seen
from tests.streams.console.test_corridors_page import corridors
from tests.streams.console.test_wall_page import fill, on_the_wall

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIZES = {"phone": (390, 844), "1280": (1280, 720), "1920": (1920, 1080), "3840": (3840, 2160)}
LOOKS = [(language, theme) for language in ("en", "zh") for theme in ("dark", "light")]
PAST = "&at=2026-09-15T22:05Z"
COMPARED = PAST + "&beside=2026-09-15T22:01Z"


class Album:
    """Takes pictures of a page and gathers what is wrong with them, by their names."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page, self.folder = page, folder
        self.wrong: dict[str, list[str]] = {}
        folder.mkdir()

    async def take(self, name: str) -> None:
        """Take one, once nothing moves and every tile is drawn."""
        still = "!window.clearway || (!clearway.map.isMoving() && clearway.map.loaded())"
        await self.page.until(still, 60)
        await self.page.screenshot(self.folder / f"{name}.png")
        found = await faults(self.page)
        if found:
            self.wrong[name] = found


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("size", SIZES)
def test_no_state_of_the_page_has_anything_cut_or_over_another_thing(
    world: World, tmp_path: Path, size: str, language: str, theme: str
) -> None:
    async def look(one: Scene) -> None:
        page, album = one.page, Album(one.page, tmp_path / "screenshots")
        await fill(one)
        one.office.do(Command("c1", "acknowledge", "li", "the-one"))
        name, path = f"{size}-{language}-{theme}", f"?lang={language}"
        await page.value(f"localStorage.setItem('clearway-theme', '{theme}')")
        await one.open(path=path)
        await page.until("document.querySelectorAll('.card').length > 5")
        await page.until("document.querySelector('.corridor')")
        await album.take(f"{name}-map")
        await one.choose()
        await album.take(f"{name}-case")
        await one.open(path=path + COMPARED)
        await page.until("document.body.classList.contains('is-compared')", 60)
        await album.take(f"{name}-compared")
        await one.open(path=path + PAST)
        await page.until(IS_PAST, 60)
        await album.take(f"{name}-past")
        if size != "phone":
            await on_the_wall(one, page, f"{path}&wall=600")
            await album.take(f"{name}-wall")
        assert album.wrong == {}

    width, height = SIZES[size]
    past = lake_of(tmp_path / "lake", world[0])
    seen(world, tmp_path, look, width=width, height=height, past=past,
         corridors=corridors(world[0]), clock=lambda: 0.0)  # fmt: skip


@pytest.mark.parametrize("size", ["phone", "1280", "1920"])
def test_no_trouble_that_is_told_has_anything_cut_or_over_another_thing(
    world: World, tmp_path: Path, size: str
) -> None:
    async def look(one: Scene) -> None:
        page, album = one.page, Album(one.page, tmp_path / "screenshots")
        await fill(one)
        tell_parts(one, range(one.network.region_count))
        at[0] = 40.0
        tell_parts(one, range(1))
        one.board.take_counts(counts("fixes", MINUTE + 240, 9000))
        for language, theme in LOOKS:
            await page.value(f"localStorage.setItem('clearway-theme', '{theme}')")
            await one.open(path=f"?lang={language}")
            await page.until("document.querySelector('.tile[data-status=partial]')")
            await album.take(f"{size}-{language}-{theme}-partial")
        one.board.lose_connection("The broker at 127.0.0.1:9092 does not answer.")
        for language, theme in LOOKS:
            await page.value(f"localStorage.setItem('clearway-theme', '{theme}')")
            await one.open(path=f"?lang={language}")
            await page.until("document.querySelector('#banner').dataset.tone === 'lost'")
            await album.take(f"{size}-{language}-{theme}-lost")
        assert album.wrong == {}

    at = [0.0]
    width, height = SIZES[size]
    seen(world, tmp_path, look, width=width, height=height, clock=lambda: at[0],
         partition_count=world[0].region_count)  # fmt: skip


def tell_parts(one: Scene, partitions: range) -> None:
    """Tell of partitions of the detectors that they have brought rows."""
    for partition in partitions:
        one.board.take_counts(
            counts("detector-readings", MINUTE + 240, 2700, stage="estimate", partition=partition)
        )


def test_a_page_at_twice_its_size_and_with_the_system_s_colours_is_whole(
    world: World, tmp_path: Path
) -> None:
    async def look(one: Scene) -> None:
        page, album = one.page, Album(one.page, tmp_path / "screenshots")
        await fill(one)
        for language in ("en", "zh"):
            await one.open(path=f"?lang={language}")
            await one.choose()
            await album.take(f"twice-{language}")
        forced = [{"name": "forced-colors", "value": "active"}]
        await page.command("Emulation.setEmulatedMedia", features=forced)
        await page.command("Emulation.setDeviceMetricsOverride", width=1366, height=768,
                           deviceScaleFactor=1, mobile=False)  # fmt: skip
        await page.until("document.querySelector('.uplot')")
        await album.take("forced-colours")
        await page.command("Emulation.setEmulatedMedia", media="print", features=[])
        await page.screenshot(album.folder / "print.png")
        shown = "getComputedStyle(document.querySelector('{}'))"
        assert await page.value(f"{shown.format('.case')}.position") == "static"
        for hidden in (".map", ".filters", ".layers", ".alerts-bar"):
            assert await page.value(f"{shown.format(hidden)}.display") == "none", hidden
        await page.command("Emulation.setEmulatedMedia", media="screen")
        assert album.wrong == {}

    seen(world, tmp_path, look, width=683, height=384, clock=lambda: 0.0)  # 1366 by 768 at 200 %
