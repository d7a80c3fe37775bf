"""OpenStreetMap files that tell things twice, take them back, or put them in the wrong place."""

from pathlib import Path

import pytest

from mapmatch.building.assembly import assemble
from mapmatch.network import Network
from mapmatch.sources.osm import read_osm
from tests.mapmatch.sources.written import write_osm

ROW = {i: (200.0 * i, 0.0) for i in range(1, 7)}
MAIN = {"highway": "primary", "name": "Main"}
SIDE = {"highway": "residential"}


def build(path: Path) -> Network:
    return assemble(read_osm(path))[0]


def edited(path: Path, *changes: tuple[str, str]) -> Path:
    text = path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)
    return path


def joined(path: Path, *parts: Path) -> Path:
    """Two files one after the other, as who joins extracts gets them."""
    lines = [line for part in parts for line in part.read_text().splitlines()[2:-1]]
    head = parts[0].read_text().splitlines()[:2]
    path.write_text("\n".join([*head, *lines, "</osm>"]))
    return path


# Told twice


def test_joined_extracts_tell_each_road_once(tmp_path: Path):
    ways = {10: ([1, 2, 3], MAIN), 11: ([3, 4], SIDE)}
    bans = [({"restriction": "no_left_turn"}, [("from", "way", 10), ("via", "node", 3),
                                               ("to", "way", 11)])]  # fmt: skip
    one = write_osm(tmp_path / "a.osm", ROW, ways, restrictions=bans)
    other = write_osm(tmp_path / "b.osm", ROW, ways | {12: ([4, 5], MAIN)}, restrictions=bans)
    roads = read_osm(joined(tmp_path / "c.osm", one, other))
    assert sorted(roads.segment_ids) == sorted(read_osm(other).segment_ids)
    assert roads.notes == ["3 times a way or restriction is told again: the newest counts"]


def test_of_a_way_told_twice_the_newest_counts_whichever_comes_first(tmp_path: Path):
    old = write_osm(tmp_path / "old.osm", ROW, {10: ([1, 2, 3], SIDE), 11: ([3, 4], MAIN)})
    new = write_osm(tmp_path / "new.osm", ROW, {10: ([1, 2], MAIN), 11: ([3, 4], MAIN)})
    edited(new, ("<way id='10'", "<way id='10' version='2'"))
    edited(old, ("<way id='10'", "<way id='10' version='1'"))
    for parts in ((old, new), (new, old)):
        network = build(joined(tmp_path / "c.osm", *parts))
        assert set(network.segment_ids) == {"10:1-2", "10:2-1", "11:3-4", "11:4-3"}
        assert network.names[0] == "Main"


def test_a_node_moved_is_where_its_newest_version_lies(tmp_path: Path):
    old = write_osm(tmp_path / "old.osm", ROW, {10: ([1, 2], MAIN)})
    new = write_osm(tmp_path / "new.osm", ROW | {2: (450.0, 0.0)}, {10: ([1, 2], MAIN)})
    edited(new, ("<node id='2'", "<node id='2' version='2'"))
    edited(old, ("<node id='2'", "<node id='2' version='1'"))
    for parts in ((old, new), (new, old)):
        network = build(joined(tmp_path / "c.osm", *parts))
        assert network.length_m == pytest.approx([250.0] * 2, rel=2e-3)


def test_of_a_way_cut_off_by_an_extract_the_longer_part_stays(tmp_path: Path):
    one = write_osm(tmp_path / "a.osm", ROW, {10: ([1, 2, 3], MAIN)})
    other = write_osm(tmp_path / "b.osm", ROW, {10: ([3, 4], MAIN)})
    assert set(build(joined(tmp_path / "c.osm", other, one)).segment_ids) == {"10:1-3", "10:3-1"}


# Taken back


@pytest.mark.parametrize("mark", ["visible='false'", "action='delete'", 'action="delete"'])
def test_a_deleted_way_is_no_road(tmp_path: Path, mark: str):
    path = write_osm(tmp_path / "a.osm", ROW, {10: ([1, 2], MAIN), 11: ([2, 5], SIDE)})
    roads = read_osm(edited(path, ("<way id='11'", f"<way id='11' {mark}")))
    assert set(roads.segment_ids) == {"10:1-2", "10:2-1"}


def test_a_history_gives_the_roads_that_are_there_at_its_end(tmp_path: Path):
    """10 grew, 11 was taken away, 12 became a footway, 13 was taken away and put back."""
    path = write_osm(tmp_path / "a.osh", ROW, {10: ([1, 2], MAIN)})

    def way(number: int, version: int, refs: list[int], kind: str = "primary") -> str:
        tags = f"<tag k='highway' v='{kind}'/>" if kind else ""
        visible = "true" if refs else "false"
        nodes = "".join(f"<nd ref='{ref}'/>" for ref in refs)
        return f"<way id='{number}' version='{version}' visible='{visible}'>{nodes}{tags}</way>"

    history = [
        way(10, 2, [1, 2, 3]), way(11, 1, [3, 4]), way(11, 2, [], ""), way(12, 1, [3, 5]),
        way(12, 2, [3, 5], "footway"), way(13, 1, [3, 6]), way(13, 2, [], ""), way(13, 3, [3, 6]),
    ]  # fmt: skip
    edited(path, ("<way id='10'", "<way id='10' version='1'"), ("</osm>", "".join(history)))
    path.write_text(path.read_text() + "</osm>")
    roads = read_osm(path)
    assert set(roads.segment_ids) == {"10:1-3", "10:3-1", "13:3-6", "13:6-3"}
    assert {d.reason: d.count for d in roads.drops} == {
        "deleted": 1, "no road for motor vehicles": 1,
    }  # fmt: skip


# Drawn over each other


def test_two_ways_over_the_same_nodes_are_one_street(tmp_path: Path):
    ways = {10: ([1, 2, 3, 4], SIDE), 11: ([1, 2, 3, 4], MAIN), 12: ([4, 3, 2], SIDE)}
    roads = read_osm(write_osm(tmp_path / "a.osm", ROW, ways))
    assert set(roads.segment_ids) == {"11:1-4", "11:4-1"}
    assert [(d.what, d.count, d.example) for d in roads.drops] == [("stretches", 5, "way 10")]


def test_a_one_way_over_a_street_of_two_directions_says_nothing_new(tmp_path: Path):
    ways = {10: ([1, 2], MAIN | {"oneway": "yes"}), 11: ([2, 1], SIDE)}
    assert set(read_osm(write_osm(tmp_path / "a.osm", ROW, ways)).segment_ids) == {
        "11:1-2", "11:2-1",
    }  # fmt: skip


def test_two_one_ways_over_the_same_nodes_are_the_two_directions(tmp_path: Path):
    ways = {10: ([1, 2], MAIN | {"oneway": "yes"}), 11: ([2, 1], MAIN | {"oneway": "yes"})}
    roads = read_osm(write_osm(tmp_path / "a.osm", ROW, ways))
    assert set(roads.segment_ids) == {"10:1-2", "11:2-1"}
    assert roads.drops == []


def test_a_way_that_shares_a_stretch_keeps_the_rest(tmp_path: Path):
    ways = {10: ([1, 2, 3, 4], MAIN), 11: ([2, 3, 6], SIDE)}
    roads = read_osm(write_osm(tmp_path / "a.osm", ROW, ways))
    assert set(roads.segment_ids) == {
        "10:1-3", "10:3-1", "10:3-4", "10:4-3", "11:3-6", "11:6-3",
    }  # fmt: skip


def test_a_way_that_comes_back_along_itself_is_laid_once(tmp_path: Path):
    roads = read_osm(write_osm(tmp_path / "a.osm", ROW, {10: ([1, 2, 3, 2, 5], MAIN)}))
    assert sorted(roads.segment_ids) == ["10:1-2", "10:2-1", "10:2-3", "10:2-5", "10:3-2", "10:5-2"]


def test_a_turn_banned_from_a_twin_is_banned_from_the_way_that_stays(tmp_path: Path):
    nodes = {1: (0.0, 0.0), 4: (200.0, 0.0), 2: (400.0, 0.0), 3: (200.0, 200.0)}
    ways = {10: ([1, 4], SIDE), 11: ([1, 4], MAIN), 12: ([4, 2], MAIN), 13: ([4, 3], MAIN)}
    ban = [("from", "way", 10), ("via", "node", 4), ("to", "way", 13)]
    bans = [({"restriction": "no_left_turn"}, ban)]
    network = build(write_osm(tmp_path / "a.osm", nodes, ways, restrictions=bans))
    into = network.segment_ids.index("11:1-4")
    low, high = network.successor_offsets[into : into + 2]
    assert [network.segment_ids[i] for i in network.successors[low:high]] == ["12:4-2"]


# In the wrong place


@pytest.mark.parametrize("refs", [[1, 2, 3, 9], [9, 1, 2, 3], [1, 2, 9, 3]])
def test_a_node_in_the_sea_off_africa_is_left_out_by_name(tmp_path: Path, refs: list[int]):
    path = write_osm(tmp_path / "a.osm", ROW | {9: (0.0, 0.0)}, {10: (refs, MAIN)})
    lines = path.read_text().splitlines()
    at = next(i for i, line in enumerate(lines) if "<node id='9'" in line)
    lines[at] = "<node id='9' lat='0.0' lon='0.0'/>"
    path.write_text("\n".join(lines))
    roads = read_osm(path)
    assert "9" not in roads.node_ids
    drop = roads.drops[0]
    assert (drop.what, drop.example) == ("stretches", "node 9 of way 10")
    assert assemble(roads)[0].origin_longitude == pytest.approx(121.473, abs=0.01)


def test_roads_go_on_over_the_antimeridian(tmp_path: Path):
    nodes = {1: (0.0, 0.0), 2: (200.0, 0.0), 3: (400.0, 0.0), 4: (600.0, 0.0)}
    path = write_osm(tmp_path / "a.osm", nodes, {10: ([1, 2, 3, 4], MAIN), 11: ([2, 3], SIDE)})
    west = write_osm(tmp_path / "b.osm", nodes, {10: ([1, 2, 3, 4], MAIN)})
    lines = west.read_text().splitlines()
    for i, longitude in enumerate(("179.9980", "179.9999", "-179.9980", "-179.9960")):
        lines[2 + i] = f"<node id='{i + 1}' lat='31.23' lon='{longitude}'/>"
    west.write_text("\n".join(lines))
    network = build(west)
    # 0.006 degrees of longitude at 31.23 N, of 95,256 m each.
    assert network.length_m == pytest.approx([571.5] * 2, abs=0.5)
    assert abs(network.origin_longitude) > 179.99
    assert set(build(path).segment_ids) == {"10:1-4", "10:4-1"}


# Names of files


@pytest.mark.parametrize("name", ["A.OSM", "a.Osm", "town 上海.osm"])
def test_capitals_and_foreign_letters_in_a_name_do_not_matter(tmp_path: Path, name: str):
    path = write_osm(tmp_path / name, ROW, {10: ([1, 2], MAIN)})
    assert build(path).segment_ids == ["10:1-2", "10:2-1"]


def test_a_way_may_bring_its_nodes_along(tmp_path: Path):
    """As Overpass writes them with `out geom`."""
    nodes = "".join(f"<nd ref='{i}' lat='31.23' lon='{121.47 + i / 500}'/>" for i in (1, 2))
    way = f"<way id='10'>{nodes}<tag k='highway' v='primary'/></way>"
    (tmp_path / "a.osm").write_text(f"<osm version='0.6'>{way}</osm>")
    assert build(tmp_path / "a.osm").length_m == pytest.approx([190.5] * 2, abs=0.1)
