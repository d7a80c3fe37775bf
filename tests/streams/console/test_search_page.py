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
