"""Queues that wait for themselves: gridlock."""

import numpy as np

from congestion.queues.find import find_queues
from congestion.queues.loops import find_loops
from mapmatch.network import Network
from tests.drawing import draw

BLOCK = draw(
    """
    A---a--->B---y--->Y
    ^        |
    |        |
    d        b
    |        |
    |        v
    D<--c----C<--x----X
    """,
    cell_m=20,
    free_speed_kmh=36,
).network


def loops(
    network: Network, jammed: str, unseen: str = "", occupancy: dict[str, float] | None = None
) -> list[set[str]]:
    """Give the loops where some segments stand and nobody sees some others."""
    stands = np.array([name in jammed.split() for name in network.segment_ids])
    known = np.array([name not in unseen.split() for name in network.segment_ids])
    free = np.full(network.segment_count, 10.0)
    queues = find_queues(network, np.where(stands, 0.5, 10.0), free)
    occupied = np.array([(occupancy or {}).get(s, np.nan) for s in network.segment_ids])
    found = find_loops(network, queues, stands, known, occupied).values()
    rings = {frozenset(network.segment_ids[s] for s in loop) for loop in found}  # of several heads
    return [set(ring) for ring in rings]


def test_streets_that_all_wait_for_the_next_are_one_loop() -> None:
    assert loops(BLOCK, "a b c d") == [{"a", "b", "c", "d"}]


def test_a_queue_into_the_block_is_no_member_of_its_loop() -> None:
    assert loops(BLOCK, "a b c d x") == [{"a", "b", "c", "d"}]


def test_a_street_that_gets_away_opens_the_loop() -> None:
    assert loops(BLOCK, "a b c") == []


def test_a_street_that_nobody_sees_between_two_that_stand_closes_it() -> None:
    assert loops(BLOCK, "a b c", unseen="d") == [{"a", "b", "c", "d"}]


def test_two_streets_that_stand_are_too_few_for_a_loop() -> None:
    assert loops(BLOCK, "a b", unseen="c d") == []


def test_two_streets_closely_full_under_their_detectors_close_a_block_half_unseen() -> None:
    full = {"a": 0.95, "c": 0.95}
    assert loops(BLOCK, "a c", unseen="b d", occupancy=full) == [{"a", "b", "c", "d"}]
    assert loops(BLOCK, "a c", unseen="b d", occupancy={"a": 0.95, "c": 0.5}) == []
    assert loops(BLOCK, "a c", unseen="b d") == []


def test_a_street_with_room_over_its_detectors_opens_the_loop() -> None:
    assert loops(BLOCK, "a b c d", occupancy={"b": 0.1}) == []


def test_the_inside_of_a_junction_is_no_loop() -> None:
    small = draw(
        """
        A-a>B-y->Y
        ^   |
        d   b
        |   v
        D<c-C<-x-X
        """,
        cell_m=5,
        free_speed_kmh=36,
    ).network
    assert loops(small, "a b c d") == []
