"""The segments about a fix, against every segment by the book."""

from dataclasses import replace

import numpy as np
import pytest

from mapmatch.kernels import candidates
from mapmatch.kernels.layout import Memory
from mapmatch.matcher_settings import MatcherSettings
from tests.mapmatch.kernels.setting import (
    HEADING_SIGMA,
    NAN,
    NO_COURSE,
    SIGMA_M,
    graph_of,
    memory_of,
)
from tests.mapmatch.sources.towns import random_town, uneven
from tests.reference.candidates import course_cost, likeliest_segments

SETTINGS = MatcherSettings()
MOST = SETTINGS.candidate_count


@pytest.mark.parametrize("is_bus", [0, 1])
@pytest.mark.parametrize("seed", range(6))
def test_candidates_are_the_likeliest_segments(seed: int, is_bus: int) -> None:
    random = np.random.default_rng(seed)
    town = random_town(seed).network
    network = replace(town, node_has_signal=random.random(len(town.node_ids)) < 0.5)
    graph, memory = graph_of(network), memory_of(network)
    graph.segments["is_on_line"] = random.random(network.segment_count) < 0.5
    off_line = set(np.flatnonzero(graph.segments["is_on_line"] == 0)) if is_bus else set()
    low, high = network.node_x.min(), network.node_x.max()
    for n, (x, y) in enumerate(random.uniform(low, high, (40, 2))):
        count = candidates.find_candidates(
            graph, memory, n, x, y, *NO_COURSE, is_bus, SIGMA_M, HEADING_SIGMA, NAN
        )
        cost = SETTINGS.off_line_cost
        wait_m = SETTINGS.signal_sigmas * SIGMA_M
        expected = likeliest_segments(
            network, x, y, MOST, 35.0, SIGMA_M, off_line, cost, wait_m=wait_m
        )
        assert_found(memory, count, expected)


@pytest.mark.parametrize("speed_kmh", [0.0, 2.9, 3.1, 8.0, 50.0])
@pytest.mark.parametrize("seed", range(3))
def test_speed_and_heading_say_which_segments_are_likely(seed: int, speed_kmh: float) -> None:
    network = uneven(random_town(seed).network, seed)
    graph, memory = graph_of(network), memory_of(network)
    random = np.random.default_rng(seed)
    low, high = network.node_x.min(), network.node_x.max()
    for n, (x, y) in enumerate(random.uniform(low, high, (40, 2))):
        heading = float(random.uniform(0.0, 360.0))
        count = candidates.find_candidates(
            graph,
            memory,
            n,
            x,
            y,
            speed_kmh / 3.6,
            np.radians(heading),
            0,
            SIGMA_M,
            HEADING_SIGMA,
            NAN,
        )
        course = course_cost(network, SETTINGS, speed_kmh, heading)
        expected = likeliest_segments(network, x, y, MOST, 35.0, SIGMA_M, course=course)
        assert_found(memory, count, expected)


def assert_found(memory: Memory, count: int, expected: list[tuple[float, int]]) -> None:
    """Assert that the candidates are the twin's and cost as much."""
    found = memory.candidates[:count]
    assert count == len(expected)
    # Two ways of one street are equally likely: their order says nothing.
    assert sorted(found["segment"].tolist()) == sorted(s for _, s in expected) or count == 8
    costs = found["cost"] + 0.5 * (found["across"] / SIGMA_M) ** 2
    # Mass in an error's last 0.7 % is not counted.
    assert np.sort(costs) == pytest.approx([cost for cost, _ in expected], abs=0.01)
