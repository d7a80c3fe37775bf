"""Which layers are decided, against whole paths as lists."""

import numpy as np
import pytest

from mapmatch.kernels import pending, settle, trellis
from mapmatch.kernels.layout import Memory
from tests.drawing import draw
from tests.mapmatch.kernels.setting import memory_of
from tests.reference.trellis import Trellis

NETWORK = draw("A--B").network


def random_trellis(seed: int) -> Trellis:
    """Give a trellis whose paths meet somewhere in the middle, more or less."""
    random = np.random.default_rng(seed)
    layers, states = int(random.integers(1, 12)), int(random.integers(1, 9))
    back = random.integers(0, max(1, states // 2), (layers, states))
    other = random.integers(0, max(1, states // 2), (layers, states))
    route_back = np.where(random.random((layers, states)) < 0.2, other, back)
    # Quarters stay what they are in single precision.
    scores = [float(random.integers(0, 200)) / 4 for _ in range(states)]
    debts = [float(random.integers(0, 40)) / 4 if random.random() < 0.6 else None
             for _ in range(states)]  # fmt: skip
    debts[0] = 0.0
    return Trellis(back.tolist(), route_back.tolist(), scores, debts)


def laid_out(given: Trellis) -> Memory:
    """Give a matcher's memory with the trellis as the layers of vehicle 0."""
    memory = memory_of(NETWORK)
    vehicle = memory.slots[0]
    vehicle.layer_count = len(given.scores)
    for k, (score, debt) in enumerate(zip(given.scores, given.debts, strict=True)):
        vehicle.score[k] = score
        vehicle.debt[k] = trellis.NO_WAY if debt is None else debt
    for n, back in enumerate(given.back):
        fix = memory.pool[n]
        fix.kind, fix.choice, fix.answer = pending.LAYER, -1, -1
        fix.count, fix.time = len(back), float(n)
        fix.back[: len(back)] = back
        fix.route_back[: len(back)] = given.route_back[n]
        fix.previous_layer = n - 1
        fix.next = n + 1 if n + 1 < len(given.back) else -1
    vehicle.head, vehicle.tail = 0, len(given.back) - 1
    vehicle.layers = vehicle.pending = len(given.back)
    vehicle.layer_record = len(given.back) - 1
    return memory


def assert_decided(
    memory: Memory, layers: int, answers: list[int], route_states: list[int]
) -> None:
    """Assert which states the oldest layers were decided to be, and that the others are open."""
    still_open = [-1] * (layers - len(answers))
    fixes = [memory.pool[n] for n in range(layers)]
    assert [int(fix.answer) for fix in fixes] == answers + still_open
    assert [int(fix.choice) for fix in fixes] == route_states + still_open


@pytest.mark.parametrize("seed", range(40))
def test_layers_that_all_paths_share_are_decided(seed: int) -> None:
    given = random_trellis(seed)
    memory = laid_out(given)
    settle.decide_converged(memory, 0)
    assert_decided(memory, len(given.back), *given.converged())


@pytest.mark.parametrize("lag", [0, 1, 3])
@pytest.mark.parametrize("seed", range(20))
def test_layers_beyond_the_lag_are_decided_and_the_settled_route_reaches_no_other_path(
    seed: int, lag: int
) -> None:
    given = random_trellis(seed)
    memory = laid_out(given)
    settle.decide_until(memory, 0, -1e300, lag)
    answers, route_states, reached = given.by_lag(lag)
    assert_decided(memory, len(given.back), answers, route_states)
    debts = memory.slots[0].debt[: len(given.scores)]
    assert set(np.flatnonzero(debts < trellis.NO_WAY)) == (
        reached if route_states else set(given.routes())
    )
