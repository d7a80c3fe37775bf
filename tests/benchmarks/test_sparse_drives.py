"""Drives made for the table of sparse fixes: they keep to the network, and routes to the fixes."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from benchmarks.sparse import drives
from benchmarks.sparse.beside import between
from benchmarks.sparse.drives import DRIVEN_S, drives_on
from tests.drawing import draw

BLOCKS = """
A----B----C
|    |    |
D-->-E----F
|    |    |
G----H----I
"""


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drives, "VEHICLES", 5)


@pytest.mark.usefixtures("few")
def test_drives_take_permitted_turns_and_are_where_their_route_is() -> None:
    drawing = draw(BLOCKS, cell_m=40, banned=[("BE", "EF")])
    network = drawing.network
    motion, routes = drives_on(network)
    assert routes.vehicle_id.nunique() == 5
    for vehicle, rows in motion.frame.groupby("vehicle_id"):
        assert len(rows) == DRIVEN_S
        route = routes[routes.vehicle_id == vehicle].link_id.tolist()
        for here, there in pairwise(route):
            segment = drawing.segment(here)
            low, high = network.successor_offsets[segment : segment + 2]
            assert drawing.segment(there) in network.successors[low:high]
        seen = rows.link_id.tolist()
        assert [a for a, b in pairwise([*seen, ""]) if a != b] == route
        for link_id, x, y in zip(rows.link_id, rows.x, rows.y, strict=True):
            ends = [node(drawing, letter) for letter in link_id]
            along = [np.hypot(x - end[0], y - end[1]) for end in ends]
            apart = np.hypot(ends[0][0] - ends[1][0], ends[0][1] - ends[1][1])
            assert sum(along) == pytest.approx(apart, abs=0.01)


def node(drawing, letter):
    index = drawing.network.node_ids.index(letter)
    return drawing.network.node_x[index], drawing.network.node_y[index]


@pytest.mark.usefixtures("few")
def test_drives_are_the_same_each_time() -> None:
    network = draw(BLOCKS, cell_m=40).network
    pd.testing.assert_frame_equal(drives_on(network)[0].frame, drives_on(network)[0].frame)


def test_a_true_route_ends_where_the_fixes_do() -> None:
    routes = pd.DataFrame({"vehicle_id": ["a"] * 5, "link_id": ["1", "2", "3", "2", "4"]})
    moments = pd.to_datetime(["2026-09-15T00:01Z", "2026-09-15T00:00Z"])
    truth = pd.DataFrame({"vehicle_id": "a", "event_time": moments, "link_id": ["2", "1"]})
    assert between(routes, truth)["link_id"].to_pylist() == ["1", "2", "3", "2"]
    truth["link_id"] = ["3", "2"]
    assert between(routes, truth)["link_id"].to_pylist() == ["2", "3"]
