"""Parts of a network that no road joins to the rest."""

from pathlib import Path

from mapmatch.building.assembly import assemble
from mapmatch.sources.osm import read_osm
from tests.mapmatch.sources.written import write_osm

ROAD = {"highway": "primary"}
# A main road of 500 km, too long for a share of it to keep a village.
MAIN = {i: (20_000.0 * i, 0.0) for i in range(26)}


def islands(tmp_path: Path, metres: float, north: float = 5_000.0):
    nodes = MAIN | {101: (0.0, north), 102: (metres, north)}
    ways = {10: (list(MAIN), ROAD), 11: ([101, 102], ROAD)}
    return read_osm(write_osm(tmp_path / "a.osm", nodes, ways))


def test_a_town_over_a_ferry_is_kept_and_said(tmp_path: Path):
    roads = islands(tmp_path, 1_600.0)
    assert len(roads.segment_ids) == 4
    assert roads.drops == []
    assert roads.notes == ["1 parts that no road joins to the rest are kept: 2 segments, 3.2 km"]


def test_a_road_to_the_north_is_as_long_as_one_to_the_east(tmp_path: Path):
    nodes = MAIN | {101: (0.0, 5_000.0), 102: (0.0, 5_700.0)}
    ways = {10: (list(MAIN), ROAD), 11: ([101, 102], ROAD)}
    roads = read_osm(write_osm(tmp_path / "a.osm", nodes, ways))
    assert [d.reason for d in roads.drops] == [
        "on an island that no road joins to the rest, 1.4 km"
    ]


def test_a_car_park_on_its_own_is_dropped_and_told_in_kilometres(tmp_path: Path):
    roads = islands(tmp_path, 700.0)
    assert len(roads.segment_ids) == 2
    assert [(d.count, d.reason) for d in roads.drops] == [
        (2, "on an island that no road joins to the rest, 1.4 km")
    ]


def test_a_part_in_another_part_of_the_world_is_dropped(tmp_path: Path):
    roads = islands(tmp_path, 40_000.0, north=2_000_000.0)
    assert [d.reason.split(",")[0] for d in roads.drops] == ["over 15 degrees away from all others"]
    assert assemble(roads)[0].segment_ids == ["10:0-25", "10:25-0"]
