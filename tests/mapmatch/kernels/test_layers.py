"""Which states a new layer holds, against Python's own sort."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapmatch.kernels import layers, trellis
from mapmatch.kernels.layout import MOST_STATES, UNIT, Memory
from mapmatch.matcher_settings import MatcherSettings
from tests.drawing import draw
from tests.mapmatch.kernels.setting import memory_of
from tests.reference.layers import Held, Hypothesis, layer_of

NETWORK = draw("A--B").network
BEAM = MatcherSettings().beam
TIME, X, Y = 30.0, 500.0, -300.0
# Steps of 1/64 stay what they are in single precision, and are all different.
scores = st.lists(st.integers(0, 2500), min_size=1, max_size=MOST_STATES, unique=True)
states = st.integers(0, MOST_STATES - 1)
debts = st.one_of(st.none(), st.integers(0, 700).map(lambda n: n / 64.0))


@st.composite
def layers_drawn(draw: st.DrawFn) -> tuple[list[Hypothesis], int]:
    """Give hypotheses and how many of them are candidates; the others are old states living on."""
    hypotheses = [
        Hypothesis(score / 64.0, draw(debts), draw(states), draw(states), draw(states))
        for score in draw(scores)
    ]
    return hypotheses, draw(st.integers(0, len(hypotheses)))


def laid_out(hypotheses: list[Hypothesis], candidate_count: int, most: int) -> Memory:
    """Give memory in which vehicle 0 is about to get a new layer of the hypotheses."""
    memory = memory_of(NETWORK, MatcherSettings(candidate_count=most))
    vehicle = memory.slots[0]
    vehicle.layer_time, vehicle.layer_count = TIME - 10.0, MOST_STATES
    vehicle.layer_record, vehicle.mean_count = 0, 5
    memory.pool[0].choice = -1
    for k in range(MOST_STATES):
        vehicle.segment[k], vehicle.offset[k], vehicle.age[k] = 100 + k, 10.0 + k, k
        vehicle.state_x[k], vehicle.state_y[k], vehicle.across[k] = k, -k, 0.5 * k
        vehicle.along_x[k], vehicle.along_y[k] = 1000 * k, -1000 * k
    for k, one in enumerate(hypotheses):
        found = memory.hypotheses[k]
        flag = 0 if k < candidate_count else trellis.FROZEN
        found.score, found.offset = one.score, 20.0 + k
        found.route_score = one.score + (trellis.NO_WAY if one.debt is None else one.debt)
        found.back, found.route_back = one.back | flag, one.route_back | flag
        vehicle.root[one.back] = one.root
        if k < candidate_count:
            candidate = memory.candidates[k]
            candidate.segment, candidate.across = 200 + k, 3.0 * k
            candidate.along_x, candidate.along_y = 0.6, 0.8
    return memory


def assert_held(memory: Memory, place: int, held: Held, one: Hypothesis, count: int) -> None:
    """Assert what the newest layer holds at a place: the hypothesis and what it was made from."""
    vehicle, fix = memory.slots[0], memory.pool[1]
    assert vehicle.score[place] == held.score
    expected = trellis.NO_WAY if held.debt is None else held.debt
    assert vehicle.debt[place] == pytest.approx(expected, rel=1e-6)
    assert vehicle.offset[place] == fix.offset[place] == 20.0 + held.number
    assert fix.back[place] & trellis.STATE == one.back
    assert fix.route_back[place] & trellis.STATE == held.route_back
    assert vehicle.root[place] == held.root
    if held.number < count:
        seen = (200 + held.number, 3.0 * held.number, 0.0, X, Y)
        along = (round(0.6 * UNIT), round(0.8 * UNIT))
    else:
        k = one.back
        seen = (100 + k, 0.5 * k, k + 10.0, float(k), float(-k))
        along = (1000 * k, -1000 * k)
    found = (
        vehicle.segment[place], vehicle.across[place], vehicle.age[place],
        vehicle.state_x[place], vehicle.state_y[place],
    )  # fmt: skip
    assert found == seen
    assert fix.segment[place] == seen[0]
    assert (vehicle.along_x[place], vehicle.along_y[place]) == along


@settings(max_examples=200)
@given(layers_drawn(), st.integers(1, MOST_STATES), st.booleans())
def test_a_layer_holds_the_likeliest_states_and_what_they_were_made_from(
    drawn: tuple[list[Hypothesis], int], most: int, is_oldest: bool
) -> None:
    hypotheses, candidate_count = drawn
    roots = {one.back: one.root for one in hypotheses}  # one root a state, the last drawn
    hypotheses = [
        Hypothesis(h.score, h.debt, h.back, h.route_back, roots[h.back]) for h in hypotheses
    ]
    memory = laid_out(hypotheses, candidate_count, most)
    memory.pool[0].choice = 0 if is_oldest else -1
    kept = layers.keep_likeliest(memory, len(hypotheses))
    layers.commit_layer(memory, 0, 1, kept, candidate_count, TIME, X, Y)
    expected = layer_of(hypotheses, BEAM, most, is_oldest=is_oldest)
    vehicle, fix = memory.slots[0], memory.pool[1]
    assert vehicle.layer_count == fix.count == kept == len(expected)
    for place, held in enumerate(expected):
        assert_held(memory, place, held, hypotheses[held.number], candidate_count)
    assert (vehicle.layer_time, vehicle.layer_x, vehicle.layer_y) == (TIME, X, Y)
    assert (fix.choice, fix.answer, fix.previous_layer) == (-1, -1, 0)
    assert (vehicle.layer_record, vehicle.layers, vehicle.mean_count) == (1, 1, 0)


def test_states_that_are_equally_likely_stay_in_the_order_they_came_in() -> None:
    same = [Hypothesis(1.0, 0.0, k, k, k) for k in range(4)]
    memory = laid_out(same, 4, 3)
    assert layers.keep_likeliest(memory, 4) == 3
    assert np.array_equal(memory.choice[:3], [0, 1, 2])
