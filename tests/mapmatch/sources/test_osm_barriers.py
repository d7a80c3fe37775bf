"""Barriers on OpenStreetMap ways: where roads end, and where only buses go on."""

from pathlib import Path

from mapmatch.building.assembly import assemble
from mapmatch.building.report import BuildReport
from mapmatch.network import Network
from mapmatch.sources.osm import read_osm
from tests.mapmatch.sources.written import write_osm

# A street from west (1) to east (3) with a barrier (2) in its middle, 4 north of it.
NODES = {1: (0.0, 0.0), 5: (70.0, 0.0), 2: (100.0, 0.0), 3: (200.0, 0.0), 4: (100.0, 100.0)}
STREET = {"highway": "residential"}


def build(tmp_path: Path, refs: dict[int, list[int]], **tags: str) -> tuple[Network, BuildReport]:
    ways = {way: (nodes, STREET) for way, nodes in refs.items()}
    return assemble(read_osm(write_osm(tmp_path / "a.osm", NODES, ways, node_tags={2: tags})))


def turns(network: Network) -> set[tuple[str, str]]:
    return {
        (network.segment_ids[i], network.segment_ids[j])
        for i in range(network.segment_count)
        for j in network.successors[network.successor_offsets[i] : network.successor_offsets[i + 1]]
    }


def test_a_road_ends_at_a_bollard_on_both_sides(tmp_path: Path):
    network, report = build(tmp_path, {10: [1, 2, 3]}, barrier="bollard")
    assert turns(network) == {
        ("10:1-2", "10:2-1"), ("10:3-2", "10:2-3"),
        ("10:2-1", "10:1-2"), ("10:2-3", "10:3-2"),
    }  # fmt: skip
    assert report.notes[0] == "1 barriers that neither cars nor buses pass: roads end there"


def test_a_bollard_between_two_ways_parts_them(tmp_path: Path):
    network, _ = build(tmp_path, {10: [1, 2], 11: [2, 3]}, barrier="bollard")
    assert ("10:1-2", "11:2-3") not in turns(network)
    assert ("10:1-2", "10:2-1") in turns(network)


def test_an_open_gate_does_not_even_cut_the_road(tmp_path: Path):
    network, _ = build(tmp_path, {10: [1, 2, 3]}, barrier="gate")
    assert network.segment_ids == ["10:1-3", "10:3-1"]


def test_past_a_barrier_for_buses_a_short_stretch_is_theirs(tmp_path: Path):
    network, report = build(tmp_path, {10: [1, 5, 2, 3]}, barrier="bollard", bus="yes")
    buses = dict(zip(network.segment_ids, network.is_bus_only.tolist(), strict=True))
    assert buses == {
        "10:1-5": False, "10:5-1": False, "10:5-2": True, "10:2-5": True,
        "10:2-3": False, "10:3-2": False,
    }  # fmt: skip
    assert ("10:1-5", "10:5-2") in turns(network)
    assert ("10:1-5", "10:5-1") in turns(network)
    assert "1 barriers that only buses pass" in report.notes


def test_a_barrier_at_a_junction_closes_no_road_and_is_said(tmp_path: Path):
    network, report = build(tmp_path, {10: [1, 2, 3], 11: [2, 4]}, barrier="bollard")
    assert ("10:1-2", "10:2-3") in turns(network)
    assert [(d.what, d.example) for d in report.drops] == [("barriers", "node 2")]


def test_a_barrier_at_the_end_of_a_road_changes_nothing(tmp_path: Path):
    network, report = build(tmp_path, {10: [1, 2]}, barrier="bollard", bus="yes")
    assert network.segment_ids == ["10:1-2", "10:2-1"]
    assert not network.is_bus_only.any()
    assert report.drops == ()
