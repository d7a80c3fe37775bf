"""GMNS folders as other programs write them: little said, drawn backwards, with walking links."""

from pathlib import Path

import numpy as np
import pytest
from pyproj import Transformer

from mapmatch.building.assembly import assemble
from mapmatch.building.build import artefact_for
from mapmatch.network import ROAD_CLASSES, Network, NetworkError
from mapmatch.sources.gmns import read_gmns
from mapmatch.sources.roads import Roads
from tests.mapmatch.sources.written import (
    CONFIG,
    CORNERS,
    LINKS,
    NODES,
    TOWN,
    Row,
    both,
    changed,
    street,
    write_csv,
    write_gmns,
)  # fmt: skip


def read(folder: Path, links: list[Row], **files: object) -> Roads:
    return read_gmns(write_gmns(folder, nodes=CORNERS, links=links, **files))  # type: ignore[arg-type]


def turns(network: Network) -> set[tuple[str, str]]:
    return {
        (network.segment_ids[i], network.segment_ids[j])
        for i in range(network.segment_count)
        for j in network.successors[network.successor_offsets[i] : network.successor_offsets[i + 1]]
    }


def longitudes(roads: Roads, link_id: str) -> list[float]:
    i = roads.segment_ids.index(link_id)
    return roads.vertex_longitude[slice(*roads.vertex_offsets[i : i + 2])].tolist()


# Units


@pytest.mark.parametrize(
    ("length", "unit", "speed", "mps"),
    [
        (476.3, "m", "km/h", 50 / 3.6),
        (0.4763, "km", "km/h", 50 / 3.6),
        (1562.6, "foot", "mph", 22.352),
        (0.29595, "mile", "mph", 22.352),
    ],
)
def test_without_a_config_the_unit_is_the_one_in_which_links_are_as_long_as_drawn(
    tmp_path: Path, length: float, unit: str, speed: str, mps: float
):
    links = both("1", "2", length=length, free_speed=50)
    folder = write_gmns(tmp_path, nodes=CORNERS, links=links)
    (folder / "config.csv").unlink()
    roads = read_gmns(folder)
    assert roads.length_m == pytest.approx([476.3] * 2, rel=1e-3)
    assert roads.free_speed_mps == pytest.approx([mps] * 2)
    assert f"lengths in {unit} as drawn, speeds in {speed}" in roads.notes[0]


def test_without_a_config_coordinates_that_are_no_degrees_are_refused(tmp_path: Path):
    nodes = [row | {"x_coord": 500_000, "y_coord": 3_455_000} for row in CORNERS]
    folder = write_gmns(tmp_path, nodes=nodes, links=TOWN)
    (folder / "config.csv").unlink()
    with pytest.raises(NetworkError, match=r"'500000', expected within 180 .* names the crs"):
        read_gmns(folder)


@pytest.mark.parametrize(("told", "length"), [("mile", 1562.6), ("m", 0.4763), ("foot", 476.3)])
def test_lengths_in_another_known_unit_than_config_says_are_read_in_it_and_noted(
    tmp_path: Path, told: str, length: float
):
    config = changed(CONFIG, 0, long_length=told)
    roads = read(tmp_path, both("1", "2", length=length), config=config)
    assert roads.length_m == pytest.approx([476.3] * 2, rel=1e-3)
    assert f"not in {told} as config.csv says" in roads.notes[0]


@pytest.mark.parametrize(
    ("value", "mps"),
    [("25 mph", 11.176), ("['25 mph', '30 mph']", 11.176), ("40", 40 / 3.6), ("40.0", 40 / 3.6)],
)
def test_a_speed_may_name_its_unit_or_be_the_first_of_a_list(
    tmp_path: Path, value: str, mps: float
):
    roads = read(tmp_path, both("1", "2", free_speed=value, lanes="['2', '3']"))
    assert roads.free_speed_mps[0] == pytest.approx(mps)
    assert roads.lanes[0] == 2


@pytest.mark.parametrize(
    ("length", "speed", "metres", "mps"),
    [("Mile", "Miles per hour", 804.672, 13.4112), ("US_survey_foot", "ft/s", 500, 9.144),
     ("Kilometers", "KM/H", 500, 30 / 3.6)],
)  # fmt: skip
def test_units_are_known_by_many_names(
    tmp_path: Path, length: str, speed: str, metres: float, mps: float
):
    config = changed(CONFIG, 0, long_length=length, speed=speed, crs="4326.0")
    stated = {"Mile": 0.5, "US_survey_foot": 500 / 0.3048, "Kilometers": 0.5}[length]
    roads = read(tmp_path, both("1", "2", length=stated, free_speed=30), config=config)
    assert roads.length_m[0] == pytest.approx(metres)
    assert roads.free_speed_mps[0] == pytest.approx(mps)


def test_a_config_without_units_is_noted(tmp_path: Path):
    links = both("1", "2", length=0.29595, free_speed=30)
    for told, speed, mps in (("", "mph", 30 * 0.44704), ("m/s", "m/s", 30)):
        roads = read(tmp_path, links, config=[{"crs": "WGS 84", "speed": told}])
        assert roads.free_speed_mps[0] == pytest.approx(mps)
        assert roads.notes == [f"config.csv lacks units: lengths in mile, speeds in {speed}"]


# Shapes


@pytest.mark.parametrize("flag", [-1, "-1.0", 1, 0, ""])
def test_both_ways_of_a_block_may_share_one_drawing(tmp_path: Path, flag: object):
    line = "LINESTRING (121.470 31.23, 121.472 31.2301, 121.475 31.23)"
    links = [
        street("12", "1", "2", geometry=line, dir_flag=1),
        street("21", "2", "1", geometry=line, dir_flag=flag),
    ]
    roads = read(tmp_path, links)
    assert longitudes(roads, "12") == [121.470, 121.472, 121.475]
    assert longitudes(roads, "21") == [121.475, 121.472, 121.470]
    noted = [note for note in roads.notes if "turned round" in note]
    assert bool(noted) == (str(flag) not in ("-1", "-1.0"))


def test_a_loop_is_driven_as_dir_flag_says(tmp_path: Path):
    line = "LINESTRING (121.470 31.23, 121.471 31.231, 121.472 31.23, 121.470 31.23)"
    loop = {"geometry": line, "length": 560}
    links = [*TOWN, street("a", "1", "1", **loop), street("b", "1", "1", dir_flag=-1, **loop)]
    for link in links:
        link.setdefault("dir_flag", "")
    roads = read(tmp_path, [{"geometry": "", "length": ""} | link for link in links])
    assert longitudes(roads, "a") == [121.470, 121.471, 121.472, 121.470]
    assert longitudes(roads, "b") == [121.470, 121.472, 121.471, 121.470]


def test_shapes_stand_in_a_table_of_their_own(tmp_path: Path):
    links = [
        street("12", "1", "2", geometry_id=7, dir_flag=1),
        street("21", "2", "1", geometry_id=7, dir_flag=-1),
        street("23", "2", "3", geometry_id=8, dir_flag=1),
        street("32", "3", "2", geometry_id="", dir_flag=1),
    ]
    folder = write_gmns(tmp_path, nodes=CORNERS, links=links)
    line = "LINESTRING (121.470 31.23, 121.472 31.235, 121.475 31.23)"
    rows: list[Row] = [{"geometry_id": 7, "geometry": line}, {"geometry_id": 9, "geometry": "no"}]
    write_csv(folder / "geometry.csv", rows)
    roads = read_gmns(folder)
    assert longitudes(roads, "12") == [121.470, 121.472, 121.475]
    assert longitudes(roads, "21") == [121.475, 121.472, 121.470]
    assert longitudes(roads, "23") == [121.475, 121.480]
    assert roads.notes == [
        "1 links have a geometry_id without a line in geometry.csv (first: line 4 of link.csv): "
        "straight"
    ]


def test_a_bad_line_of_the_table_of_shapes_is_named_where_it_stands(tmp_path: Path):
    folder = write_gmns(tmp_path, nodes=CORNERS, links=both("1", "2", geometry_id=7))
    write_csv(folder / "geometry.csv", [{"geometry_id": 7, "geometry": "POINT (1 2)"}])
    with pytest.raises(NetworkError, match=r"geometry\.csv: line 2, column 'geometry': 'POINT"):
        read_gmns(folder)


def test_lines_in_metres_beside_nodes_in_degrees_are_in_the_nodes_zone(tmp_path: Path):
    """As the specification's own conversion of OpenStreetMap has them, without a config.csv."""
    to_metres = Transformer.from_crs("EPSG:4326", "EPSG:32651", always_xy=True)
    x, y = to_metres.transform([121.470, 121.472, 121.475], [31.23, 31.2301, 31.23])
    line = ", ".join(f"{a:.3f} {b:.3f}" for a, b in zip(x, y, strict=True))
    folder = write_gmns(tmp_path, nodes=CORNERS, links=both("1", "2", geometry_id=7))
    write_csv(folder / "geometry.csv", [{"geometry_id": 7, "geometry": f"LINESTRING ({line})"}])
    (folder / "config.csv").unlink()
    roads = read_gmns(folder)
    assert longitudes(roads, "12") == pytest.approx([121.470, 121.472, 121.475], abs=1e-7)
    assert "lines are in metres of EPSG:32651 (UTM), nodes in degrees" in roads.notes


def test_a_named_shape_without_a_table_is_noted(tmp_path: Path):
    roads = read(tmp_path, both("1", "2", geometry_id=7))
    assert roads.notes == ["2 links have a geometry_id but there is no geometry.csv: straight"]


def test_another_table_of_shapes_is_another_source(tmp_path: Path):
    folder = write_gmns(tmp_path / "src", nodes=CORNERS, links=both("1", "2", geometry_id=7))
    first = artefact_for(folder, tmp_path / "cache")
    line = "LINESTRING (121.470 31.23, 121.475 31.23)"
    write_csv(folder / "geometry.csv", [{"geometry_id": 7, "geometry": line}])
    assert artefact_for(folder, tmp_path / "cache") != first


@pytest.mark.parametrize(
    "geometry",
    [
        "MULTILINESTRING ((121.470 31.23, 121.472 31.2301, 121.475 31.23))",
        "MULTILINESTRING ((121.470 31.23, 121.472 31.2301), (121.472 31.2301, 121.475 31.23))",
        "LINESTRING Z (121.470 31.23 4, 121.472 31.2301 5, 121.475 31.23 4)",
        "SRID=4326;LINESTRING (121.470 31.23, 121.472 31.2301, 121.475 31.23)",
        "linestring(121.470 31.23,121.472 31.2301,121.475 31.23)",
    ],
)
def test_a_line_is_known_however_it_is_written(tmp_path: Path, geometry: str):
    roads = read(tmp_path, [street("12", "1", "2", geometry=geometry)])
    assert longitudes(roads, "12") == [121.470, 121.472, 121.475]


def test_the_column_of_lines_may_be_called_as_other_programs_call_it(tmp_path: Path):
    line = "LINESTRING (121.470 31.23, 121.472 31.2301, 121.475 31.23)"
    assert longitudes(read(tmp_path, [street("12", "1", "2", WKT=line)]), "12")[1] == 121.472


def test_parts_that_make_no_line_are_refused(tmp_path: Path):
    apart = "MULTILINESTRING ((121.470 31.23, 121.472 31.23), (121.473 31.23, 121.475 31.23))"
    with pytest.raises(NetworkError, match=r"line 2, column 'geometry': 'MULTILINESTRING"):
        read(tmp_path, [street("12", "1", "2", geometry=apart)])


def test_an_empty_line_is_no_line(tmp_path: Path):
    roads = read(tmp_path, [street("12", "1", "2", geometry="LINESTRING EMPTY")])
    assert longitudes(roads, "12") == [121.470, 121.475]


# Turns


def test_nodes_of_which_no_turn_is_listed_keep_all(tmp_path: Path):
    nodes = [*CORNERS, {"node_id": "5", "x_coord": 121.480, "y_coord": 31.235}]
    links = [*TOWN, *both("3", "5")]
    folder = write_gmns(tmp_path, nodes=nodes, links=links, movements=[("12", "23"), ("32", "21")])
    network, report = assemble(read_gmns(folder))
    assert turns(network) == {
        ("12", "23"), ("32", "21"), ("23", "35"), ("53", "32"),
        ("21", "12"), ("24", "42"), ("35", "53"),
    }  # fmt: skip
    assert any("lists no turn at 1 of 2 junctions" in note for note in report.notes)


def test_a_list_that_leaves_out_dead_ends_only_is_whole(tmp_path: Path):
    roads = read(tmp_path, TOWN, movements=[("12", "23"), ("32", "21")])
    assert turns(assemble(roads)[0]) == {("12", "23"), ("32", "21")}
    assert roads.notes == []


def test_a_turn_of_an_undirected_link_is_the_one_at_its_node(tmp_path: Path):
    links = [
        street("12", "1", "2", directed=0),
        street("32", "3", "2", directed=0),
        street("24", "2", "4", directed=1),
    ]
    rows: list[Row] = [
        {"node_id": "2", "ib_link_id": "12", "ob_link_id": "32"},
        {"node_id": "2", "ib_link_id": "32", "ob_link_id": "24"},
        {"node_id": "2", "ib_link_id": "12", "ob_link_id": "12"},
    ]
    folder = write_gmns(tmp_path, nodes=CORNERS, links=links)
    write_csv(folder / "movement.csv", rows)
    assert turns(assemble(read_gmns(folder))[0]) == {
        ("12", "32:back"), ("32", "24"), ("12", "12:back"),
    }  # fmt: skip


def test_a_turn_that_cars_and_buses_may_not_make_is_dropped_and_counted(tmp_path: Path):
    links = [{"allowed_uses": ""} | link for link in TOWN]
    links[-1]["allowed_uses"] = "bike"
    rows: list[Row] = [
        {"ib_link_id": "12", "ob_link_id": "23", "allowed_uses": "all"},
        {"ib_link_id": "12", "ob_link_id": "24", "allowed_uses": "bike;walk"},
        {"ib_link_id": "42", "ob_link_id": "21", "allowed_uses": ""},
    ]
    folder = write_gmns(tmp_path, nodes=CORNERS, links=links)
    write_csv(folder / "movement.csv", rows)
    roads = read_gmns(folder)
    assert turns(assemble(roads)[0]) == {("12", "23")}
    assert [(d.what, d.count, d.example) for d in roads.drops] == [
        ("links", 1, "link.csv line 7"),
        ("movements", 2, "movement.csv line 3"),
    ]


# Tables


def test_blank_rows_and_columns_without_a_name_are_left_out(tmp_path: Path):
    folder = write_gmns(tmp_path, nodes=CORNERS, links=both("1", "2", length="x"))
    for name in ("config", "node", "link"):
        path = folder / f"{name}.csv"
        lines = path.read_text().splitlines()
        blank = "," * (lines[0].count(",") + 2)
        path.write_text("\n".join([f"{lines[0]},,", *(f"{x},," for x in lines[1:])]))
        with path.open("a") as file:
            file.write("\n" + "\n".join([blank, f" {blank}", blank, ",", blank * 2]) + "\n")
    with pytest.raises(NetworkError, match=r"link.csv: line 2, column 'length': 'x'"):
        read_gmns(folder)
    path.write_text(path.read_text().replace("x", "470"))
    assert read_gmns(folder).segment_ids == ["12", "21"]


def test_a_line_after_blank_rows_is_counted_as_an_editor_counts_it(tmp_path: Path):
    folder = write_gmns(tmp_path, nodes=CORNERS, links=both("1", "2", length="x"))
    text = (folder / "link.csv").read_text().splitlines()
    text[1:2] = [",,,,", text[1].replace("x", "470"), ",,,,"]
    (folder / "link.csv").write_text("\n".join(text))
    with pytest.raises(NetworkError, match=r"link.csv: line 5, column 'length': 'x'"):
        read_gmns(folder)


def test_capitals_in_names_and_values_do_not_matter(tmp_path: Path):
    folder = write_gmns(tmp_path, links=changed(LINKS, 0, directed="TRUE", allowed_uses="ALL"))
    for name in ("config", "node", "link"):
        path = folder / f"{name}.csv"
        header, rest = path.read_text().split("\n", 1)
        path.with_name(f"{name.capitalize()}.CSV").write_text(f"{header.upper()}\n{rest}")
        path.unlink()
    roads = read_gmns(folder)
    assert roads.segment_ids == ["1", "2", "3"]
    assert roads.name == "tiny"


def test_names_cut_as_a_shapefile_cuts_them_are_known(tmp_path: Path):
    folder = write_gmns(tmp_path, links=changed(LINKS, 0, allowed_uses="bus"))
    header, rest = (folder / "link.csv").read_text().split("\n", 1)
    cut = ",".join(name[:10] for name in header.split(","))
    (folder / "link.csv").write_text(f"{cut}\n{rest}")
    roads = read_gmns(folder)
    assert roads.is_bus_only.tolist() == [True, False, False]
    assert ROAD_CLASSES[roads.road_class[0]] == "primary"


def test_ids_that_a_table_of_decimal_numbers_wrote_are_the_same_ids(tmp_path: Path):
    links = [
        row | {"from_node_id": f"{row['from_node_id']}.0", "to_node_id": f"{row['to_node_id']}.0"}
        for row in TOWN
    ]
    roads = read(tmp_path, links)
    assert roads.node_ids == ["1", "2", "3", "4"]
    assert roads.from_node.tolist() == [0, 1, 1, 2, 1, 3]


def test_tables_put_one_behind_the_other_tell_each_row_once(tmp_path: Path):
    """A header in the middle, one row twice; a link of the same id but other ends is refused."""
    folder = write_gmns(tmp_path, nodes=CORNERS, links=both("1", "2"))
    for name in ("node", "link"):
        path = folder / f"{name}.csv"
        path.write_text(path.read_text() * 2)
    roads = read_gmns(folder)
    assert roads.segment_ids == ["12", "21"]
    assert [(d.what, d.count, d.example) for d in roads.drops] == [
        ("nodes", 5, "node.csv line 6"), ("links", 3, "link.csv line 4"),
    ]  # fmt: skip
    with (folder / "link.csv").open("a") as file:
        file.write("12,2,3,residential\n")
    with pytest.raises(NetworkError, match=r"line 7, column 'link_id': '12', expected an id that"):
        read_gmns(folder)


@pytest.mark.parametrize("value", ["signal", "Signalized", "traffic_signal", "signal_with_RTOR"])
def test_signals_are_known_by_their_names(tmp_path: Path, value: str):
    folder = write_gmns(tmp_path, nodes=changed(NODES, 1, ctrl_type=value))
    assert read_gmns(folder).node_has_signal.tolist() == [True, True, False]
    path = folder / "node.csv"
    path.write_text(path.read_text().replace("ctrl_type", "control_type"))
    assert read_gmns(folder).node_has_signal.tolist() == [True, True, False]


def test_osm2gmns_output_is_read_as_it_comes(tmp_path: Path):
    """The columns that osm2gmns 1.0 writes, which writes no config.csv."""
    (tmp_path / "node.csv").write_text(
        "name,node_id,osm_node_id,ctrl_type,x_coord,y_coord,is_boundary,activity_type,poi_id,"
        "zone_id,notes\n"
        ",0,5590,signal,121.4700000,31.2300000,0,residential,,,\n"
        ",1,5591,,121.4750000,31.2300000,0,residential,,,\n"
    )
    line = '"LINESTRING (121.47 31.23, 121.475 31.23)"'
    back = '"LINESTRING (121.475 31.23, 121.47 31.23)"'
    (tmp_path / "link.csv").write_text(
        "link_id,name,osm_way_id,from_node_id,to_node_id,directed,geometry,dir_flag,length,"
        "facility_type,link_type,free_speed,lanes,capacity,allowed_uses,notes\n"
        f"0,East Road,77,0,1,1,{line},1,476.42,residential,6,40,1,,auto;bike;walk,\n"
        f"1,East Road,77,1,0,1,{back},1,476.42,residential,6,40,,,auto;bike;walk,\n"
        f"2,,78,1,0,1,{back},1,476.42,footway,10,,,,walk,\n"
    )
    roads = read_gmns(tmp_path)
    assert roads.segment_ids == ["0", "1"]
    assert roads.length_m.tolist() == [476.42, 476.42]
    assert roads.free_speed_mps == pytest.approx([40 / 3.6] * 2)
    assert roads.node_has_signal.tolist() == [True, False]
    assert np.array_equal(roads.lanes, [1, 0])
