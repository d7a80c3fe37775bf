"""All layers at once: accessible in both themes, within a phone, and honest about the past."""

from pathlib import Path

import msgspec
import pytest

from ingest.recorded.assets import Assets
from tests.streams.console.layers import test_detectors_page, test_vehicles_page, test_works_page
from tests.streams.console.past.test_past_page import IS_PAST, lake_of
from tests.streams.console.scene import Scene, World, seen, text_of
from tests.streams.console.test_accessible import axe, findings
from tests.streams.console.test_field_page import patrol

__all__ = ["axe"]

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ALL = "layers=patrols+works+vehicles+detectors+units"
WIDE = """[...document.querySelectorAll('.layer-list, .layer-list *, .thing-card, .thing-card *')]
    .filter((node) => node.checkVisibility() && node.tagName !== 'B'
        && node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== 'inline')
    .map((node) => node.outerHTML.slice(0, 120))"""


def assets_of(world: World, folder: Path) -> Assets:
    works = test_works_page.assets_of(world[0], folder)
    return msgspec.structs.replace(test_detectors_page.assets_of(world[0]), schedule=works.schedule)


def fill(one: Scene) -> None:
    patrol(one)
    test_detectors_page.troubled(one)
    one.board.vehicles.ask()
    test_vehicles_page.drive(one, 60)


@pytest.mark.parametrize("size", [(1280, 720), (390, 844)])
def test_the_menu_and_a_card_are_accessible_in_both_themes(
    world: World, tmp_path: Path, axe: str, size: tuple[int, int]
) -> None:
    async def look(one: Scene) -> None:
        page, found = one.page, {}
        fill(one)
        for theme, language in (("dark", "en"), ("light", "zh")):
            await page.value(f"localStorage.setItem('clearway-theme', {theme!r})")
            await one.open(path=f"?{ALL}&lang={language}")
            await page.until("document.querySelector('[data-detector=M1]')", 60)
            await page.value("document.querySelector('.layer-menu').open = true")
            found[f"menu {theme}"] = await findings(page, axe)
            await page.value("document.querySelector('[data-detector=M1]').click()")
            await page.until("document.querySelector('.thing-card .facts')")
            await page.until("!clearway.map.isMoving()")
            is_open = await page.value("document.querySelector('.layer-menu').open")
            assert is_open == (size[0] > 960)  # on a phone it would cover the card
            found[f"card {theme}"] = await findings(page, axe) + await page.value(WIDE)
            await page.screenshot(tmp_path / f"{theme}.png")
        assert {name: lines for name, lines in found.items() if lines} == {}

    seen(
        world, tmp_path, look, assets=assets_of(world, tmp_path), clock=lambda: 1e9,
        width=size[0], height=size[1],
    )  # fmt: skip


def test_under_the_past_each_layer_says_what_is_not_kept(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        fill(one)
        await one.open(path=f"?{ALL}&at=2026-09-15T22:05Z")
        await page.until(IS_PAST, 60)
        for name in ("patrols", "vehicles", "detectors"):
            key = await text_of(page, f"[data-layer={name}] .layer-key")
            assert key == "Of the past this is not kept.", (name, key)
            drawn = f"clearway.map.queryRenderedFeatures({{layers: ['{name}']}}).length"
            await page.until(f"{drawn} === 0")
        works = await text_of(page, "[data-layer=works] .layer-key")
        assert "Works in force now2" in works  # those of 06:05 began at 06:00
        await page.value("document.querySelector('#past-now').click()")
        await page.until("document.querySelector('[data-detector=M1]')")

    seen(
        world, tmp_path, look, assets=assets_of(world, tmp_path), clock=lambda: 1e9,
        past=lake_of(tmp_path / "lake", world[0]),
    )  # fmt: skip
