import numpy as np
import pytest
from msgspec import structs

from congestion.region import region_of
from congestion.roadside import doubt_lines, place_roadside
from ingest.recorded.assets import Assets, BusStop, Camera, Detector
from mapmatch.placing.sensors import PlacementDoubt
from mapmatch.projection import LocalPlane
from tests.drawing import draw

PARALLEL = draw(
    """
    A-------------------B

    C-------------------D
    """,
    cell_m=10,
    one_way=["AB", "DC"],
)


def detector(name: str, east: float, north: float, bearing_deg: float) -> Detector:
    """Give one so many metres from node A."""
    network, a = PARALLEL.network, PARALLEL.node("A")
    x, y = network.node_x[a] + east, network.node_y[a] + north
    longitude, latitude = LocalPlane(network).to_degrees(x, y)
    return Detector(name, 0, float(longitude), float(latitude), bearing_deg)


def test_between_two_roads_the_bearing_decides_and_one_off_the_network_is_not_used():
    assets = Assets(
        detectors=(
            detector("east", 50, -10, 90.0),
            detector("west", 50, -10, 270.0),
            detector("away", 50, -400, 90.0),
        )
    )
    roadside = place_roadside(PARALLEL.network, assets)
    east, west, _ = roadside.detectors.segment.tolist()
    assert (east, west) == (PARALLEL.segment("AB"), PARALLEL.segment("DC"))
    assert roadside.detectors.doubts == (("away", PlacementDoubt.OUTSIDE_NETWORK),)
    assert doubt_lines(roadside) == ["1 detectors outside_network, not used: away"]
    assert list(region_of(PARALLEL.network, 0, roadside).detector_index) == ["east", "west"]


def test_without_a_bearing_the_place_tells_the_road_where_only_one_way_is_near():
    two_way = draw("E-------------------F", cell_m=10)
    alone = structs.replace(detector("alone", 50, 0, 90.0), bearing_deg=None)
    placed = place_roadside(PARALLEL.network, Assets(detectors=(alone,)))
    assert placed.detectors.segment.tolist() == [PARALLEL.segment("AB")]
    assert placed.detectors.doubts == ()
    network, e = two_way.network, two_way.node("E")
    x, y = network.node_x[e] + 50, network.node_y[e]
    longitude, latitude = (float(v) for v in LocalPlane(network).to_degrees(x, y))
    either = Detector("either", 0, longitude, latitude, None)
    placed = place_roadside(network, Assets(detectors=(either,)))
    assert placed.detectors.doubts == (("either", PlacementDoubt.AMBIGUOUS),)
    (line,) = doubt_lines(placed)
    assert line == (
        "1 detectors ambiguous, used on the likelier segment (a bearing_deg would tell): either"
    )


def test_a_camera_without_a_bearing_watches_the_only_road_that_ends_there():
    drawn = draw(
        """
        G----J----H
             |
             I
        """,
        cell_m=20,
        one_way=["GJ", "JH", "JI"],
    )
    network, j = drawn.network, drawn.node("J")
    longitude, latitude = (
        float(v) for v in LocalPlane(network).to_degrees(network.node_x[j], network.node_y[j])
    )
    camera = Camera("k1", "k1:1", 0, longitude, latitude, None)
    placed = place_roadside(network, Assets(cameras=(camera,)))
    assert placed.cameras.segment.tolist() == [drawn.segment("GJ")]
    assert placed.cameras.doubts == ()


def test_how_many_lanes_a_detector_counts_is_known_to_its_region():
    one, station = detector("a", 50, -1, 90.0), detector("b", 60, -1, 90.0)
    station = structs.replace(station, lanes=3)
    placed = place_roadside(PARALLEL.network, Assets(detectors=(station, one)))
    region = region_of(PARALLEL.network, 0, placed)
    lanes = dict(zip(region.detector_index, region.detector_lanes.tolist(), strict=True))
    assert lanes == {"a": pytest.approx(np.nan, nan_ok=True), "b": 3.0}


def test_one_that_neither_position_nor_bearing_decides_is_used_and_named():
    across = detector("across", 50, -10, 180.0)
    roadside = place_roadside(PARALLEL.network, Assets(detectors=(across,)))
    assert len(roadside.detectors.doubts) == 1
    assert "across" in doubt_lines(roadside)[0]


def test_bus_stops_keep_the_lines_that_serve_them() -> None:
    stops = (BusStop("S1", 121.4, 31.2, None, ("71", "925")), BusStop("S2", 121.4, 31.2, None, ()))
    placed = place_roadside(draw("A---B").network, Assets((), (), stops))
    assert placed.bus_lines == (("71", "925"), ())
