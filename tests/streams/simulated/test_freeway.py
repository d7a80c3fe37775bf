"""How a freeway is drawn, and what drives on it."""

import numpy as np
import pytest

from streams.simulated.corridor import flows_of
from streams.simulated.freeway import Freeway, Section, Way, lane_pairs, own_crossings, sections_of
from streams.simulated.vehicles import Mix

ONE_STREET = (2000.0,)


def way(*lanes: tuple[float, int], leave_share: float = 0.1) -> Way:
    return Way(lanes, 100.0, ((0.0, 1000.0),), ((0.0, 400.0),), leave_share)


def test_a_further_lane_lies_before_an_exit_and_after_an_entry() -> None:
    # The ramp leaves at 1,650 and joins at 2,350; lanes beside them are 300 m long.
    assert sections_of(way((0.0, 3)), 3450.0, ONE_STREET) == [
        Section(0.0, 675.0, 3),
        Section(675.0, 1350.0, 3),
        Section(1350.0, 1650.0, 4, leaves=0),
        Section(1650.0, 2350.0, 3),
        Section(2350.0, 2650.0, 4, joins=0),
        Section(2650.0, 3450.0, 3),
    ]


def test_one_lane_joins_an_entry_with_an_exit_soon_after_it() -> None:
    # From 2,350, where the first ramp joins, to 2,850, where the second leaves.
    found = sections_of(way((0.0, 2)), 5000.0, (2000.0, 3200.0))
    assert Section(2350.0, 2850.0, 3, joins=0, leaves=1) in found


def test_a_carriageway_is_cut_where_a_lane_ends() -> None:
    found = sections_of(way((0.0, 4), (3000.0, 3)), 3400.0, ONE_STREET)
    assert found[-2:] == [Section(2650.0, 3000.0, 4), Section(3000.0, 3400.0, 3)]


def test_sections_follow_each_other_without_a_gap_over_the_whole_length() -> None:
    found = sections_of(way((0.0, 3)), 6400.0, (900.0, 2100.0, 3250.0, 4350.0, 5450.0))
    assert [section.start_m for section in found] == [0.0, *(s.end_m for s in found[:-1])]
    assert found[-1].end_m == 6400.0
    assert max(section.end_m - section.start_m for section in found) <= 800.0


def test_lanes_keep_their_place_from_the_left() -> None:
    three, four = Section(0.0, 1.0, 3), Section(1.0, 2.0, 4)
    assert lane_pairs(three, three) == [(0, 0), (1, 1), (2, 2)]
    assert lane_pairs(three, four) == [(0, 0), (0, 1), (1, 2), (2, 3)]
    # The rightmost lane ends; nothing goes on from it.
    assert lane_pairs(four, three) == [(1, 0), (2, 1), (3, 2)]
    # The rightmost lane is the ramp's.
    assert lane_pairs(three, Section(1.0, 2.0, 4, joins=0)) == [(0, 1), (1, 2), (2, 3)]


def test_the_way_back_meets_the_streets_from_its_own_beginning() -> None:
    freeway = Freeway(
        "F", (121.0, 31.0), 0.0, 5000.0, (1000.0, 3500.0), (way((0.0, 2)), way((0.0, 2))),
        Mix(((0.0, 0.1),)),
    )  # fmt: skip
    assert own_crossings(freeway, 0) == (1000.0, 3500.0)
    assert own_crossings(freeway, 1) == (1500.0, 4000.0)


def test_each_exit_takes_its_share_of_what_is_still_there() -> None:
    ways = (way((0.0, 2), leave_share=0.2), way((0.0, 2)))
    freeway = Freeway(
        "F", (121.0, 31.0), 0.0, 5000.0, (1000.0, 3500.0), ways, Mix(((0.0, 0.1),))
    )  # fmt: skip
    flows = flows_of(freeway, np.random.default_rng(1))
    main = next(flow for flow in flows if flow.entry == "F00")
    # A fifth leaves at the first street, a fifth of four fifths at the second; 85 % to the right.
    assert main.exits == pytest.approx(
        {
            "X0R-X0RE": 0.17, "X0L-X0LE": 0.03, "X1R-X1RE": 0.136, "X1L-X1LE": 0.024,
            "F10": 0.64,
        }
    )  # fmt: skip
    # By the first ramp none leaves at the street it came from.
    ramp = next(flow for flow in flows if flow.entry == "X0RE-X0R" and "F10" in flow.exits)
    assert ramp.exits == pytest.approx({"X1R-X1RE": 0.17, "X1L-X1LE": 0.03, "F10": 0.8})
    for flow in flows:
        assert sum(flow.exits.values()) == pytest.approx(1.0)
