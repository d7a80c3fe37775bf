"""The wall view: the city at a glance, readable from afar, with nothing to operate."""

from pathlib import Path

import pytest

from mapmatch.projection import LocalPlane
from tests.streams.console.browser import Page
from tests.streams.console.messages import MINUTE, alert, counts, states_frame
from tests.streams.console.scene import Scene, World, press, seen, text_of

pytestmark = pytest.mark.browser

FONTS = """Object.fromEntries([...document.querySelectorAll('body *')]
    .filter((node) => node.checkVisibility()
        && [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim()))
    .map((node) => [`${node.tagName} ${node.className} ${node.dataset.part}`,
        parseFloat(getComputedStyle(node).fontSize)]))"""
CUT = """[...document.querySelectorAll('.wall-part, .wall-rows li, .wall-table, .legend, .top')]
    .filter((node) => node.scrollWidth > node.clientWidth + 1
        || node.scrollHeight > node.clientHeight + 2)
    .map((node) => node.className + (node.dataset.part ?? ''))"""


async def fill(one: Scene) -> None:
    """Let there be a city with a usual day, jams and open cases."""
    ids = one.network.segment_ids
    for number in range(1, 4):
        for region in range(one.network.region_count):
            rows = {
                name: {"level": 3, "speed_kmh": 20.0 - 3 * number, "usual_kmh": 30.0}
                for name, of in zip(ids, one.network.region.tolist(), strict=True)
                if of == region
            }
            one.board.take_states(states_frame(MINUTE + 60 * number, rows, region))
    heads = one.network.to_node[: 12 * 97 : 97]
    plane = LocalPlane(one.network)
    at = plane.to_degrees(one.network.node_x[heads], one.network.node_y[heads])
    for number, (longitude, latitude) in enumerate(zip(*at, strict=True)):
        segment, cause = ids[number * 97], ("signal", "demand", "incident")[number % 3]
        one.board.take_alert(
            alert(f"a{number}", segment, severity=1 + number % 4, delay_veh_h=float(number),
                  cause=cause, road_name=f"Street {number}", queue_segment_ids=[segment],
                  longitude=float(longitude), latitude=float(latitude))
        )  # fmt: skip
    one.board.take_counts(counts("fixes", MINUTE + 240, 9000))


async def on_the_wall(one: Scene, page: Page, path: str = "?wall=600") -> None:
    await one.open(page, path)
    await page.until("document.querySelectorAll('.wall-rows li').length >= 6", 60)
    await page.until("document.querySelector('.wall-curve polyline')")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_all_that_matters_stands_on_a_4k_wall_and_every_text_scales(
    world: World, tmp_path: Path, language: str
) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        await fill(one)
        await on_the_wall(one, page, f"?wall=600&lang={language}")
        parts = "[...document.querySelectorAll('.wall-part')].map((part) => part.dataset.part)"
        assert await page.value(parts) == ["index", "roots", "areas", "cases", "service"]
        assert await page.value(CUT) == []
        for hidden in (".alerts", ".case", ".layers"):
            assert not await page.value(f"document.querySelector('{hidden}').checkVisibility()")
        first = await text_of(page, ".wall-rows li")
        assert "Street 11" in first
        large = await page.value(FONTS)
        async with world[1].page(1920, 1080) as other:
            await on_the_wall(one, other, f"?wall=600&lang={language}")
            small = await other.value(FONTS)
        assert {name: size for name, size in large.items() if size < 1.9 * small.get(name, 0)} == {}
        assert min(large.values()) >= 20, "at least 20 of 2160 pixels"

    seen(world, tmp_path, look, width=3840, height=2160)


def test_the_map_goes_from_view_to_view_and_back(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        await fill(one)
        await on_the_wall(one, page)
        caption = "document.querySelector('.wall-caption b').textContent"
        await page.until(f"{caption} === 'The whole city'")
        whole = await page.value("clearway.map.getZoom()")
        await page.until("clearway.map.loaded()")
        await press(page, "ArrowRight", 39)
        await page.until(f"{caption} === 'Street 11'")
        await page.until(f"!clearway.map.isMoving() && clearway.map.getZoom() > {whole} + 1")
        root = one.network.index_of(one.network.segment_ids[11 * 97])
        state = f"clearway.map.getFeatureState({{source: 'segments', id: {root}}})"
        assert await page.value(f"{state}.root") is True
        assert "Street 11" in await text_of(page, ".wall-rows li[data-shown=true]")
        await press(page, " ", 32, " ")
        await page.until("document.querySelector('.wall-caption').textContent.includes('held')")
        await press(page, "ArrowLeft", 37)
        await page.until(f"{caption} === 'The whole city'")
        assert await page.value(f"{state}.root") is False

    seen(world, tmp_path, look, width=1920, height=1080)


def test_the_index_is_beside_what_is_usual_in_words_and_as_a_curve(
    world: World, tmp_path: Path
) -> None:
    async def look(one: Scene) -> None:
        await fill(one)
        await on_the_wall(one, one.page)
        summary = one.board.health().summary
        assert summary is not None and summary.tpi is not None and summary.usual_tpi is not None
        assert summary.usual_tpi < summary.tpi
        words = await text_of(one.page, ".wall-part[data-part=index]")
        assert f"{summary.tpi:.1f}" in words and f"usual {summary.usual_tpi:.1f}" in words
        assert "07:00" in words and "07:03" in words

    seen(world, tmp_path, look, width=1920, height=1080)
