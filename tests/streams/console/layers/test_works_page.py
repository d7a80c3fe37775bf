"""Works and events on the map: in force, soon, or as they were at a moment of the past."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingest.recorded.assets import Assets
from ingest.recorded.schedule import read_schedule
from mapmatch.network import Network
from mapmatch.projection import LocalPlane
from tests.streams.console.messages import MINUTE, iso
from tests.streams.console.scene import Scene, World, press, seen, text_of

pytestmark = pytest.mark.browser

HOUR_S = 3600.0
SIGNS = "clearway.map.queryRenderedFeatures({layers: ['work-signs']})"
STATES = f"{SIGNS}.map((one) => one.properties.id + ' ' + one.properties.sign).sort()"


def place(network: Network, segment: int) -> list[list[float]]:
    """Give the line of a segment."""
    start, end = network.vertex_offsets[segment : segment + 2]
    x, y = network.vertex_x[start:end], network.vertex_y[start:end]
    degrees = LocalPlane(network).to_degrees(x, y)
    return [list(pair) for pair in zip(*(axis.tolist() for axis in degrees), strict=True)]


def entry(
    name: str, kind: str, begin: float, end: float, geometry: dict[str, Any], **more: Any
) -> dict[str, Any]:
    times = {"from": iso(MINUTE + begin), "to": iso(MINUTE + end)}
    properties = {"id": name, "kind": kind, **times, **more}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def assets_of(network: Network, folder: Path) -> Assets:
    """Give a schedule of works in force, an event to come, and what is rubbish in it."""
    long = int(np.argsort(network.length_m)[-40])
    road = {"type": "LineString", "coordinates": place(network, long)}
    point = {"type": "Point", "coordinates": place(network, 200)[0]}
    far = {"type": "Point", "coordinates": [2.35, 48.85]}
    features = [
        entry("w1", "work", -HOUR_S, HOUR_S, road, lanes=[0, 1], text="Gas main, <b>night</b>"),
        entry("e1", "event", 2 * HOUR_S, 3 * HOUR_S, point, text="Football"),
        entry("over", "work", -3 * HOUR_S, -2 * HOUR_S, point),
        entry("later", "work", 90 * HOUR_S, 91 * HOUR_S, point),
        entry("paris", "work", -HOUR_S, HOUR_S, far),
        entry("reversed", "work", HOUR_S, -HOUR_S, point),
        entry("tall", "work", 0.0, HOUR_S, {"type": "Point", "coordinates": [121.5, 931.2]}),
        {"type": "Feature", "geometry": None, "properties": None},
    ]
    path = folder / "schedule.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return Assets(schedule=read_schedule(path))


async def show(one: Scene, name: str = "works") -> None:
    """Open the menu of layers and tick a box by the keyboard."""
    page = one.page
    await page.until("document.querySelector('.layer-menu')")
    await page.value("document.querySelector('.layer-menu summary').focus()")
    await press(page, "Enter", 13, "\r")
    await page.value(f"document.querySelector('#layers [name={name}]').focus()")
    await press(page, " ", 32, " ")


def test_works_in_force_and_soon_are_drawn_and_counted_and_rubbish_is_told(
    world: World, tmp_path: Path
) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        await show(one)
        await page.until(f"{SIGNS}.length === 2")
        assert await page.value(STATES) == ["e1 event-soon", "w1 work-now"]
        assert await page.value("location.search") == "?layers=patrols+works"
        key = await text_of(page, "[data-layer=works] .layer-key")
        assert "Works in force now2" in key and "Event within a day1" in key
        assert "1 later" in key and "3 entries of the list cannot be read." in key

    seen(world, tmp_path, look, assets=assets_of(world[0], tmp_path))


def test_a_work_is_opened_from_the_list_by_keys_and_closed_by_escape(
    world: World, tmp_path: Path
) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        await one.open(path="?layers=works&lang=zh")
        await page.until("document.querySelector('[data-work=w1]')")
        await page.value("document.querySelector('[data-work=w1]').focus()")
        await press(page, "Enter", 13, "\r")
        await page.until("!clearway.map.isMoving() && document.querySelector('.thing-card')")
        card = await text_of(page, ".thing-card")
        for word in ("施工", "进行中", "Gas main, <b>night</b>", "06:00", "08:00", "0，1", "w1"):
            assert word in card, (word, card)
        assert await text_of(page, "#announce") == "施工，进行中"
        await page.screenshot(tmp_path / "card.png")
        await press(page, "Escape", 27)
        await page.until("!document.querySelector('.layer-menu[open]')")
        await press(page, "Escape", 27)
        await page.until("!document.querySelector('.thing-card')")

    seen(world, tmp_path, look, assets=assets_of(world[0], tmp_path))


def test_enter_tells_of_the_work_in_the_middle_of_the_map(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        await one.open(path="?layers=works")
        longitude, latitude = place(one.network, 200)[0]
        await page.until("document.querySelector('[data-work=e1]')")
        await page.value(
            f"void clearway.map.jumpTo({{center: [{longitude}, {latitude}], zoom: 16}})"
        )
        await page.until(f"{SIGNS}.some((one) => one.properties.id === 'e1')")
        await page.value("clearway.map.getCanvas().focus()")
        await press(page, "Enter", 13, "\r")
        await page.until("document.querySelector('.thing-card')?.textContent.includes('Football')")
        assert not await page.value("document.querySelector('.segment-card') !== null")

    seen(world, tmp_path, look, assets=assets_of(world[0], tmp_path))


def test_a_city_without_a_schedule_says_so(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        await show(one)
        key = "document.querySelector('[data-layer=works]').textContent"
        await one.page.until(f"{key}.includes('Nothing is planned')")

    seen(world, tmp_path, look)
