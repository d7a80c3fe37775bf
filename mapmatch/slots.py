"""Memory of the vehicles under way: arrays for the kernels, grown when more vehicles come."""

import numpy as np

from mapmatch.kernels.layout import Pool, Roads, Rows, Scratch, Slots
from mapmatch.kernels.trellis import MOST_FROZEN
from mapmatch.network import Network

_SLOT_TYPES = {
    "is_active": np.uint8,
    "is_bus": np.uint8,
    "last_time": np.float64,
    "layer_count": np.int8,
    "layer_time": np.float64,
    "route_offset": np.float64,
    "route_time": np.float64,
    "enter_time": np.float64,
}
_SLOT_LISTS = (
    "score", "segment", "offset", "across", "along_x", "along_y", "age", "state_x", "state_y",
)  # fmt: skip
_SLOT_INTS = (
    "head", "tail", "pending", "layers", "layer_record", "segment", "route_segment",
)  # fmt: skip
_NONE_FIELDS = ("head", "tail", "layer_record", "route_segment")
_POOL_TYPES = {
    "free": np.int32,
    "next": np.int32,
    "previous_layer": np.int32,
    "kind": np.uint8,
    "choice": np.int8,
    "time": np.float64,
    "x": np.float32,
    "y": np.float32,
    "tag": np.int64,
    "count": np.int8,
    "segment": np.int32,
    "offset": np.float32,
    "back": np.uint8,
}
_ROUTE_SEGMENTS = 2048
"""Longest route between two fixes, in segments."""


def new_slots(capacity: int, states: int) -> Slots:
    """Give slots for vehicles not yet seen, each with room for some states."""
    arrays = {}
    for name in Slots._fields:
        shape = (capacity, states) if name in _SLOT_LISTS else (capacity,)
        kind = _SLOT_TYPES.get(name, np.int32 if name in _SLOT_INTS else np.float32)
        arrays[name] = np.zeros(shape, kind)
        if name in _NONE_FIELDS:
            arrays[name][:] = -1
    arrays["last_across"][:] = np.nan
    return Slots(**arrays)


def grow_slots(slots: Slots, capacity: int) -> Slots:
    """Give the same slots with more room."""
    old = len(slots.is_active)
    more = new_slots(capacity - old, slots.segment.shape[1])
    return Slots(*(np.concatenate([a, b]) for a, b in zip(slots, more, strict=True)))


def new_pool(capacity: int, states: int) -> Pool:
    """Give a pool of free records."""
    arrays = {
        name: np.zeros(
            (capacity, states) if name in ("segment", "offset", "back") else capacity, kind
        )
        for name, kind in _POOL_TYPES.items()
    }
    arrays["free"] = np.arange(capacity - 1, -1, -1, dtype=np.int32)
    return Pool(**arrays, free_count=np.array([capacity], np.int32))


def grow_pool(pool: Pool, capacity: int) -> Pool:
    """Give the same pool with more free records."""
    old, free = len(pool.free), int(pool.free_count[0])
    more = new_pool(capacity - old, pool.segment.shape[1])
    arrays = {
        name: np.concatenate([getattr(pool, name), getattr(more, name)]) for name in _POOL_TYPES
    }
    arrays["free"][: capacity - old] = np.arange(capacity - 1, old - 1, -1)
    arrays["free"][capacity - old : capacity - old + free] = pool.free[:free]
    return Pool(**arrays, free_count=np.array([capacity - old + free], np.int32))


def new_rows(capacity: int) -> Rows:
    """Give empty output columns."""
    arrays = {"written": np.zeros(4, np.int64)}
    for name in Rows._fields[1:]:
        kind: type = np.float64
        if name.endswith(("slot", "segment")):
            kind = np.int32
        elif name.endswith("offset"):
            kind = np.float32
        elif name.endswith(("reason", "is_complete")):
            kind = np.uint8
        elif name.endswith("tag"):
            kind = np.int64
        arrays[name] = np.zeros(capacity, kind)
    return Rows(**arrays)


def new_scratch(states: int) -> Scratch:
    """Give a kernel call's working memory."""
    wide = states + MOST_FROZEN
    return Scratch(
        cand_segment=np.zeros(states, np.int32),
        cand_offset=np.zeros(states),
        cand_across=np.zeros(states),
        cand_along_x=np.zeros(states),
        cand_along_y=np.zeros(states),
        cand_cost=np.zeros(states),
        cand_rank=np.zeros(states),
        new_score=np.zeros(wide),
        new_back=np.zeros(wide, np.uint8),
        new_offset=np.zeros(wide),
        choice=np.zeros(states, np.int32),
        kept_segment=np.zeros(states, np.int32),
        kept_place=np.zeros((states, 6)),
        path=np.zeros(_ROUTE_SEGMENTS, np.int32),
        path_m=np.zeros(1),
        records=np.zeros(1, np.int32),
    )


def roads_of(network: Network) -> Roads:
    """Give what the kernels read of a network."""
    return Roads(
        from_node=network.from_node,
        to_node=network.to_node,
        length_m=network.length_m,
        free_speed_mps=network.free_speed_mps,
        class_cost=np.zeros(network.segment_count, np.float32),
        is_bus_only=network.is_bus_only.astype(np.uint8),
        reverse_segment=network.reverse_segment,
        vertex_offsets=network.vertex_offsets,
        vertex_x=network.vertex_x,
        vertex_y=network.vertex_y,
        vertex_distance_m=network.vertex_distance_m,
        grid_x0=float(network.grid_x0),
        grid_y0=float(network.grid_y0),
        grid_cell_m=float(network.grid_cell_m),
        grid_columns=int(network.grid_columns),
        grid_rows=int(network.grid_rows),
        grid_offsets=network.grid_offsets,
        grid_segments=network.grid_segments,
    )
