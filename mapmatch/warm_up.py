"""Compiles the stage's kernels before there is a road network to match on."""

from dataclasses import fields
from typing import Any, get_args

import numpy as np

from mapmatch.kernels.layout import PATH_ENTRY, PATH_ROW
from mapmatch.matcher import OnlineMatcher
from mapmatch.memory import records
from mapmatch.network import NONE, Network
from mapmatch.paths import PathTable

LENGTH_M = 100.0


def warm_up() -> None:
    """Call every kernel of the matcher once, for no fix."""
    network = one_street()
    rows, entries = records(PATH_ROW, len(network.node_ids)), records(PATH_ENTRY, 1)
    paths = PathTable(LENGTH_M, entries.nbytes, rows, entries, np.zeros(1, np.int32), 0, 0.0)
    OnlineMatcher(network, paths).warm_up()


def one_street() -> Network:
    """Give a network of one street, 100 m from west to east, driven one way."""
    kind = {item.name: item.type for item in fields(Network) if item.init}
    arrays: dict[str, list[Any]] = {
        "from_node": [0], "to_node": [1], "length_m": [LENGTH_M], "free_speed_mps": [10.0],
        "lanes": [1], "road_class": [0], "is_bus_only": [False], "reverse_segment": [NONE],
        "region": [0], "layer": [0], "node_x": [0.0, LENGTH_M], "node_y": [0.0, 0.0],
        "node_has_signal": [False, False], "vertex_offsets": [0, 2], "vertex_x": [0.0, LENGTH_M],
        "vertex_y": [0.0, 0.0], "vertex_distance_m": [0.0, LENGTH_M], "successor_offsets": [0, 0],
        "successors": [], "predecessor_offsets": [0, 0], "predecessors": [],
        "grid_offsets": [0, 1], "grid_segments": [0],
    }  # fmt: skip
    typed = {
        name: np.array(values, get_args(get_args(kind[name])[1])[0])
        for name, values in arrays.items()
    }
    return Network(
        name="one street", origin_longitude=0.0, origin_latitude=0.0, segment_ids=["s"],
        names=[""], node_ids=["a", "b"], has_movements=False, grid_x0=0.0, grid_y0=0.0,
        grid_cell_m=2.0 * LENGTH_M, grid_padding_m=LENGTH_M, grid_columns=1, grid_rows=1,
        grid_boxes=np.array([[0, 0, 255, 255]], np.uint8), **typed,
    )  # fmt: skip
