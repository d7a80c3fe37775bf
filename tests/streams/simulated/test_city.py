"""A small city, made whole: needs SUMO."""

import importlib.util
from pathlib import Path

import pandas as pd
import pytest

from ingest.recorded.feed import open_feed
from streams.simulated.city import make_city
from streams.simulated.demand import Morning
from streams.simulated.streets import Signals

START = "2026-09-21T23:00:00+00:00"
CENTRE = [121.46, 31.22, 121.48, 31.235]


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("sumo") is None, reason="SUMO is not installed (extra `sim`)"
)
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
