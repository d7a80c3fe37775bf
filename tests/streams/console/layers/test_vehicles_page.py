"""Buses and taxis on the map: asked for only while they are shown, bounded, old and then gone."""

from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from ingest.frames import FrameHeader, encode_frame
from mapmatch.records import PROGRESS
from streams.console.layers.routes import MOST_BYTES
from tests.streams.console.layers.test_works_page import show
from tests.streams.console.messages import MINUTE
from tests.streams.console.scene import Scene, World, seen, text_of

pytestmark = pytest.mark.browser

DOTS = "clearway.map.queryRenderedFeatures({layers: ['vehicles']})"


def drive(one: Scene, count: int, time: float = MINUTE) -> None:
    """Let so many vehicles be matched anywhere, each third one a bus."""
    numbers = np.arange(count)
    segment = (numbers * 7919) % one.network.segment_count
    end = one.network.length_m[segment] * 0.5
    columns = {
        "vehicle_id": [f"v{n}" for n in numbers], "segment": segment,
        "fleet": np.where(numbers % 3 == 0, "bus", "taxi").tolist(),
        "enter_time": np.full(count, time - 2.0), "exit_time": np.full(count, time),
        "enter_offset_m": end - 20.0, "exit_offset_m": end,
        "is_provisional": np.zeros(count, bool),
    }  # fmt: skip
    batch = pa.RecordBatch.from_arrays(
        [pa.array(columns[f.name], f.type) for f in PROGRESS], schema=PROGRESS
    )
    one.board.vehicles.take(encode_frame(batch, FrameHeader(channel="match/0")))


def test_vehicles_are_asked_for_once_they_are_shown_and_no_longer(
    world: World, tmp_path: Path
) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        await page.until("document.querySelector('.layer-menu')")
        assert not one.board.vehicles.is_asked
        assert not [url for url in page.requests if "/api/vehicles" in url]
        await show(one, "vehicles")
        key = "document.querySelector('[data-layer=vehicles] .layer-key').textContent"
        await page.until(f"{key}.includes('Waiting for the first positions')")
        assert one.board.vehicles.is_asked
        drive(one, 30)
        await page.until(f"{key}.includes('30 of 30 in view drawn, 30 in the city')", 40)
        await page.until(f"{DOTS}.length === 30")
        assert await page.value("location.search") == "?layers=patrols+vehicles"
        await page.value("document.querySelector('#layers [name=vehicles]').click()")
        await page.until(f"{DOTS}.length === 0")

    seen(world, tmp_path, look, clock=lambda: 1e9)  # nobody grows old


def test_of_17_000_vehicles_as_many_are_drawn_as_the_bytes_allow(
    world: World, tmp_path: Path
) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        one.board.vehicles.ask()
        drive(one, 17_000)
        await one.open(path="?layers=vehicles")
        await page.until(f"{DOTS}.length > 500", 60)
        size = """fetch('/api/vehicles?box=-180,-90,180,90')
            .then((one) => one.arrayBuffer()).then(() => performance
            .getEntriesByType('resource').findLast((one) => one.name.includes('=-180,-90'))
            .encodedBodySize)"""
        assert 0 < await page.value(size) <= MOST_BYTES
        key = await text_of(page, "[data-layer=vehicles] .layer-key")
        assert "in view drawn, 17,000 in the city" in key

    seen(world, tmp_path, look, clock=lambda: 1e9)  # nobody grows old


@pytest.mark.parametrize(("language", "words"), [("en", "settled"), ("zh", "已确定")])
def test_a_press_on_a_vehicle_tells_how_it_is_matched(
    world: World, tmp_path: Path, language: str, words: str
) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        one.board.vehicles.ask()
        drive(one, 1)
        await one.open(path=f"?layers=vehicles&lang={language}")
        await page.until(f"{DOTS}.length === 1", 40)
        place = f"{DOTS}[0].geometry.coordinates"
        await page.value(f"void clearway.map.jumpTo({{center: {place}, zoom: 16}})")
        middle = "clearway.map.project(clearway.map.getCenter())"
        at = f"clearway.map.queryRenderedFeatures({middle}, {{layers: ['vehicles']}})"
        await page.until(f"{at}.length === 1", 40)
        await page.value(
            """(() => { const map = clearway.map, lngLat = map.getCenter();
                const originalEvent = {target: map.getCanvas()};
                map.fire('click', {point: map.project(lngLat), lngLat, originalEvent}); })()"""
        )
        await page.until("document.querySelector('.thing-card .facts')")
        card = await text_of(page, ".thing-card")
        assert "v0" in card and words in card and "36 km/h" in card and "07:00:00" in card

    seen(world, tmp_path, look, clock=lambda: 1e9)  # nobody grows old


def test_a_box_that_is_none_is_refused(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        one.page.expected.add(400)
        for box in ("", "1,2,3", "a,b,c,d", "9,0,1,1", "nan,0,1,1"):
            status = f"fetch('/api/vehicles?box={box}').then((one) => one.status)"
            assert await one.page.value(status) == 400, box
        one.page.expected.add(404)
        said = "fetch('/api/vehicles/nobody').then((one) => one.json())"
        assert "no such vehicle" in msgspec.json.encode(await one.page.value(said)).decode()

    seen(world, tmp_path, look, clock=lambda: 1e9)  # nobody grows old
