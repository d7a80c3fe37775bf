"""Networks drawn for tests: named segments and which may follow which."""

import dataclasses

import numpy as np

from mapmatch.network import NONE, Network


def draw(
    turns: dict[str, str],
    length_m: float | dict[str, float] = 100.0,
    limit_kmh: float = 50.0,
    signals: str = "",
    regions: dict[str, int] | None = None,
) -> Network:
    """Give a network of one-letter segments: `turns` maps each to the letters that follow it.

    A segment named in `signals` ends at a signal. Geometry and the spatial index are empty.
    """
    ids = sorted(set(turns) | set("".join(turns.values())))
    n = len(ids)
    index = {name: i for i, name in enumerate(ids)}
    lengths = [length_m if isinstance(length_m, float) else length_m[name] for name in ids]
    ahead = [[index[t] for t in sorted(turns.get(name, ""))] for name in ids]
    behind = [[i for i in range(n) if j in ahead[i]] for j in range(n)]
    empty = np.zeros(0)
    nodes = 2 * n  # each segment ends at a node of its own
    values = {
        "name": "drawn",
        "origin_longitude": 119.3,
        "origin_latitude": 26.08,
        "segment_ids": ids,
        "names": [""] * n,
        "node_ids": [str(i) for i in range(nodes)],
        "from_node": np.arange(n, dtype=np.int32),
        "to_node": np.arange(n, 2 * n, dtype=np.int32),
        "length_m": np.array(lengths),
        "free_speed_mps": np.full(n, limit_kmh / 3.6),
        "lanes": np.full(n, 2, np.int16),
        "road_class": np.full(n, 6, np.int8),
        "is_bus_only": np.zeros(n, np.bool_),
        "reverse_segment": np.full(n, NONE, np.int32),
        "region": np.array([(regions or {}).get(name, 0) for name in ids], np.int16),
        "layer": np.zeros(n, np.int8),
        "node_x": np.zeros(nodes),
        "node_y": np.zeros(nodes),
        "node_has_signal": np.array([False] * n + [name in signals for name in ids]),
        "vertex_offsets": np.zeros(n + 1, np.int32),
        "vertex_x": empty,
        "vertex_y": empty,
        "vertex_distance_m": empty,
        "successor_offsets": _offsets(ahead),
        "successors": np.array([s for row in ahead for s in row], np.int32),
        "predecessor_offsets": _offsets(behind),
        "predecessors": np.array([s for row in behind for s in row], np.int32),
        "has_movements": True,
        "grid_x0": 0.0,
        "grid_y0": 0.0,
        "grid_cell_m": 50.0,
        "grid_padding_m": 50.0,
        "grid_columns": 0,
        "grid_rows": 0,
        "grid_offsets": np.zeros(1, np.int32),
        "grid_segments": np.zeros(0, np.int32),
        "grid_boxes": np.zeros((0, 4), np.uint8),
    }
    known = {field.name for field in dataclasses.fields(Network)}
    return Network(**{key: value for key, value in values.items() if key in known})


def _offsets(rows: list[list[int]]) -> np.ndarray:
    return np.r_[0, np.cumsum([len(row) for row in rows])].astype(np.int32)
