"""The time machine in a browser: nobody takes the past for now, all find the way back."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from mapmatch.network import Network
from streams.console.past.past import Past
from streams.lake.moments import LakeMoments
from tests.streams.console.messages import MINUTE, alert, iso
from tests.streams.console.past.lakes import Keeper
from tests.streams.console.scene import Scene, World, press, seen, text_of

pytestmark = pytest.mark.browser

FIRST = MINUTE - 3600
MINUTES = 6
IS_PAST = "document.body.classList.contains('is-past')"


def lake_of(folder: Path, network: Network) -> Past:
    """Give the past: six minutes an hour before, each slower, with an alert that grew."""
    keeper = Keeper(folder, network)
    for number in range(MINUTES):
        row = {"level": number, "speed_kmh": 40.0 - 5 * number}
        keeper.minute(FIRST + 60 * number, {one: row for one in network.segment_ids})
    keeper.alerts([
        alert("then", network.segment_ids[0], event_time=iso(FIRST + 100), onset_time=iso(FIRST)),
        alert("then", network.segment_ids[0], version=2, event_time=iso(FIRST + 170), severity=4,
              onset_time=iso(FIRST), state="acknowledged", queue_length_m=800.0),
    ])  # fmt: skip
    keeper.write()
    return Past(LakeMoments(folder, network.name), network)


def looked_back(
    world: World, folder: Path, look: Callable[[Scene], Awaitable[None]], **size: int
) -> None:
    seen(world, folder, look, past=lake_of(folder / "lake", world[0]), **size)


async def enter(one: Scene) -> None:
    await one.page.until("!document.querySelector('#past-open').hidden", 60)
    await one.page.value("document.querySelector('#past-open').click()")
    await one.page.until(f"{IS_PAST} && clearway.store.past.minute === {FIRST + 300}")


async def go(one: Scene, step: int) -> None:
    await one.page.value(f"document.querySelector('[data-step=\"{step}\"]').click()")


def test_a_moment_of_the_past_is_marked_everywhere_and_escape_leads_back(
    world: World, tmp_path: Path
) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        await enter(one)
        assert "Past: " in await text_of(page, ".past-when")
        assert "16 Sept 2026, 06:05" in await text_of(page, ".past-when")
        assert await text_of(page, "#event-clock") == "06:05"
        assert "now 07:01:20" in await text_of(page, "#map-time")
        tile = await text_of(page, "[data-source=taxi]")
        assert "now: " in tile and "live" not in tile
        assert await text_of(page, "#summary .tile-rate") == "15.0 km/h"
        assert await page.value("clearway.store.states.get(0).level") == 5
        level = "clearway.map.getFeatureState({source: 'segments', id: 0}).level"
        assert await page.value(level) >= 3
        assert "at=2026-09-15T22%3A05Z" in await page.value("location.search")
        assert "Alerts of 06:05" in await text_of(page, ".alerts-title")
        one.take_minute(MINUTE + 60, 1)
        one.board.take_alert(alert("fresh", one.network.segment_ids[4], severity=4))
        await page.until("document.title === '(1) Clearway'")
        assert await text_of(page, ".past-came") == "1 new alarm meanwhile"
        assert await page.value("clearway.store.states.get(0).level") == 5, "as it was"
        assert await page.value("document.querySelector('[data-alert=fresh]')") is None
        await press(page, "Escape", 27)
        await page.until(f"!{IS_PAST} && document.querySelector('[data-alert=fresh]')")
        assert await page.value("clearway.store.states.get(0).level") == 1
        assert await page.value("document.querySelector('[data-alert=then]')") is None
        assert "at=" not in await page.value("location.search")
        assert await text_of(page, "#event-clock") == "07:01:20"

    looked_back(world, tmp_path, look)


def test_a_case_is_as_it_stood_and_takes_no_command(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        await enter(one)
        await page.until("document.querySelector('[data-alert=then] .card-main')")
        await page.value("document.querySelector('[data-alert=then] .card-main').click()")
        await page.until("!document.querySelector('.case').hidden")
        assert "no command is given" in await text_of(page, ".case-actions")
        assert await page.value("document.querySelector('.case-actions button')") is None
        assert "800 m" in await text_of(page, ".case") and "Acknowledged" in await text_of(
            page, ".case-chips"
        )
        for _ in range(4):
            await go(one, -1)
        await page.until(f"clearway.store.past.minute === {FIRST + 60}")
        await page.until("document.querySelector('.case').textContent.includes('240 m')")
        await go(one, -1)
        await page.until("document.querySelector('.case').textContent.includes('was not there')")
        await press(page, "Escape", 27)
        await page.until("document.querySelector('.case').hidden")
        assert await page.value(IS_PAST), "the first Escape closes the card alone"
        await press(page, "Escape", 27)
        await page.until(f"!{IS_PAST}")
        assert not one.office.sent

    looked_back(world, tmp_path, look)


def test_the_slider_steps_and_the_keyboard_go_through_the_minutes(
    world: World, tmp_path: Path
) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        await enter(one)
        assert await page.value("document.activeElement.id") == "past-minute"
        await press(page, "ArrowLeft", 37)
        await page.until(f"clearway.store.past.minute === {FIRST + 240}")
        valued = await page.value("document.querySelector('#past-minute').ariaValueText")
        assert "06:04" in str(valued)
        await press(page, "Home", 36)
        await page.until(f"clearway.store.past.minute === {FIRST}")
        await go(one, -60)
        await go(one, 60)
        await page.until(f"clearway.store.past.minute === {FIRST + 300}")
        await page.value("document.querySelector('#past-now').click()")
        await page.until(f"!{IS_PAST}")

    looked_back(world, tmp_path, look)


def test_a_link_shows_the_moment_that_it_was_sent_for(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        await one.open(path="?at=2026-09-15T22:03Z&lang=zh")
        await page.until(f"{IS_PAST} && clearway.store.past.minute === {FIRST + 180}", 60)
        assert "回看" in await text_of(page, ".past-when")
        for bad, why in (
            ("yesterday", "names no time: yesterday"),
            ("2026-09-01T00:00Z", "Nothing is stored of"),
        ):
            await one.open(path=f"?at={bad}&lang=en")
            await page.until("document.querySelector('.past-note').textContent", 60)
            assert why in await text_of(page, ".past-note")
            assert not await page.value(IS_PAST)
            page.expected.add(404)

    looked_back(world, tmp_path, look)


def test_play_shows_minute_after_minute_with_one_request_each(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        await enter(one)
        await press(page, "Home", 36)
        await page.until(f"clearway.store.past.minute === {FIRST}")
        before = len(page.requests)
        await page.value("document.querySelector('#past-play').click()")
        await page.until(f"clearway.store.past.minute === {FIRST + 300}", 60)
        await page.until("document.querySelector('#past-play').textContent === 'Play'")
        asked = [url.split("at=")[1] for url in page.requests[before:] if "/api/past?" in url]
        assert asked == [str(int(FIRST + 60 * number)) for number in range(1, MINUTES)]
        await page.value("document.querySelector('#past-now').click()")

    looked_back(world, tmp_path, look)


async def compare(one: Scene) -> None:
    await enter(one)
    await one.page.value("document.querySelector('#past-compare').click()")
    await one.page.until("document.body.classList.contains('is-compared')")


def test_two_moments_are_compared_on_the_map_and_in_kilometres(
    world: World, tmp_path: Path
) -> None:
    whole = round(world[0].length_m.sum() / 1000)

    async def look(one: Scene) -> None:
        page = one.page
        await compare(one)
        beside = "clearway.store.beside.minute"
        assert await page.value(beside) == FIRST, "the first minute, for none is an hour before"
        sums = await text_of(page, ".change-sums")
        assert f"{whole} km slower" in sums and "0.0 km faster" in sums
        assert f"of {whole} km measured both times, 100 % of the network" in sums
        change = "clearway.map.getFeatureState({source: 'segments', id: 0}).change"
        assert await page.value(change) == -2, "15 km/h beside 40"
        assert (
            await page.value("clearway.map.getLayoutProperty('segment-levels', 'visibility')")
            == "none"
        )
        await page.value("document.querySelector('.past-beside [data-step=\"10\"]').click()")
        await page.until(f"{beside} === {FIRST + 300} && {change} === 0")
        assert "beside=2026-09-15T22%3A05Z" in await page.value("location.search")
        await go(one, -60)
        await page.until(f"clearway.store.past.minute === {FIRST} && {change} === 2")
        assert f"{whole} km faster" in await text_of(page, ".change-sums")
        await press(page, "Escape", 27)
        await page.until(f"!{IS_PAST} && document.querySelector('#changes').hidden")
        assert await page.value("Boolean(clearway.map.getLayer('changes'))") is False
        assert "beside=" not in await page.value("location.search")

    looked_back(world, tmp_path, look)


def test_a_link_to_a_comparison_shows_it(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        await one.open(path="?at=2026-09-15T22:05Z&beside=2026-09-15T22:01Z")
        await one.page.until(f"clearway.store.beside?.minute === {FIRST + 60}", 60)
        assert "06:05" in await text_of(one.page, "#changes h2")
        assert "06:01" in await text_of(one.page, "#changes h2")

    looked_back(world, tmp_path, look)


def test_it_opens_at_no_minute_after_that_of_now(world: World, tmp_path: Path) -> None:
    past = lake_of(tmp_path / "lake", world[0])
    keeper = Keeper(tmp_path / "lake", world[0], 1)
    keeper.minute(MINUTE + 300, {one: {"quality": "historic"} for one in world[0].segment_ids})
    keeper.write()

    async def look(one: Scene) -> None:
        await enter(one)

    seen(world, tmp_path, look, past=past)


def test_without_a_lake_no_past_is_offered(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        await one.page.until("document.querySelector('#past-open')", 60)
        assert await one.page.value("document.querySelector('#past-open').hidden")

    seen(world, tmp_path, look)
