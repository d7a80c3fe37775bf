"""Who is proposed to go: by travel time on the speeds of now, and why in one line."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from congestion.records import STATES
from incidents.dispatch.patrols import Patrol, Patrols
from incidents.dispatch.settings import DispatchSettings
from incidents.kernels.travel import times_to
from incidents.records import Alert
from mapmatch.projection import LocalPlane
from tests.drawing import draw
from tests.incidents.cases.told import MINUTE, detected
from tests.reference import travel as reference

TOWN = draw(
    """
    A---B---C---D
        |   |
        E->-F
    """,
    cell_m=100,
)
NETWORK = TOWN.network
PLANE = LocalPlane(NETWORK)
FREE_MPS = float(NETWORK.free_speed_mps[0])


def at(node: str, patrol_id: str, **more: object) -> Patrol:
    """Give a free patrol at a node."""
    number = NETWORK.node_ids.index(node)
    longitude, latitude = PLANE.to_degrees(NETWORK.node_x[[number]], NETWORK.node_y[[number]])
    plain = Patrol(patrol_id, MINUTE, float(longitude[0]), float(latitude[0]), "free")
    return replace(plain, **more)  # type: ignore[arg-type]


def case_on(segment_id: str, offset_m: float, **more: object) -> Alert:
    """Give a case at a point of the road."""
    return replace(detected(segment_id=segment_id), offset_m=offset_m, **more)  # type: ignore[arg-type]


def patrols(*those: Patrol, **settings_: float) -> Patrols:
    """Give a desk that knows these patrols."""
    made = Patrols(NETWORK, DispatchSettings(**settings_))
    for one in those:
        made.take(one)
    return made


def speeds(**kmh: float) -> list[pa.RecordBatch]:
    """Give a minute's speeds."""
    rows = [{"segment_id": segment, "speed_kmh": speed} for segment, speed in kmh.items()]
    return [pa.RecordBatch.from_pylist(rows, schema=STATES)]


def test_the_nearer_patrol_is_proposed_with_its_time_and_the_next_one() -> None:
    found = patrols(at("A", "pa"), at("D", "pd")).propose(case_on("BE", 100.0), MINUTE)
    assert found is not None and found.id == "pa"
    # 400 m of AB and 100 m of BE at the free speed; DC and CB before it.
    assert found.eta_s == pytest.approx(500.0 / FREE_MPS, abs=1.0)
    assert found.why == (
        f"{500.0 / FREE_MPS:.0f} s away at the speeds of now; next pd: {900.0 / FREE_MPS:.0f} s"
    )


def test_a_jam_on_the_way_turns_the_choice() -> None:
    desk = patrols(at("A", "pa"), at("D", "pd"))
    desk.pass_minute(MINUTE, speeds(AB=3.0))
    found = desk.propose(case_on("BE", 100.0), MINUTE)
    assert found is not None and found.id == "pd"


def test_a_one_way_street_is_not_driven_against() -> None:
    desk = patrols(at("F", "pf"), at("E", "pe"))
    found = desk.propose(case_on("EF", 300.0), MINUTE)
    assert found is not None and found.id == "pe"


@pytest.mark.parametrize(
    "change", [{"status": "busy"}, {"status": "off"}, {"event_time": MINUTE - 301.0}]
)
def test_who_is_not_free_or_has_vanished_is_not_proposed(change: dict[str, object]) -> None:
    found = patrols(at("B", "pb", **change), at("D", "pd")).propose(case_on("BC", 1.0), MINUTE)
    assert found is not None and found.id == "pd"
    assert found.why is not None and found.why.endswith("no other near")


def test_a_patrol_of_another_unit_must_be_much_sooner() -> None:
    case = case_on("BC", 1.0, unit_path=["g1", "city"])
    own, other = at("D", "pd", unit="g1"), at("B", "pb", unit="g2")
    found = patrols(own, other, other_unit_s=180.0).propose(case, MINUTE)
    assert found is not None and found.id == "pd" and "of its unit" in (found.why or "")
    found = patrols(own, other, other_unit_s=5.0).propose(case, MINUTE)
    assert found is not None and found.id == "pb" and "of another unit" in (found.why or "")


def test_a_grave_case_is_for_who_is_trained_for_it() -> None:
    case = case_on("BC", 1.0, severity=4, cause="incident")
    near, trained = at("B", "pb", skills=("signal",)), at("D", "pd", skills=("incident",))
    found = patrols(near, trained).propose(case, MINUTE)
    assert found is not None and found.id == "pd" and "trained for incident" in (found.why or "")
    found = patrols(near, trained).propose(replace(case, severity=2), MINUTE)
    assert found is not None and found.id == "pb"


def test_lights_and_siren_make_the_way_shorter() -> None:
    case = case_on("BC", 100.0)
    plain = patrols(at("A", "pa")).propose(case, MINUTE)
    siren = patrols(at("A", "pa"), siren_factor=2.0).propose(case, MINUTE)
    assert plain is not None and siren is not None
    assert siren.eta_s == pytest.approx((plain.eta_s or 0.0) / 2.0, abs=1.0)


def test_nobody_who_can_come_is_nobody() -> None:
    assert patrols().propose(case_on("BC", 1.0), MINUTE) is None
    far = replace(at("A", "pa"), longitude=120.0)
    assert patrols(far).propose(case_on("BC", 1.0), MINUTE) is None
    assert patrols(at("A", "pa"), farthest_s=5.0).propose(case_on("CD", 399.0), MINUTE) is None
    assert patrols(at("A", "pa")).propose(case_on("nowhere", 1.0), MINUTE) is None


def test_an_older_fix_does_not_replace_a_newer_one() -> None:
    desk = patrols(at("A", "pa"), at("D", "pa", event_time=MINUTE - 60.0))
    found = desk.propose(case_on("AB", 50.0), MINUTE)
    assert found is not None and (found.eta_s or 0.0) < 100.0 / FREE_MPS
    heir = Patrols(NETWORK)
    heir.restore(desk.snapshot())
    assert heir.propose(case_on("AB", 50.0), MINUTE) == found


def test_a_patrol_on_the_other_side_of_the_world_is_on_no_road() -> None:
    with np.errstate(all="raise"):
        for longitude, latitude in ((0.0, 0.0), (-121.47, -31.0), (180.0, 90.0)):
            far = replace(at("A", "pa"), longitude=longitude, latitude=latitude)
            assert patrols(far).propose(case_on("BC", 1.0), MINUTE) is None


def test_a_search_comes_no_farther_than_whoever_may_be_the_first_choice() -> None:
    long = draw("A" + "".join(f"---{chr(66 + n)}" for n in range(24)), cell_m=500).network
    x, y = long.node_x[[12, 24]], long.node_y[[12, 24]]
    desk = Patrols(long, DispatchSettings(other_unit_s=30.0, unskilled_s=30.0))
    for name, longitude, latitude in zip("mz", *LocalPlane(long).to_degrees(x, y), strict=True):
        desk.take(Patrol(name, MINUTE, float(longitude), float(latitude), "free"))
    found = desk.propose(case_on("BC", 10.0), MINUTE)
    assert found is not None and found.id == "m" and "no other near" in (found.why or "")
    assert 11 <= desk.reached_count <= 24  # of 48, one direction each; none behind the first


MOVEMENTS = st.lists(st.lists(st.integers(0, 5), max_size=4, unique=True), min_size=6, max_size=6)


@settings(derandomize=True)
@given(
    MOVEMENTS,
    st.lists(st.floats(0.5, 100.0), min_size=6, max_size=6),
    st.integers(0, 5),
    st.floats(0.0, 1.0),
    st.floats(1.0, 300.0),
    st.lists(st.floats(0.0, 50.0) | st.just(math.inf), min_size=6, max_size=6),
    st.floats(0.0, 100.0),
)
def test_the_kernel_agrees_with_its_twin(
    before: list[list[int]], through: list[float], target: int, share: float, limit: float,
    rest: list[float], slack: float,
) -> None:  # fmt: skip
    offsets = np.cumsum([0, *(len(one) for one in before)]).astype(np.int32)
    flat = np.array([one for those in before for one in those], np.int32)
    found = np.zeros(6)
    heap = np.zeros(len(flat) + 1), np.zeros(len(flat) + 1, np.int32)
    roads = offsets, flat, np.array(through)
    times_to(*roads, target, share, limit, np.array(rest), slack, *heap, found)
    expected = reference.times_to(before, through, target, share, limit, rest, slack)
    assert found == pytest.approx(np.array(expected))
