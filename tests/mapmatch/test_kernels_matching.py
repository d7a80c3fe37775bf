"""The matcher's kernels against their slow twins, on random towns and trellises."""

from itertools import pairwise

import numpy as np
import pytest

from mapmatch.kernels import (
    candidates,
    drive,
    noise,
    online,
    open_fixes,
    route,
    search,
    settle,
    trellis,
)
from mapmatch.kernels.layout import PATH_ENTRY, PATH_ROW, UNIT
from mapmatch.match_graph import match_graph_of, state_count
from mapmatch.matcher_settings import MatcherSettings, model_of
from mapmatch.memory import new_memory, records
from mapmatch.paths import build_path_table
from tests.mapmatch.driving import START, batch_of, new_matcher
from tests.mapmatch.driving import drive as driven
from tests.mapmatch.sources.towns import random_town
from tests.reference.candidates import likeliest_segments
from tests.reference.routes import metres_between, successors
from tests.reference.trellis import Trellis

SEEDS = range(6)


def memory_of(town):
    return new_memory(model_of(MatcherSettings(), town.network.grid_padding_m))


@pytest.mark.parametrize("is_bus", [0, 1])
@pytest.mark.parametrize("seed", SEEDS)
def test_candidates_are_the_likeliest_segments(seed: int, is_bus: int) -> None:
    town = random_town(seed)
    network, memory = town.network, memory_of(town)
    graph = build_path_table(network, limit_bytes=8_000_000).graph(network)
    random = np.random.default_rng(seed)
    graph.segments["is_on_line"] = random.random(network.segment_count) < 0.5
    off_line = set(np.flatnonzero(graph.segments["is_on_line"] == 0)) if is_bus else set()
    low, high = network.node_x.min(), network.node_x.max()
    for n, (x, y) in enumerate(random.uniform(low, high, (40, 2))):
        nan = float("nan")
        count = candidates.find_candidates(graph, memory, n, x, y, nan, nan, is_bus, 8.0)
        cost = MatcherSettings().off_line_cost
        expected = likeliest_segments(network, x, y, 8, 35.0, 8.0, off_line, cost)
        found = memory.candidates[:count]
        assert count == len(expected)
        # Two ways of one street are equally likely: their order says nothing.
        assert sorted(found["segment"].tolist()) == sorted(s for _, s in expected) or count == 8
        costs = found["cost"] + 0.5 * (found["across"] / 8.0) ** 2
        # Mass in an error's last 0.7 % is not counted.
        assert np.sort(costs) == pytest.approx([cost for cost, _ in expected], abs=0.01)


@pytest.mark.parametrize("radius_m", [250.0, 900.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_path_table_holds_the_shortest_routes_within_its_radius(
    seed: int, radius_m: float
) -> None:
    network = random_town(seed).network
    graph = build_path_table(network, radius_m=radius_m).graph(network)
    _assert_shortest(graph, network, radius_m)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_cache_of_one_row_gives_the_same_routes_as_a_table(seed: int) -> None:
    network = random_town(seed).network
    rows = records(PATH_ROW, state_count(network))
    owner = np.full(1, -1, np.int32)
    graph = match_graph_of(network, 600.0, rows, records(PATH_ENTRY, 1024), owner, 1024)
    _assert_shortest(graph, network, 600.0)


def _assert_shortest(graph, network, radius_m: float) -> None:
    following = successors(network)
    path = np.zeros(64, np.int32)
    for start in range(network.segment_count):
        expected = metres_between(network, start)
        row = np.int64(graph.segments[start].source_of)
        route.ensure_row(graph, row)
        for end in range(network.segment_count):
            entry = route.find(graph, row, np.int64(graph.segments[end].target_of))
            if entry < 0:
                assert end not in expected or expected[end] > radius_m - 600.0
                continue
            metres = 0.1 * graph.path_entries[entry].distance_dm
            assert metres == pytest.approx(expected[end], abs=0.1)
            count = route.trace_row(graph, start, end, path)
            driven_path = [start, *path[:count].tolist(), end]
            assert sum(network.length_m[driven_path[1:-1]]) == pytest.approx(metres, abs=0.1)
            for before, after in pairwise(driven_path):
                assert after in following[before]


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


def laid_out(town, given: Trellis):
    """Give a matcher's memory with the trellis as the layers of vehicle 0."""
    memory = memory_of(town)
    vehicle = memory.slots[0]
    vehicle.layer_count = len(given.scores)
    for k, (score, debt) in enumerate(zip(given.scores, given.debts, strict=True)):
        vehicle.score[k] = score
        vehicle.debt[k] = trellis.NO_WAY if debt is None else debt
    for n, back in enumerate(given.back):
        fix = memory.pool[n]
        fix.kind, fix.choice, fix.answer = drive.LAYER, -1, -1
        fix.count, fix.time = len(back), float(n)
        fix.back[: len(back)] = back
        fix.route_back[: len(back)] = given.route_back[n]
        fix.previous_layer = n - 1
        fix.next = n + 1 if n + 1 < len(given.back) else -1
    vehicle.head, vehicle.tail = 0, len(given.back) - 1
    vehicle.layers = vehicle.pending = len(given.back)
    vehicle.layer_record = len(given.back) - 1
    return memory


def assert_told(memory, layers: int, answers: list[int], route_states: list[int]) -> None:
    """Assert what the oldest layers were answered and that the others are open."""
    still_open = [-1] * (layers - len(answers))
    fixes = [memory.pool[n] for n in range(layers)]
    assert [int(fix.answer) for fix in fixes] == answers + still_open
    assert [int(fix.choice) for fix in fixes] == route_states + still_open


@pytest.mark.parametrize("seed", range(40))
def test_layers_that_all_paths_share_are_decided(seed: int) -> None:
    given = random_trellis(seed)
    memory = laid_out(random_town(0), given)
    settle.decide_converged(memory, 0)
    assert_told(memory, len(given.back), *given.converged())


@pytest.mark.parametrize("lag", [0, 1, 3])
@pytest.mark.parametrize("seed", range(20))
def test_layers_beyond_the_lag_are_decided_and_the_route_told_reaches_no_other_path(
    seed: int, lag: int
) -> None:
    given = random_trellis(seed)
    memory = laid_out(random_town(0), given)
    settle.decide_until(memory, 0, -1e300, lag)
    answers, route_states, reached = given.by_lag(lag)
    assert_told(memory, len(given.back), answers, route_states)
    debts = memory.slots[0].debt[: len(given.scores)]
    assert set(np.flatnonzero(debts < trellis.NO_WAY)) == (
        reached if route_states else set(given.routes())
    )


def candidates_about(graph, memory, x: float, y: float) -> int:
    """Find the candidates of a fix without speed and heading; gives how many."""
    nan = float("nan")
    candidates.forget_lists(graph)
    return candidates.find_candidates(graph, memory, 0, x, y, nan, nan, 0, 8.0)


def states_at(town, graph, memory, x: float, y: float, random: np.random.Generator) -> int:
    """Make the candidates about a place the newest layer of vehicle 0, with random scores."""
    vehicle = memory.slots[0]
    count = candidates_about(graph, memory, x, y)
    for k in range(count):
        candidate = memory.candidates[k]
        for name in ("segment", "offset", "across"):
            vehicle[name][k] = candidate[name]
        for name in ("along_x", "along_y"):
            vehicle[name][k] = np.rint(UNIT * candidate[name])
        vehicle.state_x[k], vehicle.state_y[k], vehicle.age[k] = x, y, 0.0
    vehicle.score[:count] = np.sort(random.uniform(0.0, 12.0, count))
    vehicle.debt[:count] = np.where(random.random(count) < 0.4, trellis.NO_WAY, 0.0)
    vehicle.debt[0] = random.choice([0.0, 3.0])
    vehicle.layer_count, vehicle.layer_time = count, 0.0
    return count


def scores_of(graph, memory, x: float, y: float) -> tuple[np.ndarray, np.ndarray]:
    """Give the scores of a fix's candidates ten seconds later, of all ways and of the route's."""
    count = candidates_about(graph, memory, x, y)
    trellis.next_layer(graph, memory, 0, 10.0, x, y, count, 8.0, 20.0)
    order = np.argsort(memory.candidates["segment"][:count])
    found = memory.hypotheses[:count][order]
    return found["score"].copy(), found["route_score"].copy()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_layer_scores_the_likeliest_way_of_all_and_of_those_from_the_route(seed: int) -> None:
    town, random = random_town(seed), np.random.default_rng(seed)
    graph = build_path_table(town.network, limit_bytes=8_000_000).graph(town.network)
    memory = memory_of(town)
    xs, ys = town.network.node_x, town.network.node_y
    for _ in range(10):
        x, y = random.uniform(xs.min(), xs.max()), random.uniform(ys.min(), ys.max())
        count = states_at(town, graph, memory, x, y, random)
        if count == 0:
            continue
        to = x + random.uniform(-120, 120), y + random.uniform(-120, 120)
        before = memory.slots[0].copy()
        found = scores_of(graph, memory, *to)
        each = []
        for k in range(count):
            vehicle = memory.slots[0]
            for name in ("segment", "offset", "across", "along_x", "along_y", "score", "debt",
                         "state_x", "state_y"):  # fmt: skip
                vehicle[name][0] = before[name][k]
            vehicle.layer_count = 1
            each.append(scores_of(graph, memory, *to))
        expected = np.min([one[0] for one in each], axis=0) if len(found[0]) else found[0]
        assert found[0] == pytest.approx(expected)
        by_route = np.min([one[1] for one in each], axis=0) if len(found[0]) else found[0]
        is_reached = by_route < 0.5 * trellis.NO_WAY
        assert found[1][is_reached] == pytest.approx(by_route[is_reached])
        assert (found[1][~is_reached] > 0.5 * trellis.NO_WAY).all()


def test_noise_learned_from_many_fixes_is_the_noise_that_made_them() -> None:
    memory = memory_of(random_town(0))
    noise.forget_noise(memory, 0)
    memory.model["noise_decay"] = 0.9999
    random = np.random.default_rng(5)
    # A first-order Markov error: sigma 12 m, tau 30 s, a fix each 5 s.
    rho, across = np.exp(-5.0 / 30.0), 0.0
    for _ in range(8000):
        across = rho * across + 12.0 * np.sqrt(1 - rho * rho) * random.normal()
        noise.learn_noise(memory, 0, across, 1.0, 0.0, 5.0)
    assert noise.sigma_of(memory, 0) == pytest.approx(12.0, rel=0.1)
    assert noise.tau_of(memory, 0) == pytest.approx(30.0, rel=0.25)


def test_what_python_calls_is_compiled_for_one_signature() -> None:
    town = random_town(1)
    matcher = new_matcher(town)
    matcher.match(batch_of(town.network, driven(town, "ABCGKL", noise_m=10)), START)
    matcher.provisional()
    matcher.finish()
    kernels = (online.step, open_fixes.read_open, search.fill_rows, search.count_within)
    if not hasattr(online.step, "signatures"):
        pytest.skip("numba compiles nothing here (NUMBA_DISABLE_JIT)")
    assert [len(kernel.signatures) for kernel in kernels] == [1, 1, 1, 1]
