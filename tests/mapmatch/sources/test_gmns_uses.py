"""Who drives along GMNS links, and what kind of road they are."""

from pathlib import Path

import pytest

from mapmatch.network import ROAD_CLASSES
from mapmatch.sources.gmns import read_gmns
from tests.mapmatch.sources.written import CORNERS, TOWN, Row, both, street, write_csv, write_gmns


def test_nothing_is_refused_for_what_nobody_drives(tmp_path: Path):
    walk: Row = {"length": -1, "lanes": "x", "geometry": "POINT (1 2)", "allowed_uses": "walk"}
    blank: Row = {"length": "", "lanes": "", "geometry": "", "allowed_uses": ""}
    links = [blank | link for link in TOWN] + [street("12", "9", "8", **walk)]
    nodes = [*CORNERS, {"node_id": "9", "x_coord": 0, "y_coord": 0}]
    nodes.append({"node_id": "1000", "x_coord": "", "y_coord": ""})
    roads = read_gmns(write_gmns(tmp_path, nodes=nodes, links=links))
    assert len(roads.segment_ids) == 6
    assert roads.node_ids == ["1", "2", "3", "4"]
    assert [(d.count, d.example) for d in roads.drops] == [(1, "link.csv line 8")]


@pytest.mark.parametrize(
    ("uses", "kind", "who"),
    [
        ("", "footway", "nobody"),
        ("", "steps", "nobody"),
        ("", "Sidewalk", "nobody"),
        ("", "BIKEWAY", "nobody"),
        ("", "busway", "buses"),
        ("", "primary", "all"),
        ("", "", "all"),
        ("auto", "footway", "all"),
        ("AUTO, BIKE", "", "all"),
        ("auto;bus", "", "all"),
        ("walk;bike;auto", "", "all"),
        ("['auto', 'bike']", "", "all"),
        ("Bus", "primary", "buses"),
        ("bus;walk", "primary", "buses"),
        ("WALK; BIKE", "primary", "nobody"),
        ("railway", "rail", "nobody"),
        ("NaN", "footway", "nobody"),
        ("rickshaw", "primary", "all"),
        ("rickshaw;bike", "primary", "nobody"),
        ("MOTOR_GROUP", "primary", "all"),
        ("foot_group", "primary", "nobody"),
    ],
)
def test_who_may_drive_is_told_by_the_uses_or_else_by_the_kind(
    tmp_path: Path, uses: str, kind: str, who: str
):
    links = [{"allowed_uses": "", "facility_type": ""} | link for link in TOWN]
    links += both("1", "4", allowed_uses=uses, facility_type=kind)
    groups: list[Row] = [
        {"use_group": "motor_group", "uses": "auto,bus"},
        {"use_group": "foot_group", "uses": "walk"},
    ]
    folder = write_gmns(tmp_path, nodes=CORNERS, links=links)
    write_csv(folder / "use_group.csv", groups)
    roads = read_gmns(folder)
    found = dict(zip(roads.segment_ids, roads.is_bus_only.tolist(), strict=True))
    assert found.get("14") == {"nobody": None, "buses": True, "all": False}[who]
    assert any("rickshaw" in note for note in roads.notes) == ("rickshaw" in uses)


@pytest.mark.parametrize(
    ("kind", "road_class"),
    [("Freeway", "motorway"), ("On-Ramp", "motorway_link"), ("minor arterial", "secondary"),
     ("highway.tertiary", "tertiary"), ("['residential', 'tertiary']", "residential")],
)  # fmt: skip
def test_kinds_of_roads_are_known_by_many_names(tmp_path: Path, kind: str, road_class: str):
    links = both("1", "2", facility_type=kind)
    roads = read_gmns(write_gmns(tmp_path, nodes=CORNERS, links=links))
    assert ROAD_CLASSES[roads.road_class[0]] == road_class
    assert roads.notes == []
