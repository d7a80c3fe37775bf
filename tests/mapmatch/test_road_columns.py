"""The segments as columns: unpacked they are those of the GeoJSON, to a metre."""

import json

import numpy as np
import pytest
import shapely

from mapmatch.building.build import network_for
from mapmatch.geojson import segments_geojson
from mapmatch.network import NONE, Network
from mapmatch.road_columns import RoadColumns, road_columns
from tests.drawing import draw

METRES_A_DEGREE = 111_195.0


def lines(columns: RoadColumns) -> list[list[list[float]]]:
    """Give the points of each segment in degrees, as the page reads them."""
    x, y = np.cumsum(columns.x_steps), np.cumsum(columns.y_steps)
    points = np.column_stack((x, y)) / columns.units_a_degree
    found, at, own = [], 0, iter(columns.point_counts)
    for twin in columns.twin:
        if twin != NONE:
            found.append(found[twin][::-1])
            continue
        count = next(own)
        found.append(points[at : at + count].tolist())
        at += count
    assert at == len(points)
    return found


def check(network: Network) -> RoadColumns:
    columns = road_columns(network)
    features = json.loads(segments_geojson(network))["features"]
    for number, (feature, line) in enumerate(zip(features, lines(columns), strict=True)):
        whole = feature["geometry"]["coordinates"]
        away = shapely.hausdorff_distance(shapely.LineString(line), shapely.LineString(whole))
        assert away * METRES_A_DEGREE <= 2.0
        assert np.allclose([line[0], line[-1]], [whole[0], whole[-1]], atol=0.6e-5)
        assert feature["properties"] == {
            "segment_id": columns.segment_id[number],
            "name": columns.names[columns.name[number]],
            "road_class": columns.road_classes[columns.road_class[number]],
            "lanes": columns.lanes[number],
            "length_m": pytest.approx(columns.length_m[number], abs=0.6),
            "free_speed_kmh": columns.free_speed_kmh[number],
            "is_two_way": columns.is_two_way[number],
            "region": columns.region[number],
        }
    return columns


def test_the_columns_of_a_drawn_network_are_its_segments_and_a_way_back_has_a_twin() -> None:
    columns = check(draw("A---B---C", cell_m=50, names={"AB": "Long Street"}).network)
    assert sorted(columns.names) == ["", "Long Street"]
    assert sum(one != NONE for one in columns.twin) == 2


def test_the_columns_of_a_city_are_its_segments(project_data, tmp_path) -> None:
    network = network_for(project_data / "networks" / "shanghai-core", tmp_path)
    columns = check(network)
    assert len(columns.x_steps) < 0.8 * len(network.vertex_x), "straight lines need fewer points"
