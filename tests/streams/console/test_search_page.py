"""Search, the view in the address, and the way home, in a browser."""

from pathlib import Path

import pytest

from tests.streams.console.scene import Scene, World, press, seen

pytestmark = pytest.mark.browser


def test_a_road_is_found_by_the_keyboard_and_the_home_key_leads_back(world: World, tmp_path: Path):
    async def look(one: Scene) -> None:
        page = one.page
        await page.until("document.querySelector('#home') && clearway.map.loaded()", 60)
        whole = await page.value("clearway.map.getZoom()")
        await press(page, "/", 191, "/")
        await page.until("document.activeElement.id === 'search'")
        await page.command("Input.insertText", text="复兴")
        await page.until("document.querySelectorAll('.found button').length > 1")
        kinds = "[...document.querySelectorAll('.found-kind')].map((one) => one.textContent)"
        assert {"alert", "road", "crossing"} <= set(await page.value(kinds))
        road = (
            "[...document.querySelectorAll('.found button')].find((b) => "
            "/^road/.test(b.textContent))"
        )
        await page.value(f"{road}.focus()")
        await press(page, "Enter", 13, "\r")
        await page.until("!clearway.map.isMoving() && clearway.map.getZoom() >= 14", 45)
        await page.until("location.hash.length > 5")
        await press(page, "Home", 36)
        await page.until(
            f"Math.abs(clearway.map.getZoom() - {whole}) < 0.3", 45
        )  # a banner may have come

    seen(world, tmp_path, look)


def test_a_segment_is_reached_and_told_of_without_a_mouse(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        await page.until("document.querySelector('#home') && clearway.map.loaded()", 60)
        name = one.network.segment_ids[500]
        await press(page, "/", 191, "/")
        await page.command("Input.insertText", text=name)
        await page.until("document.querySelector('.found button')")
        await press(page, "Enter", 13, "\r")
        card = "document.querySelector('.segment-card')"
        await page.until(f"{card}?.textContent.includes({name!r})")
        assert "40 km/h" in await page.value("document.querySelector('#announce').textContent")
        await press(page, "Escape", 27)  # out of the search, then away from the segment
        await press(page, "Escape", 27)
        await page.until(f"!{card}")
        await page.until("!clearway.map.isMoving()", 45)
        await page.value("clearway.map.getCanvas().focus()")
        await press(page, "Enter", 13, "\r")
        await page.until(card)
        label = await page.value("clearway.map.getCanvas().getAttribute('aria-label')")
        assert "Enter tells of the road" in label

    seen(world, tmp_path, look)
