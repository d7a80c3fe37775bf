"""GMNS folders to roads."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from mapmatch.building.assembly import assemble
from mapmatch.network import ROAD_CLASSES, NetworkError
from mapmatch.sources.gmns import read_gmns
from tests.mapmatch.sources.written import CONFIG, LINKS, NODES, changed, write_gmns


def test_a_link_becomes_the_segment_of_its_id(tmp_path: Path):
    roads = read_gmns(write_gmns(tmp_path))
    assert roads.segment_ids == ["1", "2", "3"]
    assert roads.name == "tiny"
    assert roads.names[0] == "East Road"
    assert ROAD_CLASSES[roads.road_class[0]] == "primary"
    assert roads.lanes.tolist() == [2, 2, 2]
    assert roads.free_speed_mps == pytest.approx([60 / 3.6] * 3)
    assert roads.node_has_signal.tolist() == [True, False, False]


def test_compressed_files_read_the_same(tmp_path: Path):
    plain, packed = write_gmns(tmp_path / "a"), write_gmns(tmp_path / "b", suffix=".csv.gz")
    assert np.array_equal(read_gmns(plain).vertex_longitude, read_gmns(packed).vertex_longitude)


def test_a_link_without_geometry_is_straight_and_as_long_as_drawn(tmp_path: Path):
    network, _ = assemble(read_gmns(write_gmns(tmp_path)))
    # A degree of latitude at 31.235 N is 110,868 m (WGS-84).
    assert network.length_m[2] == pytest.approx(1108.7, abs=0.3)
    assert network.length_m[0] == 955
    assert network.vertex_distance_m[network.vertex_offsets[1] - 1] == 955


def test_a_link_said_to_be_shorter_than_drawn_is_as_long_as_drawn(tmp_path: Path):
    links = changed(changed(LINKS, 0, length=900), 1, length=960)
    network, report = assemble(read_gmns(write_gmns(tmp_path, links=links)))
    # A degree of longitude at 31.23 N is 95,256 m; the first line bends by 11 m.
    assert network.length_m[:2] == pytest.approx([952.8, 960.0], abs=0.3)
    assert any("1 segments said to be shorter than drawn, by 6%" in n for n in report.notes)


def test_miles_and_miles_an_hour_become_metres_and_metres_a_second(tmp_path: Path):
    config = changed(CONFIG, 0, long_length="mi", speed="mph")
    roads = read_gmns(write_gmns(tmp_path, config=config, links=changed(LINKS, 0, length=0.6)))
    assert roads.length_m[0] == pytest.approx(965.6064)
    assert roads.free_speed_mps[0] == pytest.approx(26.8224)


def test_projected_coordinates_become_degrees(tmp_path: Path):
    # UTM zone 51 N, whose central meridian is 123 E: 500,000 m east is that meridian.
    nodes = [
        {"node_id": "a", "x_coord": 500_000, "y_coord": 3_455_000},
        {"node_id": "b", "x_coord": 501_000, "y_coord": 3_455_000},
    ]
    links = [LINKS[0] | {"geometry": "LINESTRING (500000 3455000, 501000 3455000)", "length": ""}]
    config = changed(CONFIG, 0, crs="EPSG:32651")
    roads = read_gmns(write_gmns(tmp_path, config=config, nodes=nodes, links=links))
    assert roads.node_longitude[0] == pytest.approx(123.0)
    network, _ = assemble(roads)
    # The scale on UTM's central meridian is 0.9996.
    assert network.length_m[0] == pytest.approx(1000 / 0.9996, abs=0.01)


def test_only_listed_movements_are_permitted(tmp_path: Path):
    network, _ = assemble(read_gmns(write_gmns(tmp_path, movements=[("1", "3")])))
    assert network.has_movements
    assert network.successors.tolist() == [2]
    assert network.predecessors.tolist() == [0]
    assert network.successor_offsets.tolist() == [0, 1, 1, 1]


def test_without_movements_every_turn_is_permitted(tmp_path: Path):
    network, _ = assemble(read_gmns(write_gmns(tmp_path)))
    assert not network.has_movements
    assert network.successors[: network.successor_offsets[1]].tolist() == [1, 2]


def test_a_link_for_buses_alone_is_marked_and_a_footway_dropped(tmp_path: Path):
    links = changed(changed(LINKS, 0, allowed_uses="bus"), 2, allowed_uses="walk,bike")
    roads = read_gmns(write_gmns(tmp_path, links=links))
    assert roads.segment_ids == ["1", "2"]
    assert roads.is_bus_only.tolist() == [True, False]
    assert [(d.count, d.reason) for d in roads.drops] == [(1, "closed to cars and buses")]


def test_a_loop_without_length_is_dropped_and_counted(tmp_path: Path):
    loop = {"from_node_id": "a", "to_node_id": "a", "geometry": "", "length": 0}
    network, report = assemble(read_gmns(write_gmns(tmp_path, links=changed(LINKS, 1, **loop))))
    assert network.segment_ids == ["1", "3"]
    assert report.drops[0].count == 1
    assert "line 3" in report.drops[0].example


def test_an_undirected_link_gets_its_way_back(tmp_path: Path):
    network, report = assemble(read_gmns(write_gmns(tmp_path, links=changed(LINKS, 0, directed=0))))
    assert network.segment_ids == ["1", "2", "3", "1:back"]
    assert network.from_node[3] == network.to_node[0]
    low, high = network.vertex_offsets[0], network.vertex_offsets[1]
    back = network.vertex_x[network.vertex_offsets[3] : network.vertex_offsets[4]]
    assert back.tolist() == network.vertex_x[low:high][::-1].tolist()
    assert network.length_m[3] == 955
    assert any("1 undirected links" in note for note in report.notes)


def test_a_line_drawn_backwards_is_turned_round_and_noted(tmp_path: Path):
    backwards = "LINESTRING (121.48 31.23, 121.475 31.2301, 121.47 31.23)"
    roads = read_gmns(write_gmns(tmp_path, links=changed(LINKS, 0, geometry=backwards)))
    assert roads.vertex_longitude[:3].tolist() == [121.47, 121.475, 121.48]
    assert roads.notes == ["1 links drawn from to_node to from_node: turned round"]


def test_a_line_drawn_elsewhere_is_noted(tmp_path: Path):
    elsewhere = "LINESTRING (121.50 31.25, 121.51 31.25)"
    roads = read_gmns(write_gmns(tmp_path, links=changed(LINKS, 0, geometry=elsewhere)))
    assert roads.notes == ["1 links drawn over 150 m away from their nodes"]


def test_lengths_in_no_known_unit_are_refused(tmp_path: Path):
    links = [row | {"length": 95_000} for row in LINKS]
    with pytest.raises(NetworkError, match=r"column 'length'.*expected lengths in the long_length"):
        read_gmns(write_gmns(tmp_path, links=links))


def test_movements_between_links_that_do_not_meet_are_dropped_and_counted(tmp_path: Path):
    roads = read_gmns(write_gmns(tmp_path, movements=[("1", "3"), ("3", "1")]))
    assert roads.drops[0].count == 1


LINK_FAULTS = [
    ({"length": -5}, "line 3, column 'length': '-5'"),
    ({"length": "long"}, "line 3, column 'length': 'long'"),
    ({"length": "nan"}, "line 3, column 'length': 'nan'"),
    ({"free_speed": "inf"}, "line 3, column 'free_speed': 'inf'"),
    ({"directed": "maybe"}, "line 3, column 'directed': 'maybe'"),
    ({"lanes": -1}, "line 3, column 'lanes': '-1'"),
    ({"from_node_id": "z"}, "line 3, column 'from_node_id': 'z', expected a node_id"),
    ({"link_id": "1"}, "line 3, column 'link_id': '1'"),
    ({"link_id": ""}, "line 3, column 'link_id': ''"),
    ({"geometry": "LINESTRING (121"}, "line 3, column 'geometry': 'LINESTRING (121'"),
    ({"geometry": "POINT (121 31)"}, "expected a WKT LINESTRING"),
    ({"geometry": "LINESTRING (121 31, nan nan)"}, "line 3, column 'geometry'"),
    ({"geometry": "LINESTRING (31.2 121.4, 31.3 121.4)"}, "latitude within 90"),
    ({"geometry": "LINESTRING (121.48 31.23, 0 0, 121.47 31.23)"}, "within 15 degrees of the nod"),
]


@pytest.mark.parametrize(("values", "message"), LINK_FAULTS)
def test_a_bad_link_is_named_by_line_column_and_value(tmp_path: Path, values, message: str):
    folder = write_gmns(tmp_path, links=changed(LINKS, 1, **values))
    with pytest.raises(NetworkError) as caught:
        read_gmns(folder)
    assert "link.csv" in str(caught.value)
    assert message in str(caught.value)
    assert "expected" in str(caught.value)


def test_a_line_is_counted_as_an_editor_counts_it(tmp_path: Path):
    """Two lines that are empty, and a name of two lines."""
    links = changed(changed(LINKS, 0, name="one\ntwo"), 1, length=-5)
    folder = write_gmns(tmp_path, links=links)
    text = (folder / "link.csv").read_text()
    (folder / "link.csv").write_text(text.replace("\n", "\n\n\n", 1))
    with pytest.raises(NetworkError, match=r"link.csv: line 6, column 'length': '-5'"):
        read_gmns(folder)


NODE_FAULTS = [
    ({"x_coord": "inf"}, "line 4, column 'x_coord': 'inf'"),
    ({"x_coord": ""}, "line 4, column 'x_coord': ''"),
    ({"x_coord": 31.2, "y_coord": 121.4}, "line 4, column 'x_coord': '31.2'"),
    ({"node_id": "a"}, "line 4, column 'node_id': 'a'"),
    ({"x_coord": 0, "y_coord": 0}, "line 4, column 'x_coord': '0', expected within 15 degrees"),
]


@pytest.mark.parametrize(("values", "message"), NODE_FAULTS)
def test_a_bad_node_is_named_by_line_column_and_value(tmp_path: Path, values, message: str):
    folder = write_gmns(tmp_path, nodes=changed(NODES, 2, **values))
    with pytest.raises(NetworkError) as caught:
        read_gmns(folder)
    assert "node.csv" in str(caught.value)
    assert message in str(caught.value)


def test_longitude_and_latitude_swapped_throughout_are_refused(tmp_path: Path):
    nodes = [row | {"x_coord": row["y_coord"], "y_coord": row["x_coord"]} for row in NODES]
    with pytest.raises(NetworkError, match=r"line 2, column 'y_coord': '121.47', expected within"):
        read_gmns(write_gmns(tmp_path, nodes=nodes))


CONFIG_FAULTS = [
    ({"long_length": "furlong"}, "column 'long_length': 'furlong', expected one of m"),
    ({"speed": "warp"}, "column 'speed': 'warp', expected one of kmh"),
    ({"crs": "EPSG:999999"}, "column 'crs': 'EPSG:999999'"),
]


@pytest.mark.parametrize(("values", "message"), CONFIG_FAULTS)
def test_an_unknown_unit_is_named(tmp_path: Path, values, message: str):
    folder = write_gmns(tmp_path, config=changed(CONFIG, 0, **values))
    with pytest.raises(NetworkError) as caught:
        read_gmns(folder)
    assert message in str(caught.value)


def test_an_unknown_link_in_a_movement_is_named(tmp_path: Path):
    with pytest.raises(NetworkError, match=r"movement.csv: line 2, column 'ob_link_id': '9'"):
        read_gmns(write_gmns(tmp_path, movements=[("1", "9")]))


@pytest.mark.parametrize("name", ["node", "link"])
def test_a_missing_file_is_named(tmp_path: Path, name: str):
    folder = write_gmns(tmp_path)
    (folder / f"{name}.csv").unlink()
    with pytest.raises(NetworkError, match=f"no {name}.csv"):
        read_gmns(folder)


def test_a_missing_column_is_named_with_those_found(tmp_path: Path):
    links = [{k: v for k, v in row.items() if k != "to_node_id"} for row in LINKS]
    with pytest.raises(NetworkError, match=r"no column 'to_node_id'.*found link_id"):
        read_gmns(write_gmns(tmp_path, links=links))


@pytest.mark.parametrize("name", ["config", "node", "link", "movement"])
def test_a_column_that_is_there_twice_is_named(tmp_path: Path, name: str):
    path = write_gmns(tmp_path, movements=[("1", "3")]) / f"{name}.csv"
    lines = path.read_text().splitlines()
    first = lines[0].split(",")[0]
    path.write_text("\n".join([f"{lines[0]},{first}", *(f"{line},1" for line in lines[1:])]))
    with pytest.raises(NetworkError, match=rf"{name}\.csv: 2 columns '{first}'"):
        read_gmns(tmp_path)


def test_a_config_with_other_separators_is_named_not_its_missing_units_guessed(tmp_path: Path):
    path = write_gmns(tmp_path) / "config.csv"
    path.write_text(path.read_text().replace(",", ";"))
    with pytest.raises(NetworkError, match=r"config\.csv: expected any of the columns"):
        read_gmns(tmp_path)


def test_a_folder_in_the_place_of_the_movements_is_not_taken_for_their_absence(tmp_path: Path):
    (write_gmns(tmp_path) / "movement.csv").mkdir()
    with pytest.raises(NetworkError, match=r"movement\.csv: cannot be read"):
        read_gmns(tmp_path)


def test_a_truncated_file_is_refused(tmp_path: Path):
    folder = write_gmns(tmp_path, suffix=".csv.gz")
    data = (folder / "link.csv.gz").read_bytes()
    (folder / "link.csv.gz").write_bytes(data[:-20])
    with pytest.raises(NetworkError, match=r"link.csv.gz: cannot be read"):
        read_gmns(folder)


@pytest.mark.parametrize("content", [b"", b"link_id,from_node_id\n1,2,3\n", b"\xff\xfe\x00a,b\n1"])
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, content: bytes):
    folder = write_gmns(tmp_path)
    (folder / "link.csv").write_bytes(content)
    with pytest.raises(NetworkError, match=r"link.csv"):
        read_gmns(folder)


def test_a_file_with_a_header_only_has_no_segments(tmp_path: Path):
    folder = write_gmns(tmp_path)
    header = (folder / "link.csv").read_text().splitlines()[0]
    (folder / "link.csv").write_text(header + "\n")
    with pytest.raises(NetworkError, match="no rows, expected at least one link"):
        read_gmns(folder)


def test_links_that_all_drop_leave_an_error_that_says_why(tmp_path: Path):
    links = [row | {"allowed_uses": "walk"} for row in LINKS]
    with pytest.raises(NetworkError, match=r"no segment.*3 links: closed to cars and buses"):
        assemble(read_gmns(write_gmns(tmp_path, links=links)))


def test_random_bytes_in_place_of_a_compressed_file_are_refused(tmp_path: Path):
    folder = write_gmns(tmp_path, suffix=".csv.gz")
    (folder / "node.csv.gz").write_bytes(gzip.compress(bytes(range(256)) * 4))
    with pytest.raises(NetworkError, match=r"node.csv.gz"):
        read_gmns(folder)
