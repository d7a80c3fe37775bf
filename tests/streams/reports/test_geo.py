"""The files for QGIS: segments and bottlenecks, in degrees, with the report's figures."""

from pathlib import Path

import geopandas
import pytest

from tests.streams.reports.test_report_command import CITY, QUEUE, reported, run_of


@pytest.fixture
def out(tmp_path: Path) -> Path:
    done = reported(tmp_path, str(run_of(tmp_path / "run", [QUEUE] * 6)))
    assert done.exit_code == 0, done.output
    return tmp_path / "out"


def test_segments_lie_where_the_network_has_them_with_their_sums(out: Path) -> None:
    segments = geopandas.read_parquet(out / "segments.parquet").set_index("segment_id")
    assert segments.crs.to_epsg() == 4326
    assert list(segments.index) == CITY.segment_ids
    assert segments.loc["c", "speed_kmh"] == 5.0
    assert segments.loc["c", "ratio"] == 0.1
    metres = segments.to_crs(segments.estimate_utm_crs()).length
    assert metres["c"] == pytest.approx(500.0, rel=0.01)


def test_the_package_holds_the_same_segments_and_the_bottlenecks(out: Path) -> None:
    layers = geopandas.list_layers(out / "report.gpkg")["name"].tolist()
    assert layers == ["segments", "bottlenecks"]
    assert len(geopandas.read_file(out / "report.gpkg", layer="segments")) == CITY.segment_count
    (point,) = geopandas.read_file(out / "report.gpkg", layer="bottlenecks").itertuples()
    assert (point.segment_id, point.rank, point.minutes) == ("c", 1, 6)
    end = geopandas.read_parquet(out / "segments.parquet").geometry.iloc[2].coords[-1]
    assert point.geometry.coords[0] == pytest.approx(end, abs=2e-6)
