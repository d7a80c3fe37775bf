"""A vehicle that stands, weighed fix by fix, against the stand weighed whole."""

import numpy as np
import pytest

from mapmatch.kernels import standing
from mapmatch.matcher_settings import MatcherSettings
from tests.drawing import draw
from tests.mapmatch.kernels.setting import SIGMA_M, TAU_S, graph_of, memory_of, states_at
from tests.mapmatch.sources.towns import random_town, uneven
from tests.reference.candidates import junction_cost
from tests.reference.standing import mean_of, stand_costs

SETTINGS = MatcherSettings()


@pytest.mark.parametrize("every_s", [1.0, 10.0, 40.0])
@pytest.mark.parametrize("seed", range(8))
def test_a_stand_taken_fix_by_fix_is_weighed_as_a_whole(seed: int, every_s: float) -> None:
    network, random = uneven(random_town(seed).network, seed), np.random.default_rng(seed)
    graph, memory = graph_of(network), memory_of(network)
    node = random.integers(len(network.node_ids))
    first = network.node_x[node] + random.uniform(-20, 20), network.node_y[node] + 5.0
    count = states_at(graph, memory, *first, random)
    vehicle = memory.slots[0]
    before = vehicle.copy()
    memory.slots[0].layer_record = 0
    standing.begin_standing(memory, 0, *first)
    fixes = [first]
    for k in range(1, 20):
        x, y = first[0] + random.normal(0, 8), first[1] + random.normal(0, 8)
        fixes.append((x, y))
        standing.stand_on(graph, memory, 0, every_s * k, x, y, SIGMA_M, TAU_S)
        expected = []
        for n in range(count):
            segment, score = int(before.segment[n]), float(before.score[n])
            if before.age[n] == 0.0:
                since = stand_costs(network, SETTINGS, segment, fixes[:1], 0.0, SIGMA_M, TAU_S)
                now = stand_costs(network, SETTINGS, segment, fixes, every_s * k, SIGMA_M, TAU_S)
                score += now[0] - since[0]
                assert vehicle.offset[n] == pytest.approx(now[1], abs=0.02)
                assert memory.pool[0].offset[n] == vehicle.offset[n]
                place = (vehicle.state_x[n], vehicle.state_y[n])
                assert place == pytest.approx(mean_of(fixes), abs=0.01)
            else:
                assert vehicle.offset[n] == before.offset[n]
            expected.append(score)
        found = vehicle.score[:count] - vehicle.score[:count].min()
        assert found == pytest.approx(np.array(expected) - min(expected), abs=0.02)
        assert vehicle.score[:count].min() == 0.0


@pytest.mark.parametrize(
    ("offset", "share"), [(0.0, 1.0), (10.0, 1.0), (15.0, 0.5), (20.0, 0.0), (90.0, 0.0)]
)
def test_a_vehicle_rarely_stands_in_the_junction_it_comes_from(offset: float, share: float) -> None:
    memory = memory_of(draw("A--B").network)
    assert standing.standing_cost(memory, offset) == pytest.approx(3.0 * share)
    assert junction_cost(SETTINGS, offset) == pytest.approx(3.0 * share)
