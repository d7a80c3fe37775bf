"""The road network as flat arrays: what every kernel reads and nothing at run time changes."""

import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ingest.kernels.arrays import Floats, Int32s
from ingest.user_error import UserError, reason_of

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


SCHEMA_VERSION = 2
"""Version of the artefact's layout; a folder of another version has to be built again."""

SEPARATOR = "\0"
"""What stands between two strings in a .txt file of the artefact; no id or name may hold it."""


class NetworkError(UserError):
    """A network source or artefact that cannot be used; names file, row, column and value."""


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
    from_node: Int32s  # n
    to_node: Int32s  # n
    length_m: Floats  # n, as driven; the polyline is scaled to it
    free_speed_mps: Floats  # n, the legal or assumed limit
    lanes: npt.NDArray[np.int16]  # n
    road_class: npt.NDArray[np.int8]  # n
    is_bus_only: npt.NDArray[np.bool_]  # n
    reverse_segment: Int32s  # n, the same street driven the other way, NONE if one-way
    region: npt.NDArray[np.int16]  # n, 0..region_count-1
    layer: npt.NDArray[np.int8]  # n, 0 on the ground, above for bridges, below for tunnels
    # nodes
    node_x: Floats  # m
    node_y: Floats  # m
    node_has_signal: npt.NDArray[np.bool_]  # m
    # polylines, CSR over segments
    vertex_offsets: Int32s  # n + 1
    vertex_x: Floats  # v
    vertex_y: Floats  # v
    vertex_distance_m: Floats  # v, along the segment, 0 at its start, length_m at its end
    # permitted movements, CSR over segments: successors (downstream) and predecessors (upstream)
    successor_offsets: Int32s  # n + 1
    successors: Int32s
    predecessor_offsets: Int32s  # n + 1
    predecessors: Int32s
    has_movements: bool  # False: every turn at a node is permitted, the U-turn included
    # spatial index: cells of grid_cell_m, CSR over cells in row-major order; a cell lists the
    # segments whose polyline comes within grid_padding_m of it, and where in its surroundings
    grid_x0: float
    grid_y0: float
    grid_cell_m: float
    grid_padding_m: float
    grid_columns: int
    grid_rows: int
    grid_offsets: Int32s  # grid_columns * grid_rows + 1
    grid_segments: Int32s
    # entries x (left, bottom, right, top): what of the segment is near, in 255ths of the cell
    # widened by the padding, from its corner
    grid_boxes: npt.NDArray[np.uint8]
    _index: dict[str, int] = field(default_factory=dict, init=False, repr=False, compare=False)
    # what goes with it: "folder" it was loaded from, "paths" once they were asked for
    beside: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

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


_STRING_FIELDS = ("segment_ids", "names", "node_ids")


def save_network(network: Network, folder: Path) -> None:
    """Write the network's arrays and strings into an existing folder."""
    scalars: dict[str, Any] = {"format": SCHEMA_VERSION}
    for item in fields(network):
        value = getattr(network, item.name)
        if not item.init:
            continue
        if isinstance(value, np.ndarray):
            np.save(folder / f"{item.name}.npy", value, allow_pickle=False)
        elif item.name in _STRING_FIELDS:
            (folder / f"{item.name}.txt").write_bytes(SEPARATOR.join(value).encode())
        else:
            scalars[item.name] = value
    scalars |= {name: len(getattr(network, name)) for name in _STRING_FIELDS}
    text = json.dumps(scalars, ensure_ascii=False, indent=1)
    (folder / "network.json").write_text(text + "\n", encoding="utf-8")


def is_artefact(path: Path) -> bool:
    """Tell whether a path is a built network."""
    return (path / "network.json").is_file()


def load_network(folder: Path) -> Network:
    """Load a built artefact; arrays are mapped copy-on-write, so nothing is read before it is used.

    Raises NetworkError where the folder holds no artefact, or one that is damaged or of another
    format version.
    """
    scalars = _read_scalars(folder)
    values: dict[str, Any] = {}
    for item in fields(Network):
        if not item.init:
            continue
        if item.name in _STRING_FIELDS:
            values[item.name] = _read_strings(folder / f"{item.name}.txt", scalars.get(item.name))
        elif item.type in (str, int, float, bool):
            if item.name not in scalars:
                raise NetworkError(f"{folder / 'network.json'}: no field {item.name!r}")
            values[item.name] = scalars[item.name]
        else:
            values[item.name] = read_array(folder / f"{item.name}.npy")
    network = Network(**values)
    network.beside["folder"] = folder
    return network


def read_array(path: Path) -> npt.NDArray[Any]:
    """Map one .npy file copy-on-write, as a plain writable array.

    Raises NetworkError where it is missing or damaged.
    """
    try:
        # An empty array cannot be mapped.
        mapped = np.load(path, mmap_mode="c" if path.stat().st_size > 4096 else None)
    except (OSError, ValueError) as error:
        raise NetworkError(
            f"{path}: no readable array ({reason_of(error)}); build the network again"
        ) from error
    return np.asarray(mapped)


def _read_scalars(folder: Path) -> dict[str, Any]:
    path = folder / "network.json"
    try:
        scalars = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NetworkError(f"{folder}: no built network ({path.name}: {error.strerror})") from error
    except ValueError as error:
        raise NetworkError(f"{path}: not JSON ({error}); build the network again") from error
    if not isinstance(scalars, dict) or scalars.get("format") != SCHEMA_VERSION:
        found = scalars.get("format") if isinstance(scalars, dict) else None
        raise NetworkError(
            f"{path}: format {found!r}, expected {SCHEMA_VERSION}; build the network again"
        )
    return scalars


def _read_strings(path: Path, count: int | None) -> list[str]:
    try:
        text = path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise NetworkError(
            f"{path}: no readable text ({reason_of(error)}); build the network again"
        ) from error
    strings = text.split(SEPARATOR) if count else []
    if len(strings) != count:
        raise NetworkError(f"{path}: {len(strings)} strings, expected {count}; build it again")
    return strings
