"""Pieces without length between two nodes at one place."""

from pathlib import Path

from mapmatch.building.assembly import assemble
from mapmatch.network import Network
from mapmatch.sources.gmns import read_gmns
from mapmatch.sources.osm import read_osm
from tests.mapmatch.sources.written import (
    CORNERS,
    both,
    street,
    write_csv,
    write_gmns,
    write_osm,
)  # fmt: skip

ROAD = {"highway": "primary"}
# 2, 3 and 7 lie at one place; a street comes from the north to 2 and goes south from 7.
NODES = {
    1: (0.0, 0.0), 2: (300.0, 0.0), 3: (300.0, 0.0), 7: (300.0, 0.0), 4: (600.0, 0.0),
    5: (300.0, 200.0), 6: (300.0, -200.0),
}  # fmt: skip
WAYS = {
    10: ([1, 2], ROAD), 11: ([2, 3], ROAD), 14: ([3, 7], ROAD), 12: ([7, 4], ROAD),
    13: ([5, 2], ROAD), 15: ([7, 6], ROAD),
}  # fmt: skip


def turns(network: Network) -> set[tuple[str, str]]:
    return {
        (network.segment_ids[i], network.segment_ids[j])
        for i in range(network.segment_count)
        for j in network.successors[network.successor_offsets[i] : network.successor_offsets[i + 1]]
    }


def test_a_road_goes_on_over_pieces_without_length(tmp_path: Path):
    network, report = assemble(read_osm(write_osm(tmp_path / "a.osm", NODES, WAYS, signals={3})))
    assert len(network.segment_ids) == 8
    assert {b for a, b in turns(network) if a == "10:1-2"} == {"12:7-4", "13:2-5", "15:7-6"}
    assert {b for a, b in turns(network) if a == "15:6-7"} == {"12:7-4", "13:2-5", "10:2-1"}
    at = network.to_node[network.segment_ids.index("10:1-2")]
    assert at == network.from_node[network.segment_ids.index("12:7-4")]
    assert network.node_has_signal[at]
    assert len(network.node_ids) == 5
    assert [(d.count, d.what) for d in report.drops] == [(4, "segments")]


def test_a_ban_at_a_piece_without_length_holds(tmp_path: Path):
    ban = [("from", "way", 10), ("via", "node", 2), ("to", "way", 13)]
    bans = [({"restriction": "no_left_turn"}, ban)]
    path = write_osm(tmp_path / "a.osm", NODES, WAYS, restrictions=bans)
    found = turns(assemble(read_osm(path))[0])
    assert {b for a, b in found if a == "10:1-2"} == {"12:7-4", "15:7-6"}


def test_links_without_length_are_passed_with_and_without_listed_turns(tmp_path: Path):
    nodes = [*CORNERS, CORNERS[1] | {"node_id": "2b"}]
    links = [*both("1", "2"), *both("2", "2b"), *both("2b", "3"), *both("2", "4")]
    folder = write_gmns(tmp_path, nodes=nodes, links=links)
    assert ("12", "2b3") in turns(assemble(read_gmns(folder))[0])
    listed = [("12", "22b"), ("22b", "2b3"), ("32b", "2b2"), ("2b2", "24")]
    rows = [{"ib_link_id": before, "ob_link_id": after} for before, after in listed]
    write_csv(folder / "movement.csv", rows)  # type: ignore[arg-type]
    network, _ = assemble(read_gmns(folder))
    assert turns(network) == {("12", "2b3"), ("32b", "24")}


def test_nodes_apart_stay_apart_where_only_the_line_is_a_point(tmp_path: Path):
    point = "LINESTRING (121.475 31.23, 121.475 31.23)"
    links = [*both("1", "2", geometry=""), street("23", "2", "3", geometry=point)]
    links += both("3", "4", geometry="")
    network, report = assemble(read_gmns(write_gmns(tmp_path, nodes=CORNERS, links=links)))
    assert ("12", "34") not in turns(network)
    assert [d.example for d in report.drops] == ["23"]
