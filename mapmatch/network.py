"""The road network as flat arrays: what every kernel reads and nothing at run time changes."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

NONE = -1
"""An index array's entry where there is no such segment or node."""

ROAD_CLASSES = (
    "motorway",
    "motorway_link",
    "trunk",
    "trunk_link",
    "primary",
    "primary_link",
    "secondary",
    "secondary_link",
    "tertiary",
    "tertiary_link",
    "residential",
    "unclassified",
    "service",
)
"""OpenStreetMap's highway classes; a segment's `road_class` is an index into this tuple."""


@dataclass(frozen=True)
class Network:
    """A directed road network of n segments, m nodes, v polyline vertices, in local metres.

    Local metres are the transverse Mercator plane whose origin is `origin_longitude`,
    `origin_latitude` (x east, y north). Arrays of n are indexed by segment, the position of a
    segment's id in `segment_ids`.
    """

    name: str
    origin_longitude: float
    origin_latitude: float
    segment_ids: list[str]
    names: list[str]  # n; "" where the road has no name
    node_ids: list[str]
    # segments
    from_node: Ints  # n
    to_node: Ints  # n
    length_m: Floats  # n, as driven; the polyline is scaled to it
    free_speed_mps: Floats  # n, the legal or assumed limit
    lanes: npt.NDArray[np.int16]  # n
    road_class: npt.NDArray[np.int8]  # n
    is_bus_only: npt.NDArray[np.bool_]  # n
    reverse_segment: Ints  # n, the same street driven the other way, NONE if one-way
    region: npt.NDArray[np.int16]  # n, 0..region_count-1
    # nodes
    node_x: Floats  # m
    node_y: Floats  # m
    node_has_signal: npt.NDArray[np.bool_]  # m
    # polylines, CSR over segments
    vertex_offsets: Ints  # n + 1
    vertex_x: Floats  # v
    vertex_y: Floats  # v
    vertex_distance_m: Floats  # v, along the segment, 0 at its start, length_m at its end
    # permitted movements, CSR over segments: successors (downstream) and predecessors (upstream)
    successor_offsets: Ints  # n + 1
    successors: Ints
    predecessor_offsets: Ints  # n + 1
    predecessors: Ints
    has_movements: bool  # False: every turn at a node is permitted, the U-turn included
    # spatial index: cells of grid_cell_m, CSR over cells in row-major order; a cell lists the
    # segments whose polyline comes within grid_padding_m of it
    grid_x0: float
    grid_y0: float
    grid_cell_m: float
    grid_padding_m: float
    grid_columns: int
    grid_rows: int
    grid_offsets: Ints  # grid_columns * grid_rows + 1
    grid_segments: Ints
    _index: dict[str, int] = field(default_factory=dict, repr=False, compare=False)

    @property
    def segment_count(self) -> int:
        """Number of directed segments."""
        return len(self.segment_ids)

    @property
    def region_count(self) -> int:
        """Number of regions the network was cut into when it was built."""
        return int(self.region.max()) + 1 if len(self.region) else 0

    def index_of(self, segment_id: str) -> int | None:
        """Give the index of a segment, None if the network has no such id."""
        if not self._index:
            self._index.update({name: i for i, name in enumerate(self.segment_ids)})
        return self._index.get(segment_id)


def load_network(folder: Path) -> Network:
    """Load a built artefact by memory map."""
    raise NotImplementedError(folder)
