"""Corridors at a glance: their times, shares and bounds on the page, the wall and over HTTP."""

from itertools import pairwise
from pathlib import Path

import pytest

from congestion.corridors import Corridor
from mapmatch.network import Network
from tests.streams.console.messages import MINUTE, states_frame
from tests.streams.console.scene import Scene, World, seen, text_of
from tests.streams.console.test_wall_page import CUT, fill, on_the_wall

pytestmark = pytest.mark.browser

ROWS = "[...document.querySelectorAll('.corridor')]"


def chain(network: Network, first: int, count: int) -> list[int]:
    """Give segments each of which leads to the next."""
    line = [first]
    while len(line) < count:
        start, stop = network.successor_offsets[line[-1] : line[-1] + 2]
        line.append(next(s for s in network.successors[start:stop].tolist() if s not in line))
    return line


def corridors(network: Network) -> list[Corridor]:
    """Give four corridors, of which all but the last have bounds."""
    lines = [chain(network, first, 4) for first in (100, 900, 1500, 2100)]
    minute = [float(network.length_m[line].sum()) / 10 for line in lines]  # at 36 km/h
    return [
        Corridor("Ring, inner", lines[0], 2 * minute[0], 3 * minute[0]),
        Corridor("Ring, outer", lines[1], minute[1] / 2, minute[1] * 2),
        Corridor("延安路", lines[2], minute[2] / 3, minute[2] / 2),
        Corridor("To the airport", lines[3]),
    ]


def drive(one: Scene, line: list[int], quality: str = "observed") -> None:
    """Let everything be driven at 36 km/h, and of one corridor be known only so much."""
    network = one.network
    for region in range(network.region_count):
        rows = {
            name: {"speed_kmh": 36.0, "usual_kmh": 45.0, "free_flow_kmh": 54.0,
                   "quality": quality if number in line else "observed"}
            for number, (name, of) in enumerate(
                zip(network.segment_ids, network.region.tolist(), strict=True)
            )
            if of == region
        }  # fmt: skip
        one.board.take_states(states_frame(MINUTE + 60, rows, region))


def test_corridors_stand_beside_the_alerts_the_worst_first_and_are_shown_on_the_map(
    world: World, tmp_path: Path
) -> None:
    known = corridors(world[0])
    assert all(len(set(a.segments) & set(b.segments)) == 0 for a, b in pairwise(known))

    async def look(one: Scene) -> None:
        drive(one, known[3].segments, "historic")
        page = one.page
        await page.until(f"{ROWS}.length === 4 && {ROWS}[3].dataset.status === 'unknown'")
        names = f"{ROWS}.map((row) => [row.dataset.corridor, row.dataset.status])"
        assert await page.value(names) == [
            ["延安路", "alarm"], ["Ring, outer", "slow"], ["Ring, inner", "free"],
            ["To the airport", "unknown"],
        ]  # fmt: skip
        assert "1 over their alarm time" in await text_of(page, "#corridors summary")
        metres = float(world[0].length_m[known[2].segments].sum())
        first = await text_of(page, ".corridor")
        assert f"{metres / 10 / 60:.1f} min" in first  # 36 km/h are 10 m/s
        assert f"usual {metres / 12.5 / 60:.1f} min · 100 % measured" in first
        last = await page.value(f"{ROWS}.at(-1).textContent")
        assert "not known now" in last and "0 % measured" in last and last.endswith("–")
        await page.value(f"{ROWS}[0].click()")
        await page.until("clearway.map.getZoom() > 13 && !clearway.map.isMoving()")

    seen(world, tmp_path, look, corridors=known)


def test_a_city_without_corridors_has_no_place_for_them(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        assert not await one.page.value("document.querySelector('#corridors').checkVisibility()")

    seen(world, tmp_path, look)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_corridors_have_their_place_on_the_wall(
    world: World, tmp_path: Path, language: str
) -> None:
    known = [*corridors(world[0]), Corridor("Fifth", chain(world[0], 2500, 3))]

    async def look(one: Scene) -> None:
        await fill(one)
        await on_the_wall(one, one.page, f"?wall=600&lang={language}")
        await one.page.until(f"{ROWS}.length === 3")
        assert await one.page.value(CUT) == []
        part = await text_of(one.page, ".wall-part[data-part=corridors] h2")
        assert ("and 2 more" if language == "en" else "另有 2 条") in part

    seen(world, tmp_path, look, width=3840, height=2160, corridors=known)
