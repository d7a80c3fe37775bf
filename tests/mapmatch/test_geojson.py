"""The segments as GeoJSON."""

import json

import pytest

from mapmatch.geojson import segments_geojson
from tests.drawing import LATITUDE, LONGITUDE, draw


def test_a_feature_is_a_segment_with_its_index_as_id():
    drawing = draw("A---B---C", one_way=["BC"], names={"BC": "延安路"}, lanes={"BC": 3})
    found = json.loads(segments_geojson(drawing.network))
    assert found["type"] == "FeatureCollection"
    assert [feature["id"] for feature in found["features"]] == [0, 1, 2]
    last = found["features"][drawing.segment("BC")]
    assert last["properties"]["segment_id"] == "BC"
    assert last["properties"]["name"] == "延安路"
    assert last["properties"]["lanes"] == 3
    assert last["properties"]["road_class"] == "secondary"
    assert last["properties"]["is_two_way"] is False


def test_coordinates_are_degrees_east_then_north():
    found = json.loads(segments_geojson(draw("A---B", cell_m=50).network))
    (lon_a, lat_a), (lon_b, lat_b) = found["features"][0]["geometry"]["coordinates"]
    assert (lon_a, lat_a) == pytest.approx((LONGITUDE, LATITUDE), abs=1e-6)
    # 200 m at 31.23 N, where a degree of longitude is 95.3 km.
    assert lon_b - lon_a == pytest.approx(200 / 95_300, rel=1e-2)
    assert lat_b == pytest.approx(lat_a, abs=1e-6)
