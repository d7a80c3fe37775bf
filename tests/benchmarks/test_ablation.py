"""What is left of a recording when sensors, fields and minutes are taken out."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.sensors.ablation import Ablation, ablated, drawn

MINUTES = pd.date_range("2026-09-15T00:00", periods=10, freq="60s", tz="UTC")


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    """Two lanes side by side and a third detector elsewhere, ten minutes; two buses and a taxi."""
    folder = tmp_path / "district-morning"
    (folder / "truth").mkdir(parents=True)
    (folder / "feed.toml").write_text('name = "x"\nnetwork = "../../networks/x"\n')
    (folder / "bus_stops.csv").write_text("stop_id\n")
    pd.DataFrame(
        {
            "detector_id": ["M1", "M2", "M3"], "lane": [0, 1, 0],
            "longitude": [121.0, 121.00001, 121.1], "latitude": [31.0, 31.0, 31.0],
            "bearing_deg": [90.0, 90.0, 90.0],
        }
    ).to_csv(folder / "detectors.csv", index=False)  # fmt: skip
    rows = [
        (name, start, 60, count, share, speed)
        for start in MINUTES
        for name, count, share, speed in (
            ("M1", 10, 0.104, 36.0), ("M2", 30, 0.3, 72.0), ("M3", 0, 0.0, np.nan)
        )
    ]  # fmt: skip
    columns = [
        "detector_id", "interval_start", "interval_s", "vehicle_count", "occupancy", "speed_kmh",
    ]  # fmt: skip
    pd.DataFrame(rows, columns=columns).to_parquet(folder / "magnetometer.parquet")
    pd.DataFrame({"vehicle_id": ["b1", "b2", "t1"], "fleet": ["bus", "bus", "taxi"]}).to_parquet(
        folder / "gps.parquet"
    )
    return folder


def left(feed: Path, tmp_path: Path, **what: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the readings and detectors that are left."""
    folder = ablated(feed, tmp_path / "out", Ablation("test", **what))
    return pd.read_parquet(folder / "magnetometer.parquet"), pd.read_csv(folder / "detectors.csv")


def test_a_station_sums_its_lanes_and_weighs_speeds_by_vehicles(feed, tmp_path):
    readings, detectors = left(feed, tmp_path, is_station=True)
    assert detectors[["detector_id", "lanes"]].to_numpy().tolist() == [["M1", 2], ["M3", 1]]
    first = readings.iloc[0]
    assert (first.detector_id, first.vehicle_count) == ("M1", 40)
    assert first.occupancy == pytest.approx(0.202)
    assert first.speed_kmh == pytest.approx((10 * 36 + 30 * 72) / 40)
    assert np.isnan(readings.iloc[1].speed_kmh)


def test_five_minutes_are_summed_from_when_they_begin(feed, tmp_path):
    readings, _ = left(feed, tmp_path, interval_s=300)
    mine = readings[readings.detector_id == "M2"]
    assert mine.vehicle_count.tolist() == [150, 150]
    assert mine.interval_s.tolist() == [300, 300]
    assert mine.interval_start.tolist() == [MINUTES[0], MINUTES[5]]


def test_fields_and_percents_are_taken_from_every_reading(feed, tmp_path):
    readings, _ = left(feed, tmp_path, without=("count", "speed"), is_percent=True)
    assert readings.vehicle_count.isna().all()
    assert readings.speed_kmh.isna().all()
    assert sorted(set(readings.occupancy)) == [0.0, 0.1, 0.3]


def test_sources_are_taken_whole(feed, tmp_path):
    folder = ablated(feed, tmp_path / "out", Ablation("x", fleets=("taxi",), detector_share=0.0))
    assert not (folder / "magnetometer.parquet").exists()
    assert pd.read_parquet(folder / "gps.parquet").vehicle_id.tolist() == ["t1"]
    assert (folder / "truth").is_dir()
    assert folder.name == feed.name
    named = (folder / "feed.toml").read_text().split('network = "')[1].split('"')[0]
    assert Path(named) == (feed / "../../networks/x").resolve()


def test_a_station_stands_or_falls_with_all_its_lanes_and_the_same_seed_draws_the_same(
    feed, tmp_path
):
    chosen = [
        set(left(feed, tmp_path / f"{seed}-{turn}", detector_share=0.5, seed=seed)[0].detector_id)
        for seed in range(6)
        for turn in range(2)
    ]
    assert {frozenset(of) for of in chosen} == {frozenset({"M1", "M2"}), frozenset({"M3"})}
    assert chosen[::2] == chosen[1::2]


def test_drawn_cities_lack_different_things_and_always_have_a_sensor():
    rng = np.random.default_rng(0)
    many = [drawn(rng, number) for number in range(200)]
    assert all(one.fleets or one.detector_share for one in many)
    assert len({one.without for one in many}) == 6
    assert {one.interval_s for one in many} == {None, 300, 900}
