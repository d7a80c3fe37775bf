"""What a way's tags say."""

import math

import pytest

from mapmatch.network import ROAD_CLASSES
from mapmatch.sources.osm_tags import Access, Way, read_way, speed_kmh

NOBODY, BUSES, ALL = Access.NOBODY, Access.BUSES, Access.ALL


def way(**tags: str) -> Way:
    found = read_way({key.replace("__", ":"): value for key, value in tags.items()})
    assert isinstance(found, Way), found
    return found


@pytest.mark.parametrize(
    ("tags", "access"),
    [
        ({}, (ALL, ALL)),
        ({"oneway": "yes"}, (ALL, NOBODY)),
        ({"oneway": "-1"}, (NOBODY, ALL)),
        ({"junction": "roundabout"}, (ALL, NOBODY)),
        ({"junction": "roundabout", "oneway": "no"}, (ALL, ALL)),
        ({"oneway": "yes", "oneway__bus": "no", "bus": "yes"}, (ALL, BUSES)),
        ({"access": "no", "bus": "yes"}, (BUSES, BUSES)),
        ({"motor_vehicle": "no", "psv": "designated", "oneway": "yes"}, (BUSES, NOBODY)),
        ({"access": "private", "motorcar": "yes"}, (ALL, ALL)),
        ({"motor_vehicle__backward": "no"}, (ALL, NOBODY)),
        ({"bus": "no"}, (ALL, ALL)),
    ],
)
def test_access_by_direction(tags: dict[str, str], access: tuple[Access, Access]):
    assert way(highway="primary", **tags).access == access


def test_a_motorway_is_one_way_and_a_busway_for_buses():
    assert way(highway="motorway").access == (ALL, NOBODY)
    assert way(highway="busway").access == (BUSES, BUSES)
    assert way(highway="pedestrian", bus="yes").access == (BUSES, BUSES)


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "footway"},
        {"highway": "primary", "access": "no"},
        {"highway": "primary", "motor_vehicle": "private"},
        {"highway": "service", "service": "driveway"},
        {"highway": "residential", "area": "yes"},
        {"highway": "pedestrian"},
    ],
)
def test_what_nobody_of_ours_drives_has_a_reason(tags: dict[str, str]):
    assert isinstance(read_way(tags), str)


@pytest.mark.parametrize(
    ("value", "kmh"),
    [
        ("60", 60.0),
        ("60 km/h", 60.0),
        ("30 mph", 48.28032),
        ("30mph", 48.28032),
        ("10 knots", 18.52),
        ("walk", 7.0),
        ("40;60", 40.0),
    ],
)
def test_a_maxspeed_in_its_unit(value: str, kmh: float):
    assert speed_kmh(value) == pytest.approx(kmh)


@pytest.mark.parametrize("value", ["", "none", "CN:urban", "signals", "-5", "0", "999", "5 light"])
def test_a_maxspeed_that_says_no_number_is_missing(value: str):
    assert math.isnan(speed_kmh(value))


@pytest.mark.parametrize(
    ("tags", "lanes"),
    [
        ({"lanes": "4"}, (2, 2)),
        ({"lanes": "3"}, (2, 1)),
        ({"lanes": "3", "lanes__backward": "2"}, (1, 2)),
        ({"lanes": "3", "oneway": "yes"}, (3, 3)),
        ({"lanes": "2;3"}, (1, 1)),
        ({"lanes": "many"}, (0, 0)),
        ({}, (0, 0)),
    ],
)
def test_lanes_by_direction(tags: dict[str, str], lanes: tuple[int, int]):
    assert way(highway="primary", **tags).lanes == lanes


def test_layers_names_and_classes():
    assert way(highway="primary", bridge="yes").layer == 1
    assert way(highway="primary", tunnel="yes", layer="-2").layer == -2
    assert way(highway="primary", tunnel="building_passage").layer == 0
    assert way(highway="primary", **{"name:zh": "延安路"}).name == "延安路"
    assert ROAD_CLASSES[way(highway="living_street").road_class] == "residential"
