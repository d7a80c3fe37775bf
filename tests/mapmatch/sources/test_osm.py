"""OpenStreetMap files to roads."""

import gzip
from pathlib import Path

import osmium
import pytest

from mapmatch.building.assembly import assemble
from mapmatch.network import Network, NetworkError
from mapmatch.sources.osm import read_osm
from tests.mapmatch.sources.written import write_osm

# 4 at the crossing; 1 west, 2 east, 3 north, 5 south.
CROSS = {1: (0.0, 0.0), 4: (200.0, 0.0), 2: (400.0, 0.0), 3: (200.0, 200.0), 5: (200.0, -200.0)}
PRIMARY = {"highway": "primary"}
WEST_EAST, SOUTH_NORTH = ([1, 4, 2], PRIMARY), ([5, 4, 3], PRIMARY)


def build(path: Path) -> Network:
    return assemble(read_osm(path))[0]


def turns(network: Network) -> set[tuple[str, str]]:
    return {
        (network.segment_ids[i], network.segment_ids[j])
        for i in range(network.segment_count)
        for j in network.successors[network.successor_offsets[i] : network.successor_offsets[i + 1]]
    }


def test_ways_are_cut_where_they_meet_and_ids_say_way_and_nodes(tmp_path: Path):
    network = build(write_osm(tmp_path / "a.osm", CROSS, {10: WEST_EAST, 11: SOUTH_NORTH}))
    assert set(network.segment_ids) == {
        "10:1-4", "10:4-1", "10:4-2", "10:2-4", "11:5-4", "11:4-5", "11:4-3", "11:3-4",
    }  # fmt: skip
    assert network.length_m == pytest.approx([200.0] * 8, rel=2e-3)


def test_ids_do_not_depend_on_the_order_in_the_file(tmp_path: Path):
    one = build(write_osm(tmp_path / "a.osm", CROSS, {10: WEST_EAST, 11: SOUTH_NORTH}))
    other = build(write_osm(tmp_path / "b.osm", CROSS, {11: SOUTH_NORTH, 10: WEST_EAST}))
    assert set(one.segment_ids) == set(other.segment_ids)


def test_turning_back_is_permitted_only_at_a_dead_end(tmp_path: Path):
    permitted = turns(build(write_osm(tmp_path / "a.osm", CROSS, {10: WEST_EAST, 11: SOUTH_NORTH})))
    assert ("10:4-2", "10:2-4") in permitted
    assert ("10:1-4", "10:4-1") not in permitted
    assert {b for a, b in permitted if a == "10:1-4"} == {"10:4-2", "11:4-3", "11:4-5"}


def test_a_loop_is_cut_in_its_middle_so_that_no_segment_ends_where_it_began(tmp_path: Path):
    nodes = {1: (0.0, 0.0), 2: (100.0, 0.0), 3: (150.0, 50.0), 4: (150.0, -50.0)}
    ways = {10: ([1, 2], PRIMARY), 11: ([2, 3, 4, 2], PRIMARY | {"junction": "roundabout"})}
    network = build(write_osm(tmp_path / "a.osm", nodes, ways))
    assert set(network.segment_ids) == {"10:1-2", "10:2-1", "11:2-3", "11:3-2"}


@pytest.mark.parametrize("name", ["a.osm.gz", "a.osm.pbf", "a.osm.bz2"])
def test_packed_files_read_the_same(tmp_path: Path, name: str):
    plain = write_osm(tmp_path / "a.osm", CROSS, {10: WEST_EAST, 11: SOUTH_NORTH})
    writer = osmium.SimpleWriter(str(tmp_path / name))
    for item in osmium.FileProcessor(str(plain)):
        writer.add(item)
    writer.close()
    assert build(tmp_path / name).segment_ids == build(plain).segment_ids


def test_nodes_may_come_after_the_ways(tmp_path: Path):
    path = write_osm(tmp_path / "a.osm", CROSS, {10: WEST_EAST})
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:2], lines[-2], *lines[2:-2], lines[-1]]))
    assert build(path).segment_ids == ["10:1-2", "10:2-1"]


def test_ids_of_a_drawing_not_yet_uploaded_are_negative_and_read(tmp_path: Path):
    nodes = {-1: (0.0, 0.0), -2: (100.0, 0.0)}
    network = build(write_osm(tmp_path / "a.osm", nodes, {-10: ([-1, -2], PRIMARY)}))
    assert set(network.segment_ids) == {"-10:-1--2", "-10:-2--1"}


def test_a_way_breaks_where_a_node_is_not_in_the_file(tmp_path: Path):
    nodes = {1: (0.0, 0.0), 2: (100.0, 0.0), 4: (300.0, 0.0), 5: (400.0, 0.0)}
    roads = read_osm(write_osm(tmp_path / "a.osm", nodes, {10: ([1, 2, 3, 4, 5], PRIMARY)}))
    assert set(roads.segment_ids) == {"10:1-2", "10:2-1", "10:4-5", "10:5-4"}
    assert [(d.what, d.count, d.example) for d in roads.drops] == [
        ("points", 1, "node 3 of way 10")
    ]


def test_what_cars_and_buses_may_not_drive_is_dropped_and_counted(tmp_path: Path):
    ways = {
        10: WEST_EAST,
        11: ([5, 4, 3], {"highway": "footway"}),
        12: ([1, 3], PRIMARY | {"access": "private"}),
        13: ([2, 3], {"highway": "service", "service": "parking_aisle"}),
    }
    roads = read_osm(write_osm(tmp_path / "a.osm", CROSS, ways))
    assert set(roads.segment_ids) == {"10:1-2", "10:2-1"}
    assert {d.reason: d.count for d in roads.drops} == {
        "no road for motor vehicles": 1,
        "closed to cars and buses (access, motor_vehicle)": 1,
        "driveway, car park or emergency access": 1,
    }


def test_an_island_is_dropped_and_counted(tmp_path: Path):
    nodes = CROSS | {8: (5000.0, 0.0), 9: (5003.0, 0.0)}
    ways = {10: WEST_EAST, 11: SOUTH_NORTH, 12: ([8, 9], PRIMARY)}
    roads = read_osm(write_osm(tmp_path / "a.osm", nodes, ways))
    assert len(roads.segment_ids) == 8
    assert roads.node_ids == ["1", "2", "3", "4", "5"]
    assert "island" in roads.drops[0].reason


def test_a_signal_at_the_stop_line_belongs_to_the_junction_ahead(tmp_path: Path):
    nodes = CROSS | {6: (180.0, 0.0)}
    ways = {10: ([1, 6, 4, 2], PRIMARY | {"oneway": "yes"}), 11: SOUTH_NORTH}
    network = build(write_osm(tmp_path / "a.osm", nodes, ways, signals={6}))
    with_signal = {n for n, s in zip(network.node_ids, network.node_has_signal, strict=True) if s}
    assert with_signal == {"4"}


def test_a_signal_fifty_metres_south_of_its_junction_is_as_near_as_one_to_the_west(tmp_path: Path):
    nodes = CROSS | {6: (200.0, -50.0)}
    ways = {10: WEST_EAST, 11: ([5, 6, 4, 3], PRIMARY | {"oneway": "yes"})}
    network = build(write_osm(tmp_path / "a.osm", nodes, ways, signals={6}))
    with_signal = {n for n, s in zip(network.node_ids, network.node_has_signal, strict=True) if s}
    assert with_signal == {"4"}


def test_a_signal_far_from_any_junction_belongs_to_none(tmp_path: Path):
    nodes = CROSS | {6: (100.0, 0.0)}
    ways = {10: ([1, 6, 4, 2], PRIMARY), 11: SOUTH_NORTH}
    network = build(write_osm(tmp_path / "a.osm", nodes, ways, signals={6}))
    assert not network.node_has_signal.any()


def restricted(tmp_path: Path, tags: dict[str, str], members, ways=None):
    ways = ways or {
        10: ([1, 4], PRIMARY), 12: ([4, 2], PRIMARY),
        13: ([4, 3], PRIMARY), 15: ([5, 4], PRIMARY),
    }  # fmt: skip
    path = write_osm(tmp_path / "a.osm", CROSS, ways, restrictions=[(tags, members)])
    roads = read_osm(path)
    return turns(assemble(roads)[0]), roads.drops


FROM_WEST_TO_NORTH = [("from", "way", 10), ("via", "node", 4), ("to", "way", 13)]


def test_a_forbidden_turn_is_gone_and_every_other_stays(tmp_path: Path):
    permitted, drops = restricted(tmp_path, {"restriction": "no_left_turn"}, FROM_WEST_TO_NORTH)
    assert {b for a, b in permitted if a == "10:1-4"} == {"12:4-2", "15:4-5"}
    assert ("15:5-4", "13:4-3") in permitted
    assert drops == []


def test_an_only_turn_leaves_that_turn(tmp_path: Path):
    permitted, _ = restricted(tmp_path, {"restriction": "only_left_turn"}, FROM_WEST_TO_NORTH)
    assert {b for a, b in permitted if a == "10:1-4"} == {"13:4-3"}


def test_a_turn_from_a_way_that_passes_the_node_is_known_by_its_side(tmp_path: Path):
    members = [("from", "way", 10), ("via", "node", 4), ("to", "way", 11)]
    permitted, _ = restricted(
        tmp_path, {"restriction": "no_left_turn"}, members, {10: WEST_EAST, 11: SOUTH_NORTH}
    )
    assert ("10:1-4", "11:4-3") not in permitted
    assert ("10:1-4", "11:4-5") in permitted
    assert ("10:2-4", "11:4-5") not in permitted


def test_a_restriction_over_a_way_is_held_where_nobody_else_uses_it(tmp_path: Path):
    one_way = PRIMARY | {"oneway": "yes"}
    ways = {
        10: ([1, 4], one_way),
        13: ([4, 3], one_way),
        14: ([3, 1], one_way),
        15: ([3, 2], one_way),
    }
    members = [("from", "way", 10), ("via", "way", 13), ("to", "way", 14)]
    permitted, drops = restricted(tmp_path, {"restriction": "no_u_turn"}, members, ways)
    assert ("13:4-3", "14:3-1") not in permitted
    assert ("13:4-3", "15:3-2") in permitted
    assert drops == []


@pytest.mark.parametrize(
    ("tags", "members", "reason"),
    [
        ({"restriction": "no_left_turn", "except": "bus"}, FROM_WEST_TO_NORTH, "not for buses"),
        ({"restriction:hgv": "no_left_turn"}, FROM_WEST_TO_NORTH, "for other vehicles only"),
        (
            {"restriction:conditional": "no_left_turn @ (07:00-09:00)"},
            FROM_WEST_TO_NORTH,
            "in force at some hours only",
        ),
        ({"restriction": "maybe"}, FROM_WEST_TO_NORTH, "unknown kind 'maybe'"),
        (
            {"restriction": "no_left_turn"},
            [("from", "way", 10), ("via", "node", 4), ("to", "way", 99)],
            "a member way is not in the network",
        ),
        (
            {"restriction": "no_left_turn"},
            [("from", "way", 10), ("via", "node", 2), ("to", "way", 13)],
            "its ways do not meet at its node",
        ),
        ({"restriction": "no_left_turn"}, FROM_WEST_TO_NORTH[1:], "no from or to member"),
    ],
)
def test_a_restriction_that_cannot_be_held_is_counted_with_its_reason(
    tmp_path: Path, tags, members, reason: str
):
    permitted, drops = restricted(tmp_path, tags, members)
    assert ("10:1-4", "13:4-3") in permitted
    assert [(d.what, d.reason, d.example) for d in drops] == [
        ("restrictions", reason, "relation 900")
    ]


def test_a_truncated_file_is_refused(tmp_path: Path):
    path = write_osm(tmp_path / "a.osm", CROSS, {10: WEST_EAST})
    data = path.read_bytes()
    for name, content in (
        ("b.osm", data[:-30]),
        ("b.osm.gz", gzip.compress(data)[:-30]),
        ("b.osm.pbf", b"\x00\x00\x00\x0d\x0a\x09OSMHeader"),
        ("empty.osm", b""),
        ("page.osm", b"<html></html>"),
        ("north.osm", data.replace(b"lat='31", b"lat='x", 1)),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(NetworkError, match=f"{name}: .*expected"):
            read_osm(tmp_path / name)


def test_a_file_without_roads_is_refused_with_what_it_holds(tmp_path: Path):
    path = write_osm(tmp_path / "a.osm", CROSS, {10: ([1, 4], {"highway": "steps"})})
    with pytest.raises(NetworkError, match=r"no way for cars or buses.*1 ways: no road for motor"):
        read_osm(path)
