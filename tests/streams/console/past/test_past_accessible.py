"""The time machine through axe-core, and where it must fit: a phone, paper, both themes."""

from pathlib import Path

import pytest

from tests.streams.console.past.test_past_page import IS_PAST, compare, looked_back
from tests.streams.console.scene import Scene, World
from tests.streams.console.test_accessible import axe, findings

__all__ = ["axe"]

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LINK = "?at=2026-09-15T22:05Z&beside=2026-09-15T22:01Z"


def test_the_past_and_a_comparison_in_both_themes_and_languages(
    world: World, tmp_path: Path, axe: str
) -> None:
    async def look(one: Scene) -> None:
        page, found = one.page, {}
        await compare(one)
        found["dark"] = await findings(page, axe)
        await page.value("localStorage.setItem('clearway-theme', 'light')")
        await one.open(path=f"{LINK}&lang=zh&alert=then")
        await page.until("document.body.classList.contains('is-compared')", 60)
        found["light"] = await findings(page, axe)
        assert {name: lines for name, lines in found.items() if lines} == {}

    looked_back(world, tmp_path, look)


def test_on_a_phone_nothing_of_it_is_wider_than_the_screen(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        await one.open(path=LINK)
        await page.until("document.body.classList.contains('is-compared')", 60)
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await page.value(wide) <= 0
        over = """[...document.querySelectorAll('.past *, .changes *')].filter((node) =>
            node.getBoundingClientRect().right > innerWidth + 1).map((node) => node.outerHTML)"""
        assert await page.value(over) == []

    looked_back(world, tmp_path, look, width=390, height=844)


def test_on_paper_it_says_which_moment_it_is_of(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        await compare(one)
        await page.command("Emulation.setEmulatedMedia", media="print")
        shown = "getComputedStyle(document.querySelector('{}')).display"
        assert await page.value(shown.format(".past-when")) != "none"
        assert await page.value(shown.format(".past-controls")) == "none"
        await page.command("Emulation.setEmulatedMedia", media="screen")
        assert await page.value(IS_PAST)

    looked_back(world, tmp_path, look)
