"""Areas that a planner draws: which segments are in which polygon, and what is wrong with one."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from congestion.reports.opened import open_states
from congestion.reports.polygons import drawn_area
from congestion.reports.spans import hours_table
from congestion.reports.stored import ReportError, readable_files
from mapmatch.projection import LocalPlane
from tests.congestion.reports.stored_minutes import ZONE, write_states
from tests.drawing import draw

CITY = draw("A-a>B-b>C-c>D", cell_m=100).network  # 0 to 1200 m: middles at 200, 600 and 1000 m
PLANE = LocalPlane(CITY)
WEST_M, Y_M = float(CITY.node_x.min()), float(CITY.node_y.mean())


def box(west_m: float, east_m: float) -> Any:
    """Give a box around a part of the street, in degrees."""
    around = shapely.box(WEST_M + west_m, Y_M - 50.0, WEST_M + east_m, Y_M + 50.0)
    return shapely.transform(
        around, lambda at: np.column_stack(PLANE.to_degrees(at[:, 0], at[:, 1]))
    )


def written(path: Path, polygons: dict[str, Any], crs: int = 4326) -> Path:
    table = gpd.GeoDataFrame({"name": [*polygons]}, geometry=[*polygons.values()], crs=4326)
    table.to_crs(crs).to_file(path)
    return path


@pytest.mark.parametrize(("name", "crs"), [("two.geojson", 4326), ("two.gpkg", 32651)])
def test_segments_are_of_the_polygon_that_their_middle_lies_in(
    tmp_path: Path, name: str, crs: int
) -> None:
    file = written(tmp_path / name, {"Old Town": box(-50, 700), "Port": box(900, 1100)}, crs)
    area = drawn_area(file, CITY)
    assert (area.name, area.chosen.tolist(), area.notes) == ("two", [True] * 3, ())
    assert area.district_of(CITY).tolist() == [0, 0, 1]
    assert [area.district_name(i) for i in (None, 0, 1)] == ["city", "Old Town", "Port"]


def test_a_drawn_district_has_the_indices_of_its_segments(tmp_path: Path) -> None:
    file = written(tmp_path / "a.geojson", {"Old Town": box(0, 700), "Port": box(900, 1100)})
    states = write_states(tmp_path / "s.parquet", CITY, [{"a": 25.0, "c": 10.0}])
    readable = readable_files([states])
    opened = open_states(readable, CITY, drawn_area(file, CITY), readable.period, ZONE)
    table = hours_table(opened)
    # Free at 50: a takes twice as long and b does not, c five times as long.
    assert dict(zip(table.column("area"), table.column("tti"), strict=True)) == {
        "city": pytest.approx(8 / 3, abs=1e-3), "Old Town": 1.5, "Port": 5.0,
    }  # fmt: skip


def test_a_segment_in_two_polygons_counts_in_the_first_and_that_is_said(tmp_path: Path) -> None:
    file = written(tmp_path / "a.geojson", {"One": box(0, 700), "Other": box(500, 1100)})
    area = drawn_area(file, CITY)
    assert area.district_of(CITY).tolist() == [0, 0, 1]
    assert area.notes == (f"{file}: 1 segments lie in two polygons, and count in the first",)


def test_what_is_wrong_with_a_polygon_and_can_be_mended_is_said(tmp_path: Path) -> None:
    west, north = box(0, 700).bounds[0], box(0, 700).bounds[3]
    east, south = box(0, 700).bounds[2], box(0, 700).bounds[1]
    bow = shapely.Polygon([(west, south), (east, north), (east, south), (west, north)])
    file = written(tmp_path / "a.gpkg", {"Bow": bow, "Sea": box(5000, 5100), "None": None})
    notes = drawn_area(file, CITY).notes
    bow_note, none_note, sea_note = (note.removeprefix(f"{file}: ") for note in notes)
    assert bow_note.startswith("Bow: Self-intersection") and bow_note.endswith(": repaired")
    assert none_note == "None has no polygon and is left out"
    assert sea_note == "no road of the network lies in Sea"


@pytest.mark.parametrize(
    ("polygons", "says"),
    [
        ({"a": shapely.Point(0, 0)}, r"row 0, a: found a Point, expected a polygon"),
        ({"a": shapely.box(4e5, 3e6, 5e5, 4e6)}, r"row 0, a: found 400000 3e\+06 to 500000 4e\+06, "
         "expected degrees"),
        ({"": box(0, 700)}, r"row 0, name: found '', expected a name of its own"),
        ({"city": box(0, 700)}, r"row 0, name: found 'city', expected a name of its own"),
        ({"a": box(5000, 5100)}, r"no road of the network \S+ lies in its polygons"),
        ({"a": None}, r"no row has a polygon"),
    ],
)  # fmt: skip
def test_polygons_that_cannot_be_used_are_named_with_their_row(
    tmp_path: Path, polygons: dict[str, Any], says: str
) -> None:
    with pytest.raises(ReportError, match=says):
        drawn_area(written(tmp_path / "a.geojson", polygons), CITY)


def test_names_that_lack_or_stand_twice_are_named(tmp_path: Path) -> None:
    file = tmp_path / "a.geojson"
    shapes = [box(0, 700), box(900, 1100)]
    gpd.GeoDataFrame({"name": ["a", "a"]}, geometry=shapes, crs=4326).to_file(file)
    with pytest.raises(ReportError, match=r"row 1, name: 'a' stands twice"):
        drawn_area(file, CITY)
    gpd.GeoDataFrame({"unit": ["a", "b"]}, geometry=shapes, crs=4326).to_file(file)
    with pytest.raises(ReportError, match=r"no column 'name', found unit"):
        drawn_area(file, CITY)
    file.write_text("rubbish")
    with pytest.raises(ReportError, match=r"a\.geojson: not a GeoPackage or GeoJSON"):
        drawn_area(file, CITY)
