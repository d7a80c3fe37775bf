"""A small city and a short freeway, made whole: needs SUMO."""

import importlib.util
from pathlib import Path

import pandas as pd
import pytest

from incidents.scoring.incidents import read_incidents
from ingest.recorded.feed import open_feed
from streams.simulated.city import make_city, make_freeway
from streams.simulated.demand import Morning
from streams.simulated.freeway import Block, Freeway, Way
from streams.simulated.make import make_scenario
from streams.simulated.recording import Moments
from streams.simulated.scenario import AreaSettings, DemandSettings, Scenario
from streams.simulated.streets import Signals
from streams.simulated.vehicles import Mix

START = "2026-09-21T23:00:00+00:00"
CENTRE = [121.46, 31.22, 121.48, 31.235]


needs_sumo = pytest.mark.skipif(
    importlib.util.find_spec("sumo") is None, reason="SUMO is not installed (extra `sim`)"
)


@pytest.mark.slow
@needs_sumo
def test_the_same_seed_makes_the_same_city(shared_data: Path, tmp_path: Path) -> None:
    osm = shared_data / "networks" / "shanghai_center.osm.gz"
    if not osm.exists():
        pytest.skip(f"no OpenStreetMap extract at {osm}")
    morning = Morning(1, 300, 20.0, taxi_count=20, line_count=0)
    for out in (tmp_path / "one", tmp_path / "two"):
        out.mkdir()
        make_city(osm, "small", CENTRE, Signals(), morning, out, START)
    feed = open_feed(tmp_path / "one" / "feeds" / "small")
    assert feed.manifest.network is not None
    for name in ("gps", "magnetometer", "camera", "truth/segment_minutes"):
        one, two = (
            pd.read_parquet(tmp_path / which / "feeds" / "small" / f"{name}.parquet")
            for which in ("one", "two")
        )
        assert len(one) > 0
        assert one.equals(two)


@pytest.mark.slow
@needs_sumo
def test_a_block_jams_a_freeway_and_the_same_seed_makes_the_same_again(tmp_path: Path) -> None:
    way = Way(((0.0, 2),), 100.0, ((0.0, 3000.0),), ((0.0, 200.0),), 0.1)
    freeway = Freeway(
        "Short Freeway", (121.1, 30.9), 90.0, 3600.0, (1800.0,), (way, way),
        Mix(((0.0, 0.2),)), (Block(0, 2700.0, (0,), 120.0, 900.0),), reading_s=30,
    )  # fmt: skip
    for out in (tmp_path / "one", tmp_path / "two"):
        out.mkdir()
        make_freeway(freeway, "short", Moments(START, 900, 1), out)
    feed = tmp_path / "one" / "feeds" / "short"
    assert open_feed(feed).manifest.network is not None
    for name in ("gps", "magnetometer", "truth/segment_minutes"):
        one, two = (
            pd.read_parquet(tmp_path / which / "feeds" / "short" / f"{name}.parquet")
            for which in ("one", "two")
        )
        assert len(one) > 0
        assert one.equals(two)
    read = pd.read_parquet(feed / "magnetometer.parquet")
    assert set(read[read.detector_id.str.startswith("R")].interval_s) == {30}
    assert read.occupancy.max() <= 1.0
    minutes = pd.read_parquet(feed / "truth" / "segment_minutes.parquet")
    last = minutes[minutes.interval_start >= minutes.interval_start.max() - pd.Timedelta("4min")]
    speed = last.groupby("link_id").speed_kmh.mean()
    # There, before the car that stands, a jam; the other way is free.
    assert speed["F03"] < 30.0
    assert speed["B02"] > 80.0


@pytest.mark.slow
@needs_sumo
def test_the_same_scenario_makes_the_same_feed_with_its_incident(
    shared_data: Path, tmp_path: Path
) -> None:
    osm = shared_data / "networks" / "shanghai_center.osm.gz"
    if not osm.exists():
        pytest.skip(f"no OpenStreetMap extract at {osm}")
    scenario = Scenario(
        "small", AreaSettings(str(osm), CENTRE), 3, duration_min=10,
        demand=DemandSettings(20.0, 20, 0), draw={"full_block": 1},
    )  # fmt: skip
    for out in (tmp_path / "one", tmp_path / "two"):
        make_scenario(scenario, tmp_path, out)
    files = [
        {p.relative_to(out): p.read_bytes() for p in out.rglob("*") if p.is_file()}
        for out in (tmp_path / "one", tmp_path / "two")
    ]
    assert {path for path, data in files[0].items() if files[1][path] != data} == set()
    (incident,) = read_incidents((tmp_path / "one" / "truth" / "incidents.json").read_bytes())
    assert incident.type == "full_block"
    assert open_feed(tmp_path / "one").manifest.network is not None
