"""The page never says what is not so: how old the map is, who is silent, what was measured."""

import asyncio
import time
from pathlib import Path

import msgspec
import pytest
from aiohttp import web

from incidents.records import CauseShare, Evidence, ForecastPoint
from streams.console.board import Board
from streams.console.server import build_app
from streams.stages.counts import STARTING, StageCounts, StartStep
from tests.streams.console.browser import Page
from tests.streams.console.messages import MINUTE, alert, counts, iso, states_frame
from tests.streams.console.scene import Scene, World, seen, text_of

pytestmark = pytest.mark.browser

BANNER = "document.querySelector('#banner')"
GREY = "getComputedStyle(document.querySelector('#map')).filter"


async def red_banner(page: Page) -> str:
    """Wait for the red banner and a grey map; give what the banner says."""
    await page.until(f"!{BANNER}.hidden && {BANNER}.dataset.tone === 'lost'")
    await page.until(f"{GREY}.includes('grayscale')")
    return await text_of(page, "#banner")


def test_a_map_half_an_hour_behind_says_so_and_is_grey(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        assert await text_of(one.page, "#map-time") == "map as of 07:01"
        one.board.take_counts(counts("fixes", MINUTE + 60 + 29 * 60, 2400))
        await one.page.until("document.querySelector('#event-clock').textContent === '07:30:00'")
        assert await text_of(one.page, "#map-time") == "map as of 07:01, 29 min behind"
        assert "29 minutes behind" in await red_banner(one.page)
        for number in range(28, 30):
            one.take_minute(MINUTE + 60 * number, 1)
        await one.page.until(f"{BANNER}.hidden")
        assert await text_of(one.page, "#map-time") == "map as of 07:30"

    seen(world, tmp_path, look)


def test_the_map_is_never_ahead_of_the_clock(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        one.take_minute(MINUTE + 120, 1)
        one.board.take_counts(counts("fixes", MINUTE + 175, 2400))
        await one.page.until("document.querySelector('#event-clock').textContent === '07:02:55'")
        assert await text_of(one.page, "#map-time") == "map as of 07:02"

    seen(world, tmp_path, look)


def test_when_nobody_tells_of_a_source_it_is_unknown_and_grows_old(
    world: World, tmp_path: Path
) -> None:
    late = [0.0]

    async def look(one: Scene) -> None:
        late[0] = 100.0
        said = await red_banner(one.page)
        assert "No word from the workers for 1" in said
        tile = await text_of(one.page, "[data-source=taxi]")
        assert "unknown" in tile and "live" not in tile and "2 min old" in tile
        assert "– rows/min" in tile
        one.board.take_counts(counts("fixes", MINUTE + 80, 1300))
        await one.page.until(f"{BANNER}.hidden")
        assert "live" in await text_of(one.page, "[data-source=taxi]")

    seen(world, tmp_path, look, clock=lambda: time.time() + late[0])


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", "Starting: step 2 of 4, kernels of matching, usually 55 s where nothing is compiled "
            "yet; all steps 1 min."),
     ("zh", "正在启动：第 2 步，共 4 步，编译匹配内核；首次启动此步通常 55 秒，全部约 1 分钟。")],
)  # fmt: skip
def test_a_first_start_says_its_step_on_an_empty_page(
    world: World, tmp_path: Path, language: str, expected: str
) -> None:
    async def look() -> None:
        board = Board(world[0], "Asia/Shanghai")
        runner = web.AppRunner(build_app(board), shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            step = StartStep("kernels of matching", 2, 4, 55, 62)
            board.take_counts(msgspec.json.encode(StageCounts(STARTING, 7, start=step)))
            async with world[1].page() as page:
                address = f"http://127.0.0.1:{runner.addresses[0][1]}/?lang={language}"
                await page.command("Page.navigate", url=address)
                await page.until(f"{BANNER}.textContent === {expected!r}", 90)
                assert await page.value(f"{BANNER}.dataset.tone") == "calm"
        finally:
            await runner.cleanup()

    asyncio.run(look())


def test_a_feed_that_has_ended_is_said_calmly(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        mark = counts("fixes", MINUTE + 900, 1200, last_row_watermark=MINUTE + 80)
        one.board.take_counts(mark)
        await one.page.until(f"!{BANNER}.hidden")
        assert await one.page.value(f"{BANNER}.dataset.tone") == "calm"
        assert "has ended" in await text_of(one.page, "#banner")
        assert await one.page.value("document.body.classList.contains('is-stale')") is False

    seen(world, tmp_path, look)


def test_a_feed_of_another_city_is_an_error_with_both_places(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        refused = {"outside_network": 42_000}
        box = (104.0, 30.5, 104.2, 30.8)
        one.board.take_counts(counts("fixes", MINUTE + 90, 42_000, refused=refused, outside=box))
        said = await red_banner(one.page)
        assert "lie outside the road network shanghai-core" in said
        assert "104.0000 to 104.2000 E" in said and "the network at 121." in said

    seen(world, tmp_path, look)


def test_what_is_not_measured_is_thin_apart_in_the_legend_and_in_no_sum(
    world: World, tmp_path: Path
) -> None:
    async def look(one: Scene) -> None:
        network = one.network
        for region in range(network.region_count):
            ids = [
                i for i, of in zip(network.segment_ids, network.region, strict=True) if of == region
            ]
            rows = {i: {"quality": "historic", "level": 1} for i in ids}
            rows[ids[0]] = {"quality": "observed", "level": 4, "speed_kmh": 8.0}
            one.board.take_states(states_frame(MINUTE + 60, rows, region))
        await one.page.until(
            "document.querySelector('#summary').textContent.includes('too little measured')"
        )
        speed = await text_of(one.page, "#summary .figure .tile-rate")
        assert speed == "– km/h"
        counted = (
            "[...document.querySelectorAll('.legend-count')].map((n) => Number(n.textContent))"
        )
        assert await one.page.value(counted) == [0, 0, 0, 0, network.region_count, 0]
        whole = round(network.length_m.sum() / 1000)
        lengths = "[...document.querySelectorAll('.legend-length')].map((n) => n.textContent)"
        measured, filled, unseen = await one.page.value(lengths)
        assert measured.endswith("km measured") and filled == "0 km filled in"
        assert int(unseen.split()[0].replace(",", "")) > 0.9 * whole
        width = "JSON.stringify(clearway.map.getPaintProperty('segment-levels', 'line-width'))"
        assert "quality" in await one.page.value(width)

    seen(world, tmp_path, look)


@pytest.mark.parametrize(
    ("language", "since", "grows"),
    [("en", "queue since 07:00, growing by 12 m a minute", "as of 07:01"),
     ("zh", "自 07:00 排队，每分钟增长 12 米", "截至 07:01")],
)  # fmt: skip
def test_a_card_says_local_times_one_forecast_and_of_when_its_numbers_are(
    world: World, tmp_path: Path, language: str, since: str, grows: str
) -> None:
    async def look(one: Scene) -> None:
        values: dict[str, int | float | str] = {"since_at": MINUTE, "growth_pace": 12.0}
        told = Evidence("states", "UTC", iso(MINUTE + 60), 0.0, "queue_moves_stays", values)
        line = Evidence("network", "UTC", iso(MINUTE + 60), 1.4, "head_no_signal")
        jammed: dict[str, int | float | str] = {"time_share": 0.62}
        often = Evidence("states", "UTC", iso(MINUTE + 60), -0.8, "often_jammed", jammed)
        causes = [CauseShare("demand", 0.7, [line, often]), CauseShare("incident", 0.2)]
        forecast = [ForecastPoint(minutes, 400.0, 300.0, 900.0) for minutes in (5, 10, 15)]
        one.board.take_alert(
            alert("old", one.network.segment_ids[0], severity=4, cause="unclassified",
                  evidence=[told], causes=causes, forecast=forecast, queue_length_m=400.0)
        )  # fmt: skip
        await one.open(path=f"?lang={language}")
        one.board.take_counts(counts("fixes", MINUTE + 1200, 2400))
        one.take_minute(MINUTE + 1140, 1)
        await one.page.until("document.querySelector('[data-alert=old]')")
        await one.choose(alert_id="old")
        await one.page.until(f"document.querySelector('.case').textContent.includes({grows!r})")
        said = await text_of(one.page, ".case")
        assert since in said and "UTC" not in said
        assert said.count("900") == 1, "one forecast, with its bounds"
        assert ("not known" if language == "en" else "未知") in said
        assert grows in await text_of(one.page, "[data-alert=old] .card-foot")
        signs = "[...document.querySelectorAll('.case-signs li')].map((row) => row.textContent)"
        assert await one.page.value(signs) == (
            ["forno signal at the head of the queue",
             "againsta queue stood here 62 % of the time before"] if language == "en"
            else ["支持队头无信号灯", "反对此前 62 % 的时间此处有排队"]
        )  # fmt: skip

    seen(world, tmp_path, look)
