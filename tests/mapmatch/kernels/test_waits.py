"""When a vehicle passed the nodes between two fixes."""

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapmatch.kernels import waits
from tests.reference.waits import passing_shares

NAN = float("nan")
tenths = st.integers(0, 300).map(lambda tenth: tenth / 10.0)
pieces = st.lists(st.tuples(tenths, st.booleans()), min_size=2, max_size=5)
speeds = st.one_of(st.just(NAN), st.floats(0.0, 20.0))


def shares_of(
    seconds: float, way: list[tuple[float, bool]], leaving_mps: float, coming_mps: float
) -> list[float]:
    """What the kernels say of each node, called as the matcher calls them."""
    free = sum(piece for piece, _ in way)
    nodes = [waits.node_weight(int(signal)) for _, signal in way[:-1]]
    leaving = waits.leaving_weight(leaving_mps, way[0][0])
    weight = leaving + sum(nodes) + waits.coming_weight(coming_mps, way[-1][0])
    shares, free_done, weight_done = [], 0.0, leaving
    for (piece, _), node in zip(way, nodes, strict=False):
        free_done += piece
        weight_done += node
        shares.append(waits.share_passed(seconds, free, weight, free_done, weight_done))
    return shares


@settings(max_examples=100)
@given(tenths, pieces, speeds, speeds)
def test_shares_agree_with_adding_up_place_by_place(seconds, way, leaving, coming):
    got = shares_of(seconds, way, leaving, coming)
    assert got == pytest.approx(passing_shares(seconds, way, leaving, coming), abs=1e-6)
    assert all(0.0 <= before <= after + 1e-12 for before, after in pairwise(got))


def test_who_stands_before_a_node_passes_it_late_and_who_stands_after_it_early():
    way = [(4.0, False), (4.0, False)]
    (late,) = shares_of(30.0, way, 0.0, 12.0)
    (early,) = shares_of(30.0, way, 12.0, 0.0)
    assert late > 0.7
    assert early < 0.25


def test_who_is_seen_moving_on_both_sides_of_a_signal_waited_before_it():
    (share,) = shares_of(30.0, [(4.0, True), (4.0, False)], 12.0, 12.0)
    assert share > 0.55


def test_where_no_speed_is_given_time_is_shared_by_free_speed():
    assert shares_of(30.0, [(2.0, True), (6.0, False)], NAN, 3.0) == [pytest.approx(0.25)]


def test_who_had_no_time_to_wait_drove_evenly():
    (share,) = shares_of(8.0, [(2.0, True), (6.0, False)], 0.0, 0.0)
    assert math.isclose(share, 0.25)


def test_each_kernel_of_waiting_has_at_most_one_compiled_signature():
    for kernel in (waits.leaving_weight, waits.coming_weight, waits.share_passed):
        assert len(getattr(kernel, "signatures", [0])) <= 1
