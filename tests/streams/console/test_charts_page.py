"""The charts of the last hours in a browser: in a card, and in the popup of a segment."""

from pathlib import Path

import pytest

from congestion.records import Sighting
from tests.streams.console.messages import MINUTE, states_frame
from tests.streams.console.scene import Scene, World, seen

pytestmark = pytest.mark.browser

PRESS = """(() => {
    const map = clearway.map, canvas = map.getCanvas();
    for (let x = canvas.clientWidth - 40; x > 500; x -= 6) {
        const point = {x, y: canvas.clientHeight / 2};
        const around = [[x - 4, point.y - 4], [x + 4, point.y + 4]];
        if (!map.queryRenderedFeatures(around, {layers: ['segment-levels']}).length) continue;
        const lngLat = map.unproject([point.x, point.y]);
        map.fire('click', {point, lngLat, originalEvent: {target: canvas}});
        return true;
    }
})()"""


def test_the_card_and_a_pressed_segment_show_their_last_hours(world: World, tmp_path: Path):
    async def look(one: Scene) -> None:
        page, segment_id = one.page, one.office.book.case("the-one").segment_id
        region = int(one.network.region[one.network.index_of(segment_id)])
        for number, speed in enumerate((40.0, 20.0, 10.0), 1):
            row = {segment_id: {"speed_kmh": speed, "usual_kmh": 40.0, "flow_veh_h": 800.0}}
            one.board.take_states(states_frame(MINUTE + 60 * number, row, region))
        standing = Sighting("probe", "standing_vehicle", "t7", segment_id, 1.0, MINUTE, MINUTE + 90)
        one.board.segments.segment_history.see([standing])
        await one.choose()
        await page.until("document.querySelectorAll('.case .chart canvas').length === 3")
        labels = await page.value(
            "[...document.querySelectorAll('.case .charts [role=img]')].map((n) => n.ariaLabel)"
        )
        assert "From 07:00 to 07:03: speed last 10 km/h, usually 27 to 58" in labels[0]
        assert "queue last 240 m" in labels[1] and "last 800 vehicles an hour" in labels[2]
        assert labels[3] == "standing vehicle 07:00"
        await page.until("!clearway.map.isMoving()")
        asked = len([url for url in page.requests if "/history" in url])
        await page.until("clearway.map.loaded()")
        assert await page.value(PRESS)
        await page.until("document.querySelector('.segment-card .chart canvas')")
        assert len([url for url in page.requests if "/history" in url]) == asked + 1

    seen(world, tmp_path, look)
