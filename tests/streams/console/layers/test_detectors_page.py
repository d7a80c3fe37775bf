"""Detectors on the map by health: signs, counts, cards, and what is rubbish among them."""

from pathlib import Path
from typing import get_args

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from congestion.records import STATES, DetectorFault, Fault
from ingest.frames import FrameHeader, encode_frame
from ingest.recorded.assets import Assets, Detector
from mapmatch.network import Network
from streams.stages.minute_header import MinuteHeader
from tests.streams.console.layers.test_works_page import place, show
from tests.streams.console.messages import MINUTE, counts
from tests.streams.console.scene import Scene, World, press, seen, text_of

pytestmark = pytest.mark.browser

WORDS = Path("streams/console/page/src/words")
DOTS = "clearway.map.queryRenderedFeatures({layers: ['detectors']})"
SIGNS = f"Object.fromEntries({DOTS}.map((one) => [one.properties.id, one.properties.sign]))"
SEGMENTS = (100, 300, 500, 700)


def assets_of(network: Network, more: int = 0) -> Assets:
    """Give a detector on each of four segments, one that is far off, and so many more."""
    spots = [place(network, segment) for segment in SEGMENTS]
    ones = [Detector(f"M{n}", 0, *_middle(spot), _bearing(spot)) for n, spot in enumerate(spots)]
    rest = [
        Detector(f"N{n}", 0, 121.46 + 0.04 * (n % 100) / 100, 31.21 + 0.03 * n / more, None)
        for n in range(more)
    ]
    return Assets(detectors=(*ones, Detector("<b>off", 0, 2.35, 48.85, None), *rest))


def _middle(line: list[list[float]]) -> tuple[float, float]:
    (x0, y0), (x1, y1) = line[:2]
    return (x0 + x1) / 2, (y0 + y1) / 2


def _bearing(line: list[list[float]]) -> float:
    (x0, y0), (x1, y1) = line[:2]
    east, north = (x1 - x0) * np.cos(np.radians(y0)), y1 - y0
    return float(np.degrees(np.arctan2(east, north)) % 360.0)


def tell(one: Scene, minute: float = MINUTE + 60, faults: list[DetectorFault] = []) -> None:  # noqa: B006
    """Tell of the readings of a minute: of all but the last one, which never told any."""
    on = {one.board.detectors.report(f"M{n}", {}).segment_id: n for n in range(4)}  # type: ignore[union-attr]
    lists = {"lane_counts": 9.0, "lane_occupancies": 0.21, "lane_speeds_kmh": 33.0}
    for region in range(one.network.region_count):
        names = [
            name
            for name, of in zip(one.network.segment_ids, one.network.region.tolist(), strict=True)
            if of == region
        ]
        plain = {
            "interval_start": round(minute * 1000), "interval_s": 60, "speed_kmh": 30.0,
            "free_flow_kmh": 40.0, "level": 1, "probe_count": 3, "quality": "observed",
        }  # fmt: skip
        columns = [
            [
                name if field == "segment_id"
                else plain.get(field) if field in plain
                else None if name not in on or field not in (*lists, "lane_believed")
                else [True] if field == "lane_believed"
                else [lists[field] if on[name] < 3 else None]
                for name in names
            ]
            for field in STATES.names
        ]  # fmt: skip
        header = MinuteHeader(region, minute, minute + 60, [], faults if region == 0 else [])
        batch = pa.RecordBatch.from_arrays(
            [pa.array(c, f.type) for c, f in zip(columns, STATES, strict=True)], schema=STATES
        )
        payload = msgspec.Raw(msgspec.json.encode(header))
        frame_header = FrameHeader(channel=f"estimate/{region}", payload=payload)
        one.board.take_states(encode_frame(batch, frame_header))


def troubled(one: Scene) -> None:
    """Tell of one that is stuck, one that is silent, and one that loses events."""
    tell(one)
    faults = [
        DetectorFault("M1", "x", "stuck_on", MINUTE - 900, None, "occupied throughout 16 minutes"),
        DetectorFault("M2", "x", "no_data", MINUTE, None, "no reading in 5 minutes"),
    ]
    tell(one, MINUTE + 120, faults)
    excluded = {"M1": "stuck_on", "M2": "no_data"}
    one.board.take_counts(
        counts("detector-readings", MINUTE + 180, 40, stage="estimate", excluded=excluded)
    )


def test_every_fault_of_detectors_has_its_words() -> None:
    said = "".join(path.read_text() for path in WORDS.glob("*.ts"))
    missing = [fault for fault in get_args(Fault) if f'"refused.{fault}"' not in said]
    assert missing == []


def test_detectors_have_the_sign_of_their_health_and_are_counted(
    world: World, tmp_path: Path
) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        troubled(one)
        await show(one, "detectors")
        await page.until(f"{DOTS}.length === 4")
        assert await page.value(SIGNS) == {
            "M0": "detector-sound", "M1": "detector-faulty", "M2": "detector-silent",
            "M3": "detector-never",
        }  # fmt: skip
        assert await page.value("location.search") == "?layers=patrols+detectors"
        key = "[...document.querySelectorAll('[data-layer=detectors] ul li')]"
        assert await page.value(f"{key}.map((row) => row.textContent)") == [
            "faulty1", "silent1", "never told anything1", "on no road: not used1", "sound1",
        ]  # fmt: skip
        listed = "[...document.querySelectorAll('[data-detector]')].map((b) => b.textContent)"
        assert (await page.value(listed))[0] == "M1faulty: stuck on"

    seen(world, tmp_path, look, assets=assets_of(world[0]))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_card_names_the_fault_since_when_and_the_last_reading(
    world: World, tmp_path: Path, language: str
) -> None:
    words = {
        "en": (
            "faulty: stuck on", "06:45", "all of its readings",
            "07:02, 9 vehicles, 21 % occupied, 33 km/h",
        ),
        "zh": ("故障：常有车", "06:45", "全部读数", "07:02，9 辆，占有率 21 %，33 km/h"),
    }  # fmt: skip

    async def look(one: Scene) -> None:
        page = one.page
        troubled(one)
        await one.open(path=f"?layers=detectors&lang={language}")
        await page.until("document.querySelector('[data-detector=M1]')")
        await page.value("document.querySelector('[data-detector=M1]').focus()")
        await press(page, "Enter", 13, "\r")
        await page.until("document.querySelector('.thing-card .facts')")
        card = await text_of(page, ".thing-card")
        for word in (*words[language], "occupied throughout 16 minutes"):
            assert word in card, (word, card)

    seen(world, tmp_path, look, assets=assets_of(world[0]))


def test_a_detector_mended_is_sound_a_minute_later(world: World, tmp_path: Path) -> None:
    async def look(one: Scene) -> None:
        page = one.page
        troubled(one)
        await one.open(path="?layers=detectors")
        await page.until(f"{SIGNS}.M1 === 'detector-faulty'")
        tell(
            one,
            MINUTE + 180,
            [DetectorFault("M1", "x", "stuck_on", MINUTE - 900, MINUTE + 180, "")],
        )
        one.board.take_counts(
            counts("detector-readings", MINUTE + 240, 50, stage="estimate", excluded={})
        )
        await page.until(f"{SIGNS}.M1 === 'detector-sound'")

    seen(world, tmp_path, look, assets=assets_of(world[0]))


def test_ten_thousand_detectors_are_drawn_and_a_city_without_any_says_so(
    world: World, tmp_path: Path
) -> None:
    async def many(one: Scene) -> None:
        await one.open(path="?layers=detectors")
        await one.page.until(f"{DOTS}.length > 9000", 60)

    async def none(one: Scene) -> None:
        await show(one, "detectors")
        key = "document.querySelector('[data-layer=detectors] .layer-key').textContent"
        await one.page.until(f"{key} === 'This city has no detectors.'")

    seen(world, tmp_path, many, assets=assets_of(world[0], 10_000))
    seen(world, tmp_path, none)
