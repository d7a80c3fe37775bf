"""Whose a point of the road is, and what is wrong with the polygons that say so."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from incidents.dispatch.jurisdictions import (
    JurisdictionError,
    Jurisdictions,
    load_jurisdictions,
)
from ingest.datum import wgs84_to_gcj02
from mapmatch.projection import LocalPlane
from tests.drawing import draw

TOWN = draw(
    """
    A---B---C
    |   |   |
    D---E---F
    """,
    cell_m=100,
)
NETWORK = TOWN.network
PLANE = LocalPlane(NETWORK)
# Local metres: A is at (-400, about 100), C at (400, 100), D at (-400, -100).
NODES = dict(zip(NETWORK.node_ids, zip(NETWORK.node_x, NETWORK.node_y, strict=True), strict=True))
MIDDLE_X = float(np.mean(NETWORK.node_x))
MIDDLE_Y = float(np.mean(NETWORK.node_y))

Box = tuple[float, float, float, float]
WEST: Box = (-500.0, -500.0, 0.0, 500.0)
EAST: Box = (0.0, -500.0, 500.0, 500.0)
ALL: Box = (-500.0, -500.0, 500.0, 500.0)
GOOD: Mapping[str, tuple[str, str | None, Any]] = {
    "g-west": ("grid", "town", WEST),
    "g-east": ("grid", "town", EAST),
    "town": ("district", "city", ALL),
    "city": ("city", None, ALL),
}


def degrees(shape: Any) -> Any:
    """Give a box (metres from the middle of the town) or a shape so placed, in degrees."""
    around = shapely.box(*shape) if isinstance(shape, tuple) else shape
    return shapely.transform(
        around,
        lambda c: np.column_stack(PLANE.to_degrees(c[:, 0] + MIDDLE_X, c[:, 1] + MIDDLE_Y)),
    )


def written(path: Path, units: Mapping[str, tuple[str, str | None, Any]], **more: Any) -> Path:
    """Write a file of units."""
    columns = {
        "unit": list(units),
        "name": list(units),
        "level": [level for level, _, _ in units.values()],
        "parent": [parent for _, parent, _ in units.values()],
    }
    shapes = [more.get("shaped", degrees)(shape) for _, _, shape in units.values()]
    table = gpd.GeoDataFrame(columns, geometry=shapes, crs=4326)
    if "crs" in more:
        table = table.to_crs(more["crs"])
    table.drop(columns=more.get("without", [])).to_file(path)
    return path


def loaded(folder: Path, units: Mapping[str, tuple[str, str | None, Any]]) -> Jurisdictions:
    """Give what comes of units in a GeoJSON file."""
    return load_jurisdictions(written(folder / "units.geojson", units), NETWORK)


@pytest.mark.parametrize("name", ["units.geojson", "units.gpkg"])
def test_a_point_of_the_road_has_its_units_from_the_grid_to_the_city(
    tmp_path: Path, name: str
) -> None:
    crs = {} if name.endswith("geojson") else {"crs": 32651}  # metres of UTM zone 51
    found = load_jurisdictions(written(tmp_path / name, GOOD, **crs), NETWORK)
    assert found.findings == []
    assert found.units_of(TOWN.segment("AB"), 10.0) == ("g-west", "town", "city")
    assert found.units_of(TOWN.segment("BC"), 390.0) == ("g-east", "town", "city")


def test_a_segment_across_a_border_changes_its_unit_at_the_border(tmp_path: Path) -> None:
    west, east = (-500.0, -500.0, -200.0, 500.0), (-200.0, -500.0, 500.0, 500.0)
    units = {**GOOD, "g-west": ("grid", "town", west), "g-east": ("grid", "town", east)}
    found = loaded(tmp_path, units)
    assert found.units_of(TOWN.segment("AB"), 170.0)[0] == "g-west"
    assert found.units_of(TOWN.segment("AB"), 230.0)[0] == "g-east"


def test_without_parents_the_path_is_that_of_the_polygons_around(tmp_path: Path) -> None:
    units = {unit: (level, None, box) for unit, (level, _, box) in GOOD.items()}
    assert loaded(tmp_path, units).units_of(0, 1.0)[1:] == ("town", "city")


def test_a_gap_between_units_is_told_with_the_roads_that_are_of_none(tmp_path: Path) -> None:
    west, east = (-500.0, -500.0, -250.0, 500.0), (-10.0, -500.0, 500.0, 500.0)
    units = {**GOOD, "g-west": ("grid", "town", west), "g-east": ("grid", "town", east)}
    found = loaded(tmp_path, units)
    (finding,) = found.findings
    # Two streets of two segments each, of whose points 50 m apart five are in the gap.
    assert finding == "level grid: 1.0 km of roads are of no unit, such as AB"
    assert found.units_of(TOWN.segment("AB"), 300.0) == ("town", "city")


def test_a_hole_that_no_unit_fills_is_told(tmp_path: Path) -> None:
    ring = shapely.box(*ALL).difference(shapely.box(100.0, -50.0, 200.0, 50.0))
    found = loaded(tmp_path, {"city": ("city", None, ring)})
    assert found.findings == ["level city: a gap of 0.010 km2 between its units"]


def test_units_of_a_level_that_overlap_are_told_and_the_smaller_one_has_the_road(
    tmp_path: Path,
) -> None:
    wide = (-500.0, -500.0, 100.0, 500.0)
    found = loaded(tmp_path, {**GOOD, "g-west": ("grid", "town", wide)})
    assert found.findings == ["g-west and g-east, of level grid: overlap by 0.100 km2"]
    assert found.units_of(TOWN.segment("BC"), 50.0)[0] == "g-east"


def test_what_is_not_nested_is_told(tmp_path: Path) -> None:
    units = {
        **GOOD,
        "g-east": ("grid", "nobody", EAST),
        "town": ("district", "g-west", ALL),
    }
    assert loaded(tmp_path, units).findings == [
        "g-east: its parent nobody is not there",
        "town, a district: its parent g-west is a grid",
        "town: 0.500 km2 of it lie outside its parent g-west",
    ]


def test_a_ring_that_crosses_itself_is_repaired_and_told(tmp_path: Path) -> None:
    bow = shapely.Polygon([(-500, -500), (500, 500), (500, -500), (-500, 500)])
    found = loaded(tmp_path, {"city": ("city", None, bow)})
    assert (
        found.findings[0].startswith("city: Self-intersection") and "repaired" in found.findings[0]
    )
    assert found.units_of(TOWN.segment("CF"), 100.0) == ("city",)


def test_polygons_in_the_datum_of_chinese_maps_are_told(tmp_path: Path) -> None:
    def moved(shape: Any) -> Any:
        return shapely.transform(
            degrees(shape), lambda c: np.column_stack(wgs84_to_gcj02(c[:, 0], c[:, 1]))
        )

    file = written(tmp_path / "units.geojson", GOOD, shaped=moved)
    found = load_jurisdictions(file, NETWORK)
    assert any("look like GCJ-02, expected WGS-84" in finding for finding in found.findings)


def test_one_polygon_around_all_roads_is_of_no_other_datum(tmp_path: Path) -> None:
    west, south, east, north = ALL
    around = (west - 40.0, south - 40.0, east + 40.0, north + 40.0)
    assert loaded(tmp_path, {"city": ("city", None, around)}).findings == []


def test_a_polygon_without_area_is_told_and_left_out(tmp_path: Path) -> None:
    line = shapely.Polygon([(-500, -500), (500, 500), (-500, -500)])
    found = loaded(tmp_path, {**GOOD, "line": ("grid", "town", line)})
    assert found.findings == ["line: has no polygon and is left out"]
    with pytest.raises(JurisdictionError, match="no row has a polygon"):
        loaded(tmp_path, {"line": ("grid", None, line)})


@pytest.mark.parametrize(
    ("units", "more", "says"),
    [
        (GOOD, {"without": ["level"]}, "no column level"),
        ({"x": ("village", None, ALL)}, {}, "row 0, level: found 'village', expected one of grid"),
        ({"": ("city", None, ALL)}, {}, "row 0, unit: found ''"),
        ({" ": ("city", None, ALL)}, {}, "row 0, unit: found ' '"),
        ({"x": ("city", None, shapely.Point(0, 0))}, {}, "found a Point, expected a polygon"),
        ({"x": ("city", None, ALL)}, {"shaped": lambda box: shapely.box(*box)}, "expected degrees"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_place(
    tmp_path: Path, units: Any, more: Any, says: str
) -> None:
    file = written(tmp_path / "units.geojson", units, **more)
    with pytest.raises(JurisdictionError, match=says):
        load_jurisdictions(file, NETWORK)


def test_a_file_that_is_no_map_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "units.geojson"
    file.write_text("[1, 2")
    with pytest.raises(JurisdictionError, match=r"units\.geojson: not a GeoPackage or GeoJSON"):
        load_jurisdictions(file, NETWORK)
    with pytest.raises(JurisdictionError, match=r"none\.gpkg"):
        load_jurisdictions(tmp_path / "none.gpkg", NETWORK)
