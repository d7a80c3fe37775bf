"""What it costs to get to a new fix, against every way written out."""

from math import hypot

import numpy as np
import pytest

from mapmatch.kernels import trellis
from mapmatch.kernels.layout import UNIT, MatchGraph, Memory
from mapmatch.matcher_settings import MatcherSettings
from mapmatch.network import Network
from mapmatch.paths import MIN_RADIUS_M
from tests.drawing import draw
from tests.mapmatch.kernels.setting import (
    SIGMA_M,
    TAU_S,
    candidates_about,
    graph_of,
    memory_of,
    states_at,
)
from tests.mapmatch.sources.towns import open_town, random_town, uneven
from tests.reference import transitions as reference

SETTINGS = MatcherSettings()
# Routes are tabled in decimetres: 0.05 m of at least beta_m, and of speeding_cost_m.
ROUNDING = 0.05 / SETTINGS.beta_m + 0.05 / SETTINGS.speeding_cost_m + 1e-4


def town_of(seed: int, cell_m: float = 23.7) -> Network:
    """Give a random town with listed turns, with or without U-turns, or one where all are open."""
    town = open_town(cell_m) if seed % 3 == 2 else random_town(seed, cell_m)
    return uneven(town.network, seed)


def tunnel_cost(graph: MatchGraph, segment: int, offset: float) -> float:
    """Give what being seen in a tunnel costs: all of it 50 m from its ends, less nearer."""
    road = graph.segments[segment]
    depth = min(offset, float(road.length_m) - offset)
    return SETTINGS.tunnel_cost * min(max(depth / 50.0, 0.0), 1.0) * float(road.layer < 0)


def seen_states(graph: MatchGraph, memory: Memory, seconds: float) -> list[reference.State]:
    """Give the newest layer of vehicle 0 as the twin reads it, so long before a new fix."""
    vehicle = memory.slots[0]
    return [
        reference.State(
            segment=int(vehicle.segment[k]),
            offset=float(vehicle.offset[k]),
            across=float(vehicle.across[k]),
            along=(vehicle.along_x[k] / UNIT, vehicle.along_y[k] / UNIT),
            fix=(float(vehicle.state_x[k]), float(vehicle.state_y[k])),
            seconds=seconds + float(vehicle.age[k]),
            gap_s=seconds,
            score=float(vehicle.score[k]),
            debt=None if vehicle.debt[k] >= trellis.NO_WAY else float(vehicle.debt[k]),
            tunnel=tunnel_cost(graph, int(vehicle.segment[k]), float(vehicle.offset[k])),
        )
        for k in range(vehicle.layer_count)
    ]


def seen_candidates(graph: MatchGraph, memory: Memory, count: int) -> list[reference.Candidate]:
    """Give the candidates found as the twin reads them."""
    return [
        reference.Candidate(
            segment=int(found.segment),
            offset=float(found.offset),
            across=float(found.across),
            along=(float(found.along_x), float(found.along_y)),
            cost=float(found.cost),
            tunnel=tunnel_cost(graph, int(found.segment), float(found.offset)),
        )
        for found in (memory.candidates[k] for k in range(count))
    ]


def assert_scored(
    found_score: float,
    found_back: int,
    ways: list[float],
    expected: reference.Scored,
    states: list[reference.State],
) -> None:
    """Assert the cost, and that the state pointed back to gives it: two may be equally good."""
    assert found_score == pytest.approx(expected.cost, abs=ROUNDING)
    if found_back & trellis.BROKEN:
        likeliest = states[found_back & trellis.STATE]
        assert expected.is_break or expected.cost == pytest.approx(found_score, abs=ROUNDING)
        assert likeliest.score == min(state.score for state in states)
    else:
        assert ways[found_back & trellis.STATE] == pytest.approx(expected.cost, abs=ROUNDING)


@pytest.mark.parametrize("seed", range(12))
def test_a_layer_costs_the_cheapest_way_of_all_and_of_those_on_the_route(seed: int) -> None:
    network = town_of(seed)
    compare_layers(network, graph_of(network), seed, reach_m=400.0)


# Where routes are searched a way that turns round counts 300 m longer, so the search may end before
# it: towns without U-turns are compared there.
@pytest.mark.parametrize("seed", [2, 4, 5, 6, 8, 10])
def test_routes_beyond_the_smallest_table_are_searched_as_far_as_they_are_of_use(seed: int) -> None:
    network = town_of(seed, cell_m=70.0)
    compare_layers(network, graph_of(network, MIN_RADIUS_M), seed, reach_m=900.0)


def compare_layers(network: Network, graph: MatchGraph, seed: int, reach_m: float) -> None:
    """Compare layers about random places with the twin's; `reach_m` bounds how far a fix moves."""
    random, memory, compared = np.random.default_rng(seed), memory_of(network), 0
    xs, ys = network.node_x, network.node_y
    graph.segments["layer"] = np.where(random.random(network.segment_count) < 0.3, -1, 0)
    for _ in range(40):
        node = random.integers(len(xs))
        x, y = xs[node] + random.uniform(-90.0, 90.0), ys[node] + random.uniform(-30.0, 30.0)
        if states_at(graph, memory, x, y, random) == 0:
            continue
        seconds = float(random.choice([2.0, 10.0, 40.0]))
        reach = min(20.0 * seconds, reach_m)
        node = random.choice(np.flatnonzero(np.hypot(xs - xs[node], ys - ys[node]) <= reach))
        fix = xs[node] + random.uniform(-90.0, 90.0), ys[node] + random.uniform(-30.0, 30.0)
        compared += compare_layer(network, graph, memory, seconds, fix)
    assert compared > 60


def compare_layer(
    network: Network, graph: MatchGraph, memory: Memory, seconds: float, fix: tuple[float, float]
) -> int:
    """Compare the layer of a fix with the twin's; gives how many candidates it has."""
    count = candidates_about(graph, memory, *fix)
    if count == 0:
        return 0
    memory.slots[0].gap_s = seconds
    states, places = seen_states(graph, memory, seconds), seen_candidates(graph, memory, count)
    total = trellis.next_layer(graph, memory, 0, seconds, *fix, count, SIGMA_M, TAU_S)
    costs = []
    for k, place in enumerate(places):
        found = memory.hypotheses[k]
        ways = reference.ways_to(network, SETTINGS, states, place, fix, SIGMA_M, TAU_S)
        best = reference.cheapest(SETTINGS, states, place, ways, SIGMA_M, is_route=False)
        costs.append(best.cost)
        assert_scored(found.score, int(found.back), ways, best, states)
        if any(state.debt is not None for state in states):
            best = reference.cheapest(SETTINGS, states, place, ways, SIGMA_M, is_route=True)
            assert found.route_score == pytest.approx(best.cost, abs=ROUNDING)
        else:
            assert found.route_score > 0.5 * trellis.NO_WAY
    suspicion = min(costs) - min(state.score for state in states) - SETTINGS.suspect_cost
    if abs(suspicion) > ROUNDING:
        alive = reference.living_on(SETTINGS, states, costs, seconds)
        compare_living_on(memory, states, alive, count, total)
    return count


def compare_living_on(
    memory: Memory,
    states: list[reference.State],
    alive: list[tuple[int, float, float]],
    count: int,
    total: int,
) -> None:
    """Compare the states that live on through a fix that may be an outlier."""
    assert total == count + len(alive)
    for place, (state, cost, by_route) in enumerate(alive, start=count):
        found = memory.hypotheses[place]
        assert found.back == found.route_back == state | trellis.FROZEN
        assert found.score == pytest.approx(cost, abs=1e-4)
        assert found.offset == pytest.approx(states[state].offset)
        assert min(found.route_score, 0.5 * trellis.NO_WAY) == pytest.approx(
            min(by_route, 0.5 * trellis.NO_WAY), abs=1e-4
        )


@pytest.mark.parametrize("seed", range(6))
def test_a_first_layer_costs_what_its_candidates_do(seed: int) -> None:
    network, random = town_of(seed), np.random.default_rng(seed)
    graph, memory = graph_of(network), memory_of(network)
    for _ in range(20):
        x = random.uniform(network.node_x.min(), network.node_x.max())
        y = random.uniform(network.node_y.min(), network.node_y.max())
        count = candidates_about(graph, memory, x, y)
        assert trellis.start_layer(memory, count, SIGMA_M) == count
        expected = reference.first_costs(seen_candidates(graph, memory, count), SIGMA_M)
        found = memory.hypotheses[:count]
        assert found["score"] == pytest.approx(expected)
        assert found["route_score"] == pytest.approx(expected)


def test_a_way_along_one_street_costs_what_a_hand_works_out() -> None:
    street = draw("A----------B", cell_m=100.0, free_speed_kmh=36.0, one_way=["AB"]).network
    graph, memory = graph_of(street), memory_of(street)
    x, y = float(street.node_x[0]), float(street.node_y[0])
    states_at(graph, memory, x + 100.0, y + 8.0, np.random.default_rng(1))
    vehicle = memory.slots[0]
    vehicle.score[0], vehicle.debt[0], vehicle.age[0] = 0.0, 0.0, 0.0
    vehicle.state_x[0] = x + 100.0
    count = candidates_about(graph, memory, x + 400.0, y)
    trellis.next_layer(graph, memory, 0, 20.0, x + 400.0, y, count, 8.0, 20.0)
    # Correlation e^-1: the new distance across, 0, is normal about 8/e = 2.94 m with variance
    # 64 (1 - e^-2) = 55.34 m2, against 64 m2 of no knowledge: 2.94^2 / 110.7 + ln(0.8647) / 2.
    emission = 2.943**2 / 110.68 + 0.5 * -0.14541
    # 300 m driven; straight it is as far but for 8 m across: 0.107 m.
    drift = 8.0 * (2.0 * (1.0 - 0.36788)) ** 0.5
    route = (hypot(300.0, 8.0) - 300.0) / (5.0 + 0.04 * 300.1 + drift)
    # 20 s at 1.3 times 10 m/s are 260 m, and the error may be 2 drifts: 22.0 m too far.
    speeding = (300.0 - 260.0 - 2.0 * drift) / 10.0
    cost = emission + route + speeding + memory.candidates[0].cost
    assert drift == pytest.approx(8.995, abs=1e-3)
    assert memory.hypotheses[0].score == pytest.approx(cost, abs=0.01)


def test_a_vehicle_that_stands_keeps_its_place_where_the_error_moves_it_back() -> None:
    network = random_town(1).network
    graph, memory = graph_of(network), memory_of(network)
    x, y = float(network.node_x[0]) + 70.0, float(network.node_y[0])
    states_at(graph, memory, x, y, np.random.default_rng(1))
    segment = int(memory.slots[0].segment[0])
    count = candidates_about(graph, memory, x - 6.0, y)
    trellis.next_layer(graph, memory, 0, 10.0, x - 6.0, y, count, SIGMA_M, TAU_S)
    back = next(k for k in range(count) if memory.candidates[k].segment == segment)
    offsets = (float(memory.slots[0].offset[0]), memory.candidates[back].offset)
    assert memory.hypotheses[back].offset == pytest.approx(max(offsets))
