"""Alerts of one jam are one card and one marker, which open."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from incidents.records import Alert
from incidents.response.jams import Jam
from mapmatch.network import Network
from tests.streams.console.messages import MINUTE, alert, iso
from tests.streams.console.scene import Scene, World, press, seen, text_of

pytestmark = pytest.mark.browser

CARDS = (
    "[...document.querySelectorAll('.cards > li')]"
    ".map((card) => card.dataset.jam ?? card.dataset.alert).join()"
)
MARKERS = "document.querySelectorAll('.marker').length"


def pair(network: Network) -> tuple[str, str]:
    """Give two segments of which one ends where the other begins, far from the longest one."""
    first = next(
        number
        for number in range(network.segment_count)
        if network.successor_offsets[number + 1] > network.successor_offsets[number]
    )
    after = int(network.successors[network.successor_offsets[first]])
    return network.segment_ids[first], network.segment_ids[after]


def jam(one: Scene, **of_second: Any) -> tuple[bytes, bytes]:
    first, second = pair(one.network)
    return (
        alert("j1", first, severity=2, road_name="Long Street", delay_veh_h=1.0),
        alert("j2", second, **{"severity": 4, "road_name": "Other Street", "delay_veh_h": 2.5,
                               **of_second}),
    )  # fmt: skip


def test_two_roots_that_meet_are_one_card_and_one_marker_until_it_is_opened(
    world: World, tmp_path: Path
) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        await page.until(f"{MARKERS} === 1")
        for data in jam(one):
            one.board.take_alert(data)
        await page.until(f"{CARDS} === 'jam-j1,the-one'")
        await page.until(f"{MARKERS} === 2")
        card = await text_of(page, ".cards [data-jam=jam-j1]")
        assert "Other Street" in card and "2 roots, also Long Street" in card
        assert "3.5 veh·h" in card and "Critical" in card
        assert "3 active in 2 places" in await text_of(page, ".alerts-title")
        await page.value("document.querySelector('[data-jam] .card-main').focus()")
        await press(page, "Enter", 13, "\r")
        await page.until(f"{CARDS} === 'jam-j1,j2,j1,the-one'")
        await page.until(f"{MARKERS} === 3 && !document.querySelector('.marker.is-jam')")
        assert await page.value("document.activeElement.getAttribute('aria-expanded')") == "true"
        await page.value("document.querySelector('[data-jam] .card-main').click()")
        await page.until(f"{CARDS} === 'jam-j1,the-one'")
        await page.value("document.querySelector('.marker.is-jam').click()")
        await page.until(f"{CARDS} === 'jam-j1,j2,j1,the-one'")
        one.board.take_alert(alert("j2", pair(one.network)[1], version=2, state="cleared"))
        await page.until(f"{CARDS} === 'the-one,j1'")

    seen(world, tmp_path, look)


def test_one_more_root_of_a_known_jam_is_marked_and_calls_nobody(
    world: World, tmp_path: Path
) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        first, second = jam(one)
        one.board.take_alert(first)
        await page.until("document.querySelector('#announce').textContent.includes('alert')")
        before = await text_of(page, "#announce")
        one.board.take_alert(second)
        await page.until("document.querySelector('[data-jam] .new-mark')")
        assert await text_of(page, "[data-jam] .new-mark") == "2 new"
        assert await page.value("document.title") == "(2) Clearway"
        assert await text_of(page, "#announce") == before
        load = one.board.alarm_load()
        assert load is not None and load.alarm_count == 2, "the one that was there, and the jam"

    seen(world, tmp_path, look)


def test_a_link_to_an_alert_opens_its_jam(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        for data in jam(one):
            one.board.take_alert(data)
        await one.open(path="?alert=j1")
        await one.page.until("document.querySelector('[data-alert=j1][data-selected=true]')")
        answer = await one.page.value("fetch('/api/jams').then((one) => one.text())")
        (told,) = msgspec.json.decode(answer, type=list[Jam])
        assert (told.alert_ids, told.since) == (["j2", "j1"], iso(MINUTE))

    seen(world, tmp_path, look)


def test_two_alerts_of_one_jam_are_in_one_place(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        for data in jam(one):
            one.board.take_alert(data)
        gone = msgspec.json.decode(one.case_bytes(), type=Alert)
        over = msgspec.structs.replace(gone, version=gone.version + 1, state="dismissed")
        one.board.take_alert(msgspec.json.encode(over))
        await one.page.until(f"{CARDS} === 'jam-j1'")
        assert "2 active in one place" in await text_of(one.page, ".alerts-title")

    seen(world, tmp_path, look)
