"""Units, coordinates and polylines of a GMNS folder."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from pyproj import Transformer
from pyproj.exceptions import ProjError

from ingest.kernels.arrays import Floats, Int32s
from ingest.units import KMH
from mapmatch.network import NetworkError
from mapmatch.projection import METRES_PER_DEGREE
from mapmatch.sources.csv_table import CsvTable, find_csv
from mapmatch.sources.roads import offsets_of, row_ranges

METRES = {
    "m": 1.0, "meter": 1.0, "meters": 1.0, "metre": 1.0, "metres": 1.0,
    "km": 1000.0, "kilometer": 1000.0, "kilometers": 1000.0,
    "ft": 0.3048, "foot": 0.3048, "feet": 0.3048,
    "mi": 1609.344, "mile": 1609.344, "miles": 1609.344,
}  # fmt: skip
METRES_PER_SECOND = {
    "kmh": 1 / KMH, "km/h": 1 / KMH, "kph": 1 / KMH,
    "mph": 0.44704, "mi/h": 0.44704,
    "m/s": 1.0, "mps": 1.0,
}  # fmt: skip
CONFIG_COLUMNS = ("dataset_name", "long_length", "speed", "crs")
MAX_SPREAD_DEG = 15.0
"""What lies further from the middle node is misplaced. Unit: deg. Source: chosen; a network is a
city or a country."""
STRAY_M = 150.0
"""A link's end this far from its node is misplaced. Unit: m. Source: chosen, more than the largest
junction is wide."""


class Units:
    """What config.csv says: the network's name, its units and its coordinate system."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.resolve().name
        self.length, self.speed = 1.0, 1 / KMH
        self._to_degrees: Transformer | None = None
        path = find_csv(folder, "config")
        if path is None:
            raise NetworkError(f"{folder}: no config.csv (or .csv.gz), expected one with the units")
        table = CsvTable(path, ())
        if len(table) != 1:
            raise NetworkError(f"{path}: {len(table)} rows, expected 1")
        if not any(table.has(column) for column in CONFIG_COLUMNS):
            raise NetworkError(f"{path}: expected any of the columns {', '.join(CONFIG_COLUMNS)}")
        self.name = table.text("dataset_name").iloc[0] or self.name
        self.length = _unit(table, "long_length", METRES)
        self.speed = _unit(table, "speed", METRES_PER_SECOND)
        crs = table.text("crs").iloc[0]
        if crs and crs.upper() not in ("EPSG:4326", "4326", "WGS84", "OGC:CRS84"):
            try:
                self._to_degrees = Transformer.from_crs(
                    f"EPSG:{crs}" if crs.isdigit() else crs, "EPSG:4326", always_xy=True
                )
            except ProjError:
                table.refuse(0, "crs", "a coordinate system such as EPSG:4326")

    def degrees(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Give longitude and latitude of source coordinates, infinite where there are none."""
        if self._to_degrees is None:
            return x, y
        longitude, latitude = self._to_degrees.transform(x, y)
        return np.asarray(longitude), np.asarray(latitude)

    def node_degrees(self, nodes: CsvTable) -> tuple[Floats, Floats]:
        """Give the nodes' longitude and latitude."""
        x = nodes.numbers("x_coord", "a finite number", -1e9, 1e9)
        y = nodes.numbers("y_coord", "a finite number", -1e9, 1e9)
        longitude, latitude = self.degrees(x, y)
        for column, degrees, limit in (("x_coord", longitude, 180), ("y_coord", latitude, 90)):
            is_bad = ~(np.abs(degrees) <= limit)
            if is_bad.any():
                nodes.refuse(int(np.argmax(is_bad)), column, f"within {limit} degrees of 0")
            middle = float(np.median(degrees)) if len(degrees) else 0.0
            is_far = np.abs(degrees - middle) > MAX_SPREAD_DEG
            if is_far.any():
                expected = f"within {MAX_SPREAD_DEG:.0f} degrees of the middle node's {middle:.3f}"
                nodes.refuse(int(np.argmax(is_far)), column, expected)
        return longitude, latitude


def _unit(table: CsvTable, column: str, units: dict[str, float]) -> float:
    value = table.text(column).iloc[0]
    if value and value.lower() not in units:
        table.refuse(0, column, f"one of {', '.join(units)}")
    return units[value.lower()] if value else next(iter(units.values()))


@dataclass
class Polylines:
    """The vertices of n lines in degrees, CSR."""

    offsets: Int32s  # n + 1
    longitude: Floats
    latitude: Floats
    notes: list[str]

    def drawn_m(self) -> Floats:
        """Give each line's length, to a hundredth, on a sphere."""
        east = np.diff(self.longitude, prepend=0.0) * np.cos(np.radians(self.latitude))
        step = np.hypot(east, np.diff(self.latitude, prepend=0.0)) * METRES_PER_DEGREE
        step[self.offsets[:-1]] = 0.0
        return np.add.reduceat(step, self.offsets[:-1])


def polylines(
    links: CsvTable,
    units: Units,
    node_longitude: Floats,
    node_latitude: Floats,
    from_node: Int32s,
    to_node: Int32s,
) -> Polylines:
    """Give the links' vertices in degrees; a straight line where there is no geometry.

    A line drawn from the to_node to the from_node is turned round and noted.
    """
    text = links.text("geometry")
    is_blank = (text == "").to_numpy()
    with np.errstate(invalid="ignore"):
        shapes = shapely.from_wkt(text.where(~is_blank, None).to_numpy(object), on_invalid="ignore")
    is_line = shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING
    is_bad = ~is_blank & (~is_line | shapely.is_empty(shapes))
    if is_bad.any():
        links.refuse(int(np.argmax(is_bad)), "geometry", "a WKT LINESTRING")
    if is_blank.any():
        ends = np.stack((from_node[is_blank], to_node[is_blank]), axis=1)
        straight = np.stack((node_longitude[ends], node_latitude[ends]), axis=2)
        shapes[is_blank] = shapely.linestrings(straight)
    points = shapely.get_coordinates(shapes)
    counts = shapely.get_num_points(shapes)
    longitude, latitude = points[:, 0].copy(), points[:, 1].copy()
    is_drawn = np.repeat(~is_blank, counts)
    longitude[is_drawn], latitude[is_drawn] = units.degrees(longitude[is_drawn], latitude[is_drawn])
    is_outside = ~((np.abs(longitude) <= 180) & (np.abs(latitude) <= 90))
    if is_outside.any():
        row = np.searchsorted(np.cumsum(counts), int(np.argmax(is_outside)), side="right")
        links.refuse(int(row), "geometry", "longitude within 180 and latitude within 90 degrees")
    lines = Polylines(offsets_of(counts), longitude, latitude, [])
    start = node_longitude[from_node], node_latitude[from_node]
    end = node_longitude[to_node], node_latitude[to_node]
    _turn_round(lines, start, end)
    return lines


def _turn_round(lines: Polylines, start: tuple[Floats, Floats], end: tuple[Floats, Floats]) -> None:
    """Reverse lines whose ends lie nearer to each other's node; note them and strayed ones."""
    first, last = lines.offsets[:-1], lines.offsets[1:] - 1

    def apart(vertex: Int32s, node: tuple[Floats, Floats]) -> Floats:
        east = (lines.longitude[vertex] - node[0]) * np.cos(np.radians(node[1]))
        return np.asarray(np.hypot(east, lines.latitude[vertex] - node[1]) * METRES_PER_DEGREE)

    as_drawn = np.maximum(apart(first, start), apart(last, end))
    against = np.maximum(apart(first, end), apart(last, start))
    turned = np.flatnonzero((as_drawn > STRAY_M) & (against <= STRAY_M))
    counts = (last - first + 1)[turned]
    vertices = row_ranges(first[turned], counts)
    mirrored = np.repeat(first[turned] + last[turned], counts) - vertices
    lines.longitude[vertices] = lines.longitude[mirrored]
    lines.latitude[vertices] = lines.latitude[mirrored]
    if len(turned):
        lines.notes.append(f"{len(turned):,} links drawn from to_node to from_node: turned round")
    strayed = int((np.minimum(as_drawn, against) > STRAY_M).sum())
    if strayed:
        lines.notes.append(f"{strayed:,} links drawn over {STRAY_M:.0f} m away from their nodes")
