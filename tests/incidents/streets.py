"""Small road networks for the tests of the incident stage, given as a list of streets."""

import numpy as np

from mapmatch.network import NONE, Network

Street = tuple[str, str, str, float]
"""Segment id, from node, to node, length in metres."""


def streets(*given: Street, signals: str = "", lanes: int = 2, speed_mps: float = 14.0) -> Network:
    """Give a network of straight segments where every turn but the U-turn is permitted.

    Nodes named in `signals` have one. All segments lie on one line; only the graph matters.
    """
    nodes = sorted({node for street in given for node in street[1:3]})
    starts = [nodes.index(street[1]) for street in given]
    ends = [nodes.index(street[2]) for street in given]
    lengths = np.array([street[3] for street in given])
    n = len(given)
    reverse = [
        next((k for k in range(n) if (starts[k], ends[k]) == (ends[i], starts[i])), NONE)
        for i in range(n)
    ]
    after = [[k for k in range(n) if starts[k] == ends[i] and k != reverse[i]] for i in range(n)]
    before = [[k for k in range(n) if i in after[k]] for i in range(n)]
    ids = [street[0] for street in given]
    return Network(
        name="streets",
        origin_longitude=121.5,
        origin_latitude=31.2,
        segment_ids=ids,
        names=[f"{name} street" for name in ids],
        node_ids=nodes,
        from_node=np.array(starts, dtype=np.int32),
        to_node=np.array(ends, dtype=np.int32),
        length_m=lengths,
        free_speed_mps=np.full(n, speed_mps),
        lanes=np.full(n, lanes, dtype=np.int16),
        road_class=np.full(n, 6, dtype=np.int8),
        is_bus_only=np.zeros(n, dtype=np.bool_),
        reverse_segment=np.array(reverse, dtype=np.int32),
        layer=np.zeros(n, dtype=np.int8),
        region=np.zeros(n, dtype=np.int16),
        node_x=np.zeros(len(nodes)),
        node_y=np.zeros(len(nodes)),
        node_has_signal=np.array([node in signals for node in nodes], dtype=np.bool_),
        vertex_offsets=np.arange(0, 2 * n + 1, 2, dtype=np.int32),
        vertex_x=np.ravel([[0.0, length] for length in lengths]),
        vertex_y=np.zeros(2 * n),
        vertex_distance_m=np.ravel([[0.0, length] for length in lengths]),
        successor_offsets=_offsets(after),
        successors=np.array([k for row in after for k in row], dtype=np.int32),
        predecessor_offsets=_offsets(before),
        predecessors=np.array([k for row in before for k in row], dtype=np.int32),
        has_movements=True,
        grid_x0=0.0,
        grid_y0=0.0,
        grid_cell_m=50.0,
        grid_padding_m=50.0,
        grid_columns=0,
        grid_rows=0,
        grid_offsets=np.zeros(1, dtype=np.int32),
        grid_segments=np.zeros(0, dtype=np.int32),
        grid_boxes=np.zeros((0, 4), dtype=np.uint8),
    )


def _offsets(rows: list[list[int]]) -> np.ndarray:
    return np.cumsum([0] + [len(row) for row in rows]).astype(np.int32)
