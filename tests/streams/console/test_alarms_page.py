"""What the page does with alarms that come: marked, counted, and nothing moves under the mouse."""

from pathlib import Path

import pytest

from mapmatch.network import Network
from tests.streams.console.messages import alert
from tests.streams.console.scene import Scene, World, seen, text_of

pytestmark = pytest.mark.browser


def test_a_new_alarm_is_marked_until_it_is_seen_and_moves_nothing(world: World, tmp_path: Path):
    async def look(one: Scene) -> None:
        page, ids = one.page, one.network.segment_ids
        await page.until("document.querySelector('[data-alert=the-one]')")
        assert await page.value("document.title") == "Clearway", "what was there is not new"
        top = (
            "Math.round(document.querySelector('[data-alert=the-one]').getBoundingClientRect().top)"
        )
        x, y = await page.value(
            "(() => { const at = document.querySelector('[data-alert=the-one] .card-head')"
            ".getBoundingClientRect(); return [at.x + 5, at.y + 5]; })()"
        )
        await page.command("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        before = await page.value(top)
        for number in range(2):
            one.board.take_alert(alert(f"new{number}", ids[number], severity=4))
        await page.until("document.title === '(2) Clearway'")
        await page.until("document.querySelectorAll('.new-mark').length === 2")
        assert abs(await page.value(top) - before) <= 1
        await one.choose(alert_id="new0")
        await page.until("document.title === '(1) Clearway'")
        await page.value("document.querySelector('.see-all').click()")
        await page.until("document.title === 'Clearway'")
        assert await page.value("document.querySelectorAll('.new-mark').length") == 0

    seen(world, tmp_path, look)


def behind(network: Network, segment: int) -> int:
    """Give a segment that ends where another begins."""
    return int((network.to_node == network.from_node[segment]).nonzero()[0][0])


def test_the_card_shows_the_queue_as_a_tree_and_the_map_dims_the_rest(
    world: World, tmp_path: Path
) -> None:
    async def look(one: Scene) -> None:
        network = one.network
        root = next(
            number for number in range(network.segment_count)
            if (network.to_node == network.from_node[number]).sum() > 1
        )  # fmt: skip
        queue = [network.segment_ids[number] for number in (root, behind(network, root))]
        one.office.detect(
            alert("jam", queue[0], queue_segment_ids=queue, road_name="Long Street", severity=4)
        )
        await one.page.until("document.querySelector('[data-alert=jam]')")
        await one.choose(alert_id="jam")
        words = await text_of(one.page, ".tree")
        assert "head" in words and "tail" in words
        opacity = "JSON.stringify(clearway.map.getPaintProperty('segment-levels', 'line-opacity'))"
        await one.page.until(f"{opacity}.includes('queue')")
        await one.page.value("document.querySelector('.case-close').click()")
        await one.page.until(f"!{opacity}.includes('queue')")

    seen(world, tmp_path, look)
