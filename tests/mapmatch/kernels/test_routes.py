"""Routes looked up in the path table, against Dijkstra over dictionaries."""

from itertools import pairwise

import numpy as np
import pytest

from mapmatch.kernels import route
from mapmatch.kernels.layout import PATH_ENTRY, PATH_ROW
from mapmatch.match_graph import match_graph_of, state_count
from mapmatch.memory import records
from mapmatch.paths import build_path_table
from tests.mapmatch.sources.towns import random_town
from tests.reference.routes import counted_between, metres_between, successors


@pytest.mark.parametrize("radius_m", [250.0, 900.0])
@pytest.mark.parametrize("seed", range(6))
def test_the_path_table_holds_the_shortest_routes_within_its_radius(
    seed: int, radius_m: float
) -> None:
    network = random_town(seed).network
    graph = build_path_table(network, radius_m=radius_m).graph(network)
    _assert_shortest(graph, network, radius_m)


@pytest.mark.parametrize("seed", range(6))
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
        expected, counted = metres_between(network, start), counted_between(network, start)
        row = np.int64(graph.segments[start].source_of)
        route.ensure_row(graph, row)
        for end in range(network.segment_count):
            entry = route.find(graph, row, np.int64(graph.segments[end].target_of))
            if entry < 0:
                assert end not in counted or counted[end] > radius_m - 0.01
                continue
            metres = 0.1 * graph.path_entries[entry].distance_dm
            assert metres == pytest.approx(expected[end], abs=0.1)
            count = route.trace_row(graph, start, end, path)
            driven_path = [start, *path[:count].tolist(), end]
            assert sum(network.length_m[driven_path[1:-1]]) == pytest.approx(metres, abs=0.1)
            for before, after in pairwise(driven_path):
                assert after in following[before]
