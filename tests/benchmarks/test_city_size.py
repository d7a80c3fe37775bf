"""The recording of a city that is made to measure what computing costs."""

from pathlib import Path

import pandas as pd
import pytest

from benchmarks.cost import city_size
from ingest.recorded.feed import open_feed

TILES, VEHICLES = 2, 1_000


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, Path]:
    """Give the folders of two cities that were made alike."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(city_size, "VEHICLES", VEHICLES)
        patch.setattr(city_size, "TILES", TILES)
        first, second = (tmp_path_factory.mktemp("city") for _ in range(2))
        for folder in (first, second):
            city_size.make_city(folder, 2.0, TILES)
    return first, second


def test_it_is_the_same_each_time(made) -> None:
    first, second = made
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert len(files) == 11
    for file in files:
        if file.suffix != ".gz":  # which hold the time they were written
            assert (first / file).read_bytes() == (second / file).read_bytes(), file


def test_it_has_the_vehicles_asked_for_and_streets_for_each_tile(made) -> None:
    first, _ = made
    feed = open_feed(first / "feed")
    assert feed.fixes is not None
    assert len(feed.fixes["vehicle_id"].unique()) == VEHICLES
    links = pd.read_csv(first / "network" / "link.csv.gz", dtype=str)
    assert len(links) == TILES * 3541 == links["link_id"].nunique()


def test_a_vehicle_that_drives_again_is_a_little_later_and_beside(made) -> None:
    first, _ = made
    gps = pd.read_parquet(first / "feed" / "gps.parquet")
    parts = gps["vehicle_id"].str.extract(r"^(\d):(\d)\.(.+)$")
    gps["tile"], gps["repeat"], gps["name"] = parts[0], parts[1], parts[2]
    twice = gps[gps["tile"] == "0"].sort_values(["name", "repeat", "event_time"])
    first_seen = twice.groupby(["name", "repeat"]).first().reset_index()
    pairs = first_seen[first_seen["repeat"] == "0"].merge(
        first_seen[first_seen["repeat"] == "1"], on="name", suffixes=("", "_again")
    )
    assert len(pairs) > 20
    later = (pairs["event_time_again"] - pairs["event_time"]).dt.total_seconds()
    assert later.between(0, city_size.JITTER_S).all() and later.nunique() > 10
    beside = (pairs["latitude_again"] - pairs["latitude"]).abs() * city_size.METRES_OF_DEGREE
    assert 0.0 < beside.median() < 5.0
