"""What tests call the matcher's kernels with: a graph, memory, a vehicle's newest layer."""

import numpy as np

from mapmatch.kernels import candidates, trellis
from mapmatch.kernels.layout import UNIT, MatchGraph, Memory
from mapmatch.matcher_model import model_of
from mapmatch.matcher_settings import MatcherSettings
from mapmatch.memory import new_memory
from mapmatch.network import Network
from mapmatch.paths import build_path_table

NAN = float("nan")
SIGMA_M, TAU_S = 8.0, 20.0
HEADING_SIGMA = float(np.radians(MatcherSettings().heading_sigma_deg))
"""Spread of a heading at speed, rad."""
NO_COURSE = (NAN, NAN)
"""Speed and heading of a fix that gives neither."""


def graph_of(network: Network, radius_m: float = 2500.0) -> MatchGraph:
    """Give a network with a path table."""
    table = build_path_table(network, limit_bytes=8_000_000, radius_m=radius_m)
    return table.graph(network)


def memory_of(network: Network, settings: MatcherSettings | None = None) -> Memory:
    """Give memory for vehicles on a network."""
    return new_memory(model_of(settings or MatcherSettings(), network.grid_padding_m))


def candidates_about(graph: MatchGraph, memory: Memory, x: float, y: float) -> int:
    """Find the candidates of a fix without speed and heading; gives how many."""
    candidates.forget_lists(graph)
    return candidates.find_candidates(
        graph, memory, 0, x, y, *NO_COURSE, 0, SIGMA_M, HEADING_SIGMA, NAN
    )


def states_at(
    graph: MatchGraph, memory: Memory, x: float, y: float, random: np.random.Generator
) -> int:
    """Make the candidates about a place the newest layer of vehicle 0, with random scores.

    Some are of an earlier fix, some are not reached by the settled route; gives how many.
    """
    vehicle = memory.slots[0]
    count = candidates_about(graph, memory, x, y)
    for k in range(count):
        candidate = memory.candidates[k]
        for name in ("segment", "offset", "across"):
            vehicle[name][k] = candidate[name]
        for name in ("along_x", "along_y"):
            vehicle[name][k] = np.rint(UNIT * candidate[name])
        is_older = random.random() < 0.2
        vehicle.age[k] = random.uniform(5.0, 20.0) if is_older else 0.0
        vehicle.state_x[k], vehicle.state_y[k] = x + 30.0 * is_older, y
    vehicle.score[:count] = np.sort(random.uniform(0.0, 12.0, count))
    is_reached = random.random(count) < 0.6
    vehicle.debt[:count] = np.where(is_reached, random.uniform(0.0, 6.0, count), trellis.NO_WAY)
    vehicle.layer_count, vehicle.layer_time = count, 0.0
    return count
