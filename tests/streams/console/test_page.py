"""The page in a headless Chromium: it draws, follows what happens, and asks nobody else."""

from pathlib import Path

import numpy as np
import pytest

from tests.streams.console.browser import Page
from tests.streams.console.messages import MINUTE, alert, counts
from tests.streams.console.scene import Scene, World, press, seen, text_of

pytestmark = pytest.mark.browser


def test_the_page_draws_every_segment_of_the_network(world: World, tmp_path: Path):
    async def look(one: Scene) -> None:
        await one.page.until("clearway.map.loaded()", 60)
        drawn = "new Set(clearway.map.queryRenderedFeatures({layers: ['segment-levels']})"
        count = await one.page.value(f"{drawn}.map((one) => one.id)).size")
        assert count > 0.9 * one.network.segment_count

    seen(world, tmp_path, look)


def test_event_time_and_feed_health_stand_at_the_top(world: World, tmp_path: Path):
    async def look(one: Scene) -> None:
        assert await one.page.value("document.querySelector('#event-clock').textContent") == (
            "07:01:20"
        )
        assert "Asia/Shanghai" in await text_of(one.page, "#event-date")
        tile = await text_of(one.page, "[data-source=taxi]")
        assert "live" in tile and "1.0 % refused" in tile and "jump" in tile

    seen(world, tmp_path, look)


def test_levels_change_colour_live(world: World, tmp_path: Path):
    async def look(one: Scene) -> None:
        await one.page.until("clearway.map.loaded()", 60)
        before = await colours(one.page)
        for number in (1, 2, 3):  # as many as the map draws together
            one.take_minute(MINUTE + 60 * number, 5)
        await one.page.until(
            "[...clearway.store.states.values()].every((state) => state.drawnLevel === 5)"
        )
        await one.page.until("clearway.map.loaded()")
        level = await one.page.value(
            "clearway.map.getFeatureState({source: 'segments', id: 0}).level"
        )
        assert level == 5
        after = await colours(one.page)
        assert before["blue"] > 1000 and after["blue"] < before["blue"] / 10
        assert after["pink"] > 1000 and before["pink"] < after["pink"] / 10

    seen(world, tmp_path, look)


def test_an_alert_is_listed_and_a_click_flies_to_it(world: World, tmp_path: Path):
    async def look(one: Scene) -> None:
        page = one.page
        card = await text_of(page, "[data-alert=the-one]")
        assert "复兴中路" in card and "Major" in card and "Incident 80 %" in card
        assert await page.value("document.querySelectorAll('.marker').length") == 1
        await page.value("document.querySelector('[data-alert=the-one] .card-main').click()")
        await page.until("!clearway.map.isMoving() && clearway.map.getZoom() >= 13.9")
        (known,) = one.board.alerts()
        centre = await page.value("clearway.map.getCenter().toArray()")
        assert np.hypot(centre[0] - known.longitude, centre[1] - known.latitude) < 1e-3
        root = await page.value(
            "clearway.map.getFeatureState({source: 'segments', "
            f"id: {one.network.index_of(known.segment_id)}}}).root"
        )
        assert root is True

    seen(world, tmp_path, look)


def test_a_new_alert_appears_and_an_old_one_goes_when_it_is_cleared(world: World, tmp_path: Path):
    async def look(one: Scene) -> None:
        cards = "[...document.querySelectorAll('[data-alert]')].map((c) => c.dataset.alert).join()"
        one.board.take_alert(alert("second", one.network.segment_ids[0], severity=4))
        await one.page.until(f"{cards} === 'second,the-one'")
        one.board.take_alert(
            alert("second", one.network.segment_ids[0], version=2, state="cleared")
        )
        await one.page.until(f"{cards} === 'the-one'")
        await one.page.value("document.querySelector('[data-value=over]').click()")
        await one.page.until(f"{cards} === 'second'")

    seen(world, tmp_path, look)


def test_one_change_among_a_thousand_alerts_redraws_one_card(world: World, tmp_path: Path):
    async def look(one: Scene) -> None:
        page = one.page
        for number in range(1000):  # off the network, so that each is by itself
            one.board.take_alert(alert(f"a{number}", f"elsewhere {number}"))
            if number % 100 == 99:
                await page.until(f"clearway.store.alerts.has('a{number}')")
        await page.until("document.querySelectorAll('.cards > li').length === 1001")
        await page.value(
            """void new MutationObserver((records) => {
                window.drawn = (window.drawn ?? 0) +
                    records.reduce((sum, record) => sum + record.addedNodes.length, 0);
            }).observe(document.querySelector('.cards'), {childList: true})"""
        )
        one.board.take_alert(alert("a500", "elsewhere 500", version=2, state="acknowledged"))
        await page.until("document.querySelector('[data-alert=a500] [data-state=acknowledged]')")
        assert await page.value("window.drawn") == 1

    seen(world, tmp_path, look)


def test_what_a_feed_says_never_becomes_markup(world: World, tmp_path: Path):
    async def look(one: Scene) -> None:
        name = "<img src=x onerror=alert(1)>"
        one.board.take_alert(alert("evil", one.network.segment_ids[0], road_name=name, severity=4))
        await one.page.until("document.querySelector('[data-alert=evil]')")
        assert name in await text_of(one.page, "[data-alert=evil]")
        assert await one.page.value("document.querySelectorAll('.cards img').length") == 0

    seen(world, tmp_path, look)


def test_the_keyboard_reaches_an_alert_and_its_evidence(world: World, tmp_path: Path):
    async def look(one: Scene) -> None:
        page = one.page
        await page.value("document.querySelector('.card-main').focus()")
        await press(page, "Tab", 9)
        assert await page.value("document.activeElement.className") == "card-toggle"
        await press(page, "Enter", 13, "\r")
        await page.until("document.querySelector('.evidence')")
        assert "standing for 142 s" in await text_of(page, ".evidence")
        assert await page.value("document.activeElement.getAttribute('aria-expanded')") == "true"

    seen(world, tmp_path, look)


def test_a_broker_that_is_away_is_said_and_the_picture_greyed(world: World, tmp_path: Path):
    async def look(one: Scene) -> None:
        one.board.lose_connection("The broker at 127.0.0.1:9092 does not answer.")
        await one.page.until("!document.querySelector('#banner').hidden")
        assert "9092" in await text_of(one.page, "#banner")
        assert await one.page.value("document.body.classList.contains('is-stale')") is True
        one.board.regain_connection()
        await one.page.until("document.querySelector('#banner').hidden")

    seen(world, tmp_path, look)


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (3840, 2160)])
def test_nothing_is_cut_off_on_a_laptop_and_on_a_wall(
    world: World, tmp_path: Path, width: int, height: int
):
    async def look(one: Scene) -> None:
        many = {f"d{number}": "no_data" for number in range(1234)}
        one.board.take_counts(
            counts("detector-readings", MINUTE + 80, 63245, stage="estimate", excluded=many,
                   refused={"unknown_detector": 99})
        )  # fmt: skip
        await one.page.until(
            "document.querySelector('[data-source=magnetometer]').textContent.includes('excluded')"
        )
        overflow = await one.page.value(
            """['.top', '.legend', '.alerts-head', '.filters', '.card', '.tile-foot'
                ].filter((name) =>
                [...document.querySelectorAll(name)].some((node) =>
                    node.scrollWidth > node.clientWidth + 1))"""
        )
        assert overflow == []
        assert await one.page.value("document.documentElement.scrollHeight") == height

    seen(world, tmp_path, look, width=width, height=height)


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1100, 700), (800, 900), (400, 800)])
def test_a_small_window_is_never_scrolled_sideways(
    world: World, tmp_path: Path, width: int, height: int
):
    async def look(one: Scene) -> None:
        await one.page.until("document.querySelector('.card')")
        beyond = await one.page.value(
            """[...document.querySelectorAll('.top, .tile, .map, .legend button, .filters, .card,' +
                '.card-toggle')].filter((node) => {
                    const { left, right } = node.getBoundingClientRect();
                    const nearest = node.closest('.map-pane, .alerts, body');
                    const edge = nearest.getBoundingClientRect();
                    return left < edge.left - 1 || right > edge.right + 1;
                }).map((node) => node.className)"""
        )
        assert beyond == []
        assert await one.page.value("document.documentElement.scrollWidth") <= width

    seen(world, tmp_path, look, width=width, height=height)


def test_a_phone_shows_the_map_above_the_legend_and_under_it_the_case(
    world: World, tmp_path: Path
) -> None:
    async def look(one: Scene) -> None:
        tall = "Math.round(document.querySelector('.map').getBoundingClientRect().height)"
        assert await one.page.value(tall) > 300
        assert await one.page.value(
            "document.querySelector('.layers').getBoundingClientRect().bottom"
            " < document.querySelector('#legend').getBoundingClientRect().top"
        )
        await one.choose()
        assert await one.page.value(tall) < 600
        await one.page.until("!clearway.map.isMoving()")
        assert await one.page.value("clearway.map.getPadding().left") == 0, "nothing covers it"
        assert await one.page.value(
            "document.querySelector('.case').getBoundingClientRect().top"
            " >= document.querySelector('.map').getBoundingClientRect().bottom - 1"
        )
        title = "document.querySelector('#case-title').getBoundingClientRect()"
        assert 0 <= await one.page.value(f"{title}.top") < 844 * 2 / 3, "a press leads to the case"

    seen(world, tmp_path, look, width=390, height=844)


def test_with_the_system_s_own_colours_what_is_chosen_and_the_levels_can_be_told_apart(
    world: World, tmp_path: Path
) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        forced = [{"name": "forced-colors", "value": "active"}]
        await page.command("Emulation.setEmulatedMedia", features=forced)
        await one.choose()

        async def style(selector: str, name: str) -> str:
            node = f"document.querySelector({selector!r})"
            return str(await page.value(f"getComputedStyle({node}).{name}"))

        levels = [
            await style(f".legend [data-level='{n}'] .swatch", "backgroundColor") for n in range(6)
        ]
        assert len(set(levels)) == 6
        pressed, other = [
            await style(f".segmented [aria-pressed={told}]", "backgroundColor")
            for told in ("true", "false")
        ]
        assert pressed != other
        assert await style(".card[data-selected=true]", "outlineStyle") == "solid"

    seen(world, tmp_path, look)


async def colours(page: Page) -> dict[str, int]:
    """Count the map's pixels that are about the colours of levels 0 and 5."""
    return dict(
        await page.value(
            """new Promise((done) => {
                clearway.map.once('render', () => {
                    const from = clearway.map.getCanvas();
                    const to = document.createElement('canvas');
                    [to.width, to.height] = [from.width, from.height];
                    const paper = to.getContext('2d');
                    paper.drawImage(from, 0, 0);
                    const { data } = paper.getImageData(0, 0, to.width, to.height);
                    const count = { blue: 0, pink: 0 };
                    const near = (i, r, g, b) => Math.abs(data[i] - r) < 12 &&
                        Math.abs(data[i + 1] - g) < 12 && Math.abs(data[i + 2] - b) < 12;
                    for (let i = 0; i < data.length; i += 4) {
                        if (near(i, 0x2f, 0x66, 0x90)) count.blue += 1;
                        if (near(i, 0xf4, 0xb6, 0xff)) count.pink += 1;
                    }
                    done(count);
                });
                clearway.map.triggerRepaint();
            })"""
        )
    )


def test_tiles_of_roads_that_failed_are_read_again(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        await one.page.until("clearway.map.isStyleLoaded()")
        await one.page.value(
            """(() => {
                const { map } = clearway;
                window.again = [];
                const refresh = map.refreshTiles.bind(map);
                map.refreshTiles = (id) => { window.again.push(id); refresh(id); };
                const failed = { type: "error", error: new Error("half read") };
                for (let n = 0; n < 3; n++) map.getSource("segments").fire({ ...failed });
            })()"""
        )
        await one.page.until("window.again.length")
        assert await one.page.value("window.again") == ["segments"]
        await one.page.until("clearway.map.areTilesLoaded()")
        assert await one.page.value("clearway.map.querySourceFeatures('segments').length"), (
            "the roads are there as before"
        )

    seen(world, tmp_path, look)
