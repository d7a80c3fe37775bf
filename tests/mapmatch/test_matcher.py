"""One vehicle on a drawn network: where the matcher says it drove."""

from dataclasses import replace
from itertools import pairwise

import pytest

from mapmatch.matcher_settings import RECORDED, MatcherSettings
from tests.drawing import Drawing, draw
from tests.mapmatch.driving import Fix, answer, drive, stand

STREET = """
A-----B-----C-----D
"""


def test_a_straight_drive_is_one_route_and_every_fix_is_on_it() -> None:
    street = draw(STREET, cell_m=20)
    given = answer(street, drive(street, "ABCD"))
    assert given.route == ["AB", "BC", "CD"]
    assert None not in given.segments
    assert given.breaks == []


def test_the_way_back_is_the_other_segment_of_the_street() -> None:
    street = draw(STREET, cell_m=20)
    given = answer(street, drive(street, "DCBA", noise_m=5))
    assert given.route == ["DC", "CB", "BA"]


def test_the_middle_traversal_is_complete_and_timed_by_the_road() -> None:
    street = draw(STREET, cell_m=20)
    traversals = answer(street, drive(street, "ABCD")).output.traversals.to_pandas()
    assert traversals.is_complete.tolist()[1]
    middle = traversals.iloc[1]
    # 120 m at 36 km/h
    assert (middle.exit_time - middle.enter_time).total_seconds() == pytest.approx(12, abs=0.5)


@pytest.mark.parametrize("shift_m", [-1.0, -1e-4, 0.0, 1e-4, 1.0])
def test_a_fix_at_a_node_loses_neither_segment_that_meets_there(shift_m: float) -> None:
    street = draw(STREET, cell_m=20)
    xs, ys = street.network.node_x, street.network.node_y
    a, b = street.node("A"), street.node("B")
    places = (xs[a] + 20, xs[b] + shift_m, xs[b] + 100)
    fixes = [Fix(10.0 * k, float(x), float(ys[a])) for k, x in enumerate(places)]
    given = answer(street, fixes)
    assert given.route == ["AB", "BC"]
    traversals = given.output.traversals.to_pandas()
    assert traversals.exit_time[0] == traversals.enter_time[1]
    assert (traversals.exit_time[0] - traversals.enter_time[0]).total_seconds() == pytest.approx(
        10, abs=0.5
    )


def test_a_turn_is_driven_through_its_junction() -> None:
    corner = draw(
        """
        A-----B-----C
              |
              |
              |
              D
        """,
        cell_m=25,
    )
    given = answer(corner, drive(corner, "ABD", noise_m=4))
    assert given.route == ["AB", "BD"]


def test_a_one_way_street_is_not_driven_against() -> None:
    pair = draw(
        """
        A-----B-----C
        |           |
        D-----E-----F
        """,
        cell_m=30,
        one_way=["BA", "CB"],
    )
    # Nearer to the one-way street above than to the one below.
    given = answer(pair, drive(pair, "DEF", shift_m=(0.0, 32.0)))
    assert not {"BA", "CB", "AB", "BC"} & set(given.route)
    assert {"DE", "EF"} <= set(given.route)


def test_a_banned_turn_is_not_driven() -> None:
    block = draw(
        """
        A-----B-----C
              |     |
              |     |
              D-----E
        """,
        cell_m=30,
        banned=[("AB", "BD")],
    )
    given = answer(block, drive(block, "ABCED"))
    assert given.route == ["AB", "BC", "CE", "ED"]
    # Who did it all the same is lost there for a moment, and it says so.
    astray = answer(block, drive(block, "ABD", speed_kmh=25))
    assert ("AB", "BD") not in pairwise(astray.route) or "no_route" in astray.breaks


@pytest.mark.parametrize(("fleet", "road"), [("bus", "AB"), ("taxi", "CD")])
def test_a_bus_only_road_is_for_buses(fleet: str, road: str) -> None:
    busway = draw(
        """
        A-----------B

        C-----------D
        """,
        cell_m=20,
        one_way=["AB", "CD"],
        bus_only=["AB"],
    )
    given = answer(busway, drive(busway, "AB", shift_m=(0, -15)), fleet=fleet)
    assert set(given.segments) == {road}


@pytest.mark.parametrize(("nodes", "carriageway"), [("AB", "AB"), ("DC", "DC")])
def test_of_two_carriageways_the_one_of_the_driving_direction_is_taken(
    nodes: str, carriageway: str
) -> None:
    boulevard = draw(
        """
        A-------------------B
        C-------------------D
        """,
        cell_m=20,
        one_way=["AB", "DC"],
    )
    # Half the fixes are nearer to the wrong one.
    middle = (0.0, -10.0 if nodes == "AB" else 10.0)
    given = answer(boulevard, drive(boulevard, nodes, shift_m=middle, noise_m=6))
    assert set(given.segments) == {carriageway}
    assert given.route == [carriageway]


def test_heading_tells_crossing_roads_apart_at_once() -> None:
    crossing = draw(
        """
              C
              |
        A-----B-----D
              |
              E
        """,
        cell_m=40,
    )
    fixes = drive(crossing, "ABD", has_heading=True, noise_m=5)
    given = answer(crossing, fixes, settings=MatcherSettings(lag=0))
    assert set(given.segments) == {"AB", "BD"}


@pytest.mark.parametrize(("speed_kmh", "way"), [(40.0, "west"), (4.0, "east")])
def test_a_heading_is_trusted_as_far_as_its_speed_allows(speed_kmh: float, way: str) -> None:
    pair = draw("A-----------B\n\nC-----------D", cell_m=15, one_way=["AB", "DC"])
    # Beside a road to the east, 28 m from one to the west.
    fixes = drive(pair, "AB", speed_kmh=12, every_s=5, shift_m=(0.0, -2.0))
    west = [Fix(f.time, f.x, f.y, speed_kmh, 270.0) for f in fixes]
    given = answer(pair, west[:1], settings=MatcherSettings(lag=0))
    assert given.segments == [{"east": "AB", "west": "DC"}[way]]


VIADUCT = """
A-----B-----C-----D-----E-----F
Q-----R-----S-----T-----U-----V
      |     |     |     |
      K     L     M     N
"""


def test_who_enters_the_viaduct_by_its_ramp_stays_on_it_to_the_next_ramp() -> None:
    # The viaduct A to F runs 15 m beside the street and meets it nowhere.
    city = draw(VIADUCT, cell_m=15, one_way=["AB", "BC", "CD", "DE", "EF"], free_speed_kmh=80)
    given = answer(city, drive(city, "ABCDEF", speed_kmh=72, shift_m=(0, -5)))
    assert given.route == ["AB", "BC", "CD", "DE", "EF"]


def test_who_drives_the_street_below_and_turns_off_was_never_on_the_viaduct() -> None:
    city = draw(VIADUCT, cell_m=15, one_way=["AB", "BC", "CD", "DE", "EF"], free_speed_kmh=80)
    given = answer(city, drive(city, "QRSTM", speed_kmh=30, shift_m=(0, 5)))
    assert given.route == ["QR", "RS", "ST", "TM"]


def test_a_frontage_road_is_driven_where_the_vehicle_took_its_slip_roads() -> None:
    road = draw(
        """
        A-----B-----------------C-----D
               \\               /
                E-------------F
        """,
        cell_m=20,
        one_way=["AB", "BC", "CD", "BE", "EF", "FC"],
    )
    by_frontage = answer(road, drive(road, "ABEFCD", noise_m=4))
    assert by_frontage.route == ["AB", "BE", "EF", "FC", "CD"]
    by_road = answer(road, drive(road, "ABCD", noise_m=4))
    assert by_road.route == ["AB", "BC", "CD"]


def test_a_tunnel_without_fixes_is_driven_through() -> None:
    tunnel = draw("A-----B--------------------C-----D", cell_m=50)
    # In B after 20 s, in C after 90 s.
    fixes = [f for f in drive(tunnel, "ABCD", speed_kmh=54) if not 18 < f.time < 92]
    given = answer(tunnel, fixes)
    assert given.route == ["AB", "BC", "CD"]
    assert given.breaks == []
    through = given.output.traversals.to_pandas().iloc[1]
    assert (through.exit_time - through.enter_time).total_seconds() == pytest.approx(70, abs=6)


@pytest.mark.parametrize("every_s", [1.0, 10.0])
def test_a_standing_vehicle_neither_walks_nor_turns_round(every_s: float) -> None:
    street = draw(STREET, cell_m=20)
    fixes = drive(street, "AB", every_s=every_s)
    end = fixes[-1]
    halt = stand((end.x, end.y), 60, every_s, end.time + every_s, noise_m=5)
    rest = drive(street, "BCD", every_s=every_s, start=halt[-1].time + every_s)
    given = answer(street, fixes + halt + rest)
    assert given.route == ["AB", "BC", "CD"]


def test_a_creeping_queue_neither_walks_nor_turns_round() -> None:
    street = draw(STREET, cell_m=20)
    fixes = drive(street, "ABCD", speed_kmh=3.0, every_s=5, noise_m=4)
    given = answer(street, fixes)
    assert given.route == ["AB", "BC", "CD"]


def test_a_real_u_turn_is_found() -> None:
    street = draw("A--------B--------C--------D", cell_m=20, u_turns=True)
    given = answer(street, drive(street, "ABCBA", noise_m=3))
    assert given.route == ["AB", "BC", "CB", "BA"]


def test_one_outlier_does_not_break_a_trace() -> None:
    street = draw(
        """
        A-----B-----C-----D



        E-----------------F
        """,
        cell_m=25,
    )
    fixes = drive(street, "ABCD")
    bad = len(fixes) // 2
    fixes[bad] = Fix(fixes[bad].time, fixes[bad].x - 40, fixes[bad].y - 95)
    given = answer(street, fixes)
    assert given.route == ["AB", "BC", "CD"]
    assert given.breaks == []
    assert given.segments[bad] in {None, "BC"}


def test_a_long_silence_ends_the_trace_and_says_so() -> None:
    street = draw(STREET, cell_m=20)
    fixes = drive(street, "ABC") + drive(street, "CD", start=600.0)[1:]
    given = answer(street, fixes)
    assert given.breaks == ["gap"]
    assert given.route == ["AB", "BC", "CD"]
    assert given.output.traversals["is_complete"].to_pylist() == [True, False, False]


def test_a_fix_far_from_every_road_is_answered_so() -> None:
    street = draw(STREET, cell_m=20)
    given = answer(street, [Fix(0.0, 100.0, 900.0)])
    assert (given.segments, given.reasons) == ([None], ["no_road_near"])


def test_what_was_settled_too_soon_is_not_held_against_what_comes_later() -> None:
    fork = draw(
        """
        A-----B---------------------------C
               \\
                D-------------------------E
        """,
        cell_m=20,
        one_way=["AB", "BC", "BD", "DE"],
    )
    fixes = drive(fork, "ABDE", every_s=10)
    # The first fix after the fork is seen nearer to the road not taken.
    astray = [Fix(f.time, f.x, f.y + (24 if k == 2 else 0)) for k, f in enumerate(fixes)]
    given = answer(fork, astray, settings=MatcherSettings(lag=0))
    assert given.segments[2] == "BC"
    assert set(given.segments[3:]) == {"DE"}


def test_who_turns_round_in_the_middle_of_a_block_drove_no_further_than_that() -> None:
    street = open_street()
    there = drive(street, "AB", every_s=5)[1:20]
    back = [Fix(there[-1].time + 5 * k, f.x, f.y) for k, f in enumerate(reversed(there), start=1)]
    given = answer(street, there + back)
    assert given.route == ["AB", "BA"]
    out, home = given.output.traversals.to_pandas().itertuples()
    # 950 m of 1,200, and 950 back.
    assert out.exit_offset_m == pytest.approx(950, abs=30)
    assert home.enter_offset_m == pytest.approx(250, abs=30)
    assert given.breaks == []


def test_noise_of_a_vehicle_that_creeps_turns_it_not_round() -> None:
    street = open_street()
    given = answer(street, drive(street, "AB", speed_kmh=5, every_s=5, noise_m=8))
    assert given.route == ["AB"]


def open_street() -> Drawing:
    """Give one long street between others, on which turning round is permitted."""
    street = draw("C---A------------------------B---D", cell_m=48, u_turns=True)
    return replace(street, network=replace(street.network, has_movements=False))


@pytest.mark.parametrize("every_s", [10.0, 30.0, 60.0])
def test_who_drives_into_a_dead_end_comes_out_of_it(every_s: float) -> None:
    town = draw(
        """
        A-----B-----C-----D
                    |
                    |
                    |
                    |
                    E
        """,
        cell_m=100,
    )
    given = answer(town, drive(town, "ABCECD", every_s=every_s), settings=RECORDED)
    assert given.route == ["AB", "BC", "CE", "EC", "CD"]
    assert given.breaks == []
    assert None not in given.segments


@pytest.mark.parametrize("every_s", [30.0, 45.0, 60.0])
def test_a_long_way_round_between_two_fixes_is_driven_and_breaks_nothing(every_s: float) -> None:
    ramp = draw(
        """
                    F
                    |
                    |
                    |
                    |
                    |
                    |
                    |
                    |
                    |
                    |
        A-----------B-----C
                    |     |
                    |     |
                    E-----D
        """,
        cell_m=60,
        one_way=["AB", "BC", "CD", "DE", "EB", "BF"],
        banned=[("AB", "BF")],
    )
    given = answer(ramp, drive(ramp, "ABCDEBF", every_s=every_s, noise_m=3), settings=RECORDED)
    assert given.route == ["AB", "BC", "CD", "DE", "EB", "BF"]
    assert (given.breaks, None in given.segments) == ([], False)


def test_of_two_ways_as_long_a_vehicle_between_sparse_fixes_takes_the_faster_road() -> None:
    ring = draw(
        """
              C-----------D
              |           |
        A-----B           E-----F
              |           |
              G-----------H
        """,
        cell_m=50,
        free_speed_kmh={"BC": 80, "CD": 80, "DE": 80, "BG": 40, "GH": 40, "HE": 40},
    )
    a = ring.node("A")
    x, y = float(ring.network.node_x[a]), float(ring.network.node_y[a])
    fixes = [Fix(t, x + far, y) for t, far in ((0, 50), (20, 250), (110, 950), (130, 1150))]
    given = answer(ring, fixes, settings=RECORDED)
    assert given.route == ["AB", "BC", "CD", "DE", "EF"]
