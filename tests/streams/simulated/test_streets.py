"""The streets of a simulated city, read from SUMO's network and written as GMNS."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pandas as pd
import pytest

from streams.simulated.sensors import cameras_of, magnetometers_of, stations_of, write_detectors
from streams.simulated.streets import Lane, Link, Streets, along, read_streets, write_gmns

# A --ab--> B --bc--> C, back again by cb and ba, and a lane that nothing leaves: C --cd--> D.
NET = """<net>
 <location netOffset="0.00,0.00" projParameter="+proj=utm +zone=51 +ellps=WGS84 +units=m"/>
 <edge id=":B_0" function="internal"/>
 <edge id="ab" from="A" to="B" type="highway.primary" name="Long Road">
  <lane id="ab_0" speed="13.89" length="280.00" shape="0.00,-4.80 280.00,-4.80"/>
  <lane id="ab_1" speed="13.89" length="280.00" shape="0.00,-1.60 280.00,-1.60"/>
 </edge>
 <edge id="bc" from="B" to="C" type="highway.residential">
  <lane id="bc_0" speed="8.33" length="100.00" shape="300.00,-1.60 400.00,-1.60"/>
 </edge>
 <edge id="cb" from="C" to="B" type="highway.residential">
  <lane id="cb_0" speed="8.33" length="100.00" shape="400.00,1.60 300.00,1.60"/>
 </edge>
 <edge id="ba" from="B" to="A" type="highway.secondary">
  <lane id="ba_0" speed="13.89" length="280.00" shape="280.00,1.60 0.00,1.60"/>
 </edge>
 <edge id="cd" from="C" to="D" type="highway.residential">
  <lane id="cd_0" speed="8.33" length="50.00" shape="410.00,0.00 460.00,0.00"/>
 </edge>
 <junction id="A" type="priority" x="0.00" y="0.00"/>
 <junction id="B" type="traffic_light" x="290.00" y="0.00"/>
 <junction id=":B_0" type="internal" x="290.00" y="0.00"/>
 <junction id="C" type="priority" x="405.00" y="0.00"/>
 <junction id="D" type="dead_end" x="460.00" y="0.00"/>
 <connection from="ab" to="bc" fromLane="0" toLane="0"/>
 <connection from="ab" to="bc" fromLane="1" toLane="0"/>
 <connection from="bc" to="cb" fromLane="0" toLane="0"/>
 <connection from="bc" to="cd" fromLane="0" toLane="0"/>
 <connection from="cb" to="ba" fromLane="0" toLane="0"/>
 <connection from="ba" to="ab" fromLane="0" toLane="0"/>
 <connection from=":B_0" to="bc" fromLane="0" toLane="0"/>
</net>
"""


@pytest.fixture
def streets(tmp_path: Path) -> Streets:
    net = tmp_path / "net.xml"
    net.write_text(NET)
    return read_streets(net)


def test_inner_pieces_of_junctions_are_no_streets(streets: Streets) -> None:
    assert sorted(streets.links) == ["ab", "ba", "bc", "cb", "cd"]
    assert streets.turns["ab"] == ["bc"]
    assert streets.signals == {"B"}


def test_a_street_that_leads_nowhere_is_not_driven_to(streets: Streets) -> None:
    assert streets.connected() == ["ab", "ba", "bc", "cb"]


def test_the_quickest_way_follows_the_turns(streets: Streets) -> None:
    assert streets.path("ab", "ba") == ["ab", "bc", "cb", "ba"]
    assert streets.path("cd", "ab") == []


def test_gmns_has_a_row_for_each_street_and_turn(streets: Streets, tmp_path: Path) -> None:
    write_gmns(streets, "drawn", tmp_path / "drawn")
    links = pd.read_csv(tmp_path / "drawn" / "link.csv.gz").set_index("link_id")
    movements = pd.read_csv(tmp_path / "drawn" / "movement.csv.gz")
    assert links.loc["ab", ["lanes", "free_speed", "facility_type"]].tolist() == [2, 50, "primary"]
    assert links.loc["bc", "free_speed"] == 30
    assert movements.ib_link_id.tolist() == ["ab", "ba", "bc", "bc", "cb"]


def test_the_centre_line_lies_between_the_lanes(streets: Streets) -> None:
    assert streets.links["ab"].middle() == [
        (0.0, pytest.approx(-3.2)),
        (280.0, pytest.approx(-3.2)),
    ]


def test_a_share_of_a_line_is_a_point_and_a_bearing() -> None:
    corner = [(0.0, 0.0), (0.0, 30.0), (10.0, 30.0)]
    assert along(corner, 0.5) == ((0.0, 20.0), 0.0)
    assert along(corner, 1.0) == ((10.0, 30.0), pytest.approx(90.0))


def test_larger_streets_have_a_magnetometer_a_lane_and_long_ones_two(streets: Streets) -> None:
    found = [(s.link.link_id, s.lane, s.offset_m) for s in magnetometers_of(streets)]
    assert found == [
        ("ab", 0, 240.0), ("ab", 1, 240.0), ("ab", 0, 126.0), ("ab", 1, 126.0),
        ("ba", 0, 240.0), ("ba", 0, 126.0),
    ]  # fmt: skip


def test_cameras_watch_signals_where_many_lanes_arrive() -> None:
    lanes = [Lane(f"{k}", 100.0, 13.9, [(0.0, 0.0), (100.0, 0.0)]) for k in range(3)]
    links = {
        name: Link(name, "", name, "X", "secondary", lanes[:count])
        for name, count in (("n", 3), ("s", 2), ("e", 1))
    }
    nodes = {name: (0.0, 0.0) for name in (*links, "X")}
    streets = Streets(links, nodes, {"X"}, {name: [] for name in links}, (0.0, 0.0), "")
    assert [a.approach_id for a in cameras_of(streets, 1)] == ["k0:0", "k0:1", "k0:2"]
    links["n"] = Link("n", "", "n", "X", "secondary", lanes[:1])
    assert cameras_of(streets, 1) == []


def test_stations_of_a_motorway_see_vehicles_longer_than_they_are(tmp_path: Path) -> None:
    lanes = [Lane(f"{k}", 500.0, 27.8, [(0.0, 0.0), (500.0, 0.0)]) for k in range(2)]
    links = {
        name: Link(name, "", name, "X", kind, lanes)
        for name, kind in [*((f"m{k}", "motorway") for k in range(400)), ("s", "primary")]
    }
    nodes = {name: (0.0, 0.0) for name in (*links, "X")}
    streets = Streets(links, nodes, set(), {name: [] for name in links}, (0.0, 0.0), "")
    found = stations_of(streets, 30, 1)
    # Three of four sections of a motorway have one, on both lanes; no other street has.
    assert len(found) / 2 == pytest.approx(300, abs=25)
    assert {s.link.kind for s in found} == {"motorway"}
    assert [s.lane for s in found[:4]] == [0, 1, 0, 1]
    assert all(1.5 <= s.zone_m <= 5.5 and 150.0 <= s.offset_m <= 350.0 for s in found)
    path = tmp_path / "detectors.xml"
    write_detectors(found[:1], [], ["car", "truck0"], path)
    loop = ET.parse(path).find("inductionLoop")
    minutes = ET.parse(path).find("edgeData")
    assert loop is not None
    assert minutes is not None
    assert (loop.get("length"), loop.get("period")) == (str(found[0].zone_m), "30")
    assert minutes.get("vTypes") == "car truck0"
