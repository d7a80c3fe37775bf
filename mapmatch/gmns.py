"""Reads a road network from a GMNS folder (General Modeling Network Specification 0.96)."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import Transformer
from pyproj.exceptions import ProjError

from mapmatch.build_report import Drop
from mapmatch.csv_table import CsvTable, find_csv
from mapmatch.network import ROAD_CLASSES, NetworkError
from mapmatch.roads import Roads, keep_segments, offsets_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

METRES = {
    "m": 1.0, "meter": 1.0, "meters": 1.0, "metre": 1.0, "metres": 1.0,
    "km": 1000.0, "kilometer": 1000.0, "kilometers": 1000.0,
    "ft": 0.3048, "foot": 0.3048, "feet": 0.3048,
    "mi": 1609.344, "mile": 1609.344, "miles": 1609.344,
}  # fmt: skip
METRES_PER_SECOND = {
    "kmh": 1 / 3.6, "km/h": 1 / 3.6, "kph": 1 / 3.6,
    "mph": 0.44704, "mi/h": 0.44704,
    "m/s": 1.0, "mps": 1.0,
}  # fmt: skip
LINK_COLUMNS = ("link_id", "from_node_id", "to_node_id")
CAR_USES = frozenset({"auto", "car", "all", "motor_vehicle", "taxi", "hov", "truck"})
BUS_USES = frozenset({"bus", "transit", "psv"})
# A class that OpenStreetMap writes differently, or that other GMNS writers use.
CLASS_OF = {name: i for i, name in enumerate(ROAD_CLASSES)} | {
    "living_street": ROAD_CLASSES.index("residential"),
    "freeway": ROAD_CLASSES.index("motorway"),
    "arterial": ROAD_CLASSES.index("primary"),
    "collector": ROAD_CLASSES.index("tertiary"),
    "local": ROAD_CLASSES.index("residential"),
}
UNCLASSIFIED = ROAD_CLASSES.index("unclassified")
MAX_LENGTH_M = 500_000.0


def read_gmns(folder: Path) -> Roads:
    """Give the roads of a GMNS folder; the link_id becomes the segment_id.

    Raises NetworkError naming file, row, column and value for what cannot be meant; rows that
    can be left out are dropped and counted.
    """
    units = _Units(folder)
    nodes = CsvTable(_expect(folder, "node"), ("node_id", "x_coord", "y_coord"))
    links = CsvTable(_expect(folder, "link"), LINK_COLUMNS)
    if not len(links):
        raise NetworkError(f"{links.path}: no rows, expected at least one link")
    node_ids = nodes.ids("node_id")
    node_longitude, node_latitude = units.node_degrees(nodes)
    node_index = pd.Index(node_ids)
    expected = f"a node_id of {nodes.path.name}"
    from_node = links.positions("from_node_id", node_index, expected)
    to_node = links.positions("to_node_id", node_index, expected)
    offsets, longitude, latitude = _polylines(
        links, units, node_longitude, node_latitude, from_node, to_node
    )
    kmh_limit = 400 / 3.6 / units.speed
    speed = links.numbers("free_speed", "a speed above 0", 0, kmh_limit) * units.speed
    lanes = links.numbers("lanes", "a number of lanes from 0 to 30", 0, 30)
    length = links.numbers("length", f"a length from 0 to {MAX_LENGTH_M / 1000:.0f} km", 0,
                           MAX_LENGTH_M / units.length) * units.length  # fmt: skip
    is_bus_only, is_driven = _uses(links)
    road_class, notes = _road_class(links)
    roads = Roads(
        name=units.name,
        segment_ids=links.ids("link_id").tolist(),
        names=links.text("name").str.replace("\0", "").tolist(),
        from_node=from_node,
        to_node=to_node,
        length_m=np.where(length > 0, length, np.nan),
        free_speed_mps=np.where(speed > 0, speed, np.nan),
        lanes=np.nan_to_num(lanes).astype(np.int16),
        road_class=road_class,
        is_bus_only=is_bus_only,
        layer=np.zeros(len(links), np.int8),
        vertex_offsets=offsets,
        vertex_longitude=longitude,
        vertex_latitude=latitude,
        node_ids=node_ids.tolist(),
        node_longitude=node_longitude,
        node_latitude=node_latitude,
        node_has_signal=nodes.text("ctrl_type").isin(["signal", "signalized"]).to_numpy(bool),
        movements=None,
        notes=notes,
    )
    return _without_undriven(_with_movements(roads, folder), links, is_driven)


class _Units:
    """What config.csv says: the network's name, its units and its coordinate system."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.resolve().name
        self.length, self.speed = 1.0, 1 / 3.6
        self._to_degrees: Transformer | None = None
        path = find_csv(folder, "config")
        if path is None:
            raise NetworkError(f"{folder}: no config.csv (or .csv.gz), expected one with the units")
        table = CsvTable(path, ())
        if len(table) != 1:
            raise NetworkError(f"{path}: {len(table)} rows, expected 1")
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
        return longitude, latitude


def _expect(folder: Path, name: str) -> Path:
    path = find_csv(folder, name)
    if path is None:
        raise NetworkError(f"{folder}: no {name}.csv or {name}.csv.gz, expected a GMNS folder")
    return path


def _unit(table: CsvTable, column: str, units: dict[str, float]) -> float:
    value = table.text(column).iloc[0]
    if value and value.lower() not in units:
        table.refuse(0, column, f"one of {', '.join(units)}")
    return units[value.lower()] if value else next(iter(units.values()))


def _polylines(
    links: CsvTable,
    units: _Units,
    node_longitude: Floats,
    node_latitude: Floats,
    from_node: Ints,
    to_node: Ints,
) -> tuple[Ints, Floats, Floats]:
    """Give the links' vertices in degrees; a straight line where there is no geometry."""
    text = links.text("geometry")
    is_blank = (text == "").to_numpy()
    with np.errstate(invalid="ignore"):
        shapes = shapely.from_wkt(text.where(~is_blank, None).to_numpy(object), on_invalid="ignore")
    kind = shapely.get_type_id(shapes)
    is_bad = ~is_blank & ((kind != shapely.GeometryType.LINESTRING) | shapely.is_empty(shapes))
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
    return offsets_of(counts), longitude, latitude


def _uses(links: CsvTable) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Give which links only buses may use and which any road vehicle may."""
    text = links.text("allowed_uses")
    is_bus_only, is_driven = {}, {}
    for value in text.unique():
        uses = {use.strip().lower() for use in value.replace(";", ",").split(",") if use.strip()}
        is_bus_only[value] = bool(uses & BUS_USES) and not uses & CAR_USES
        is_driven[value] = not uses or bool(uses & (BUS_USES | CAR_USES))
    return text.map(is_bus_only).to_numpy(bool), text.map(is_driven).to_numpy(bool)


def _road_class(links: CsvTable) -> tuple[npt.NDArray[np.int8], list[str]]:
    text = links.text("facility_type").str.lower().str.removeprefix("highway.")
    index = text.map(CLASS_OF)
    unknown = text[index.isna()]
    notes = []
    if len(unknown):
        kinds = ", ".join(repr(kind) for kind in sorted(unknown.unique())[:5])
        notes.append(f"{len(unknown):,} links of facility_type {kinds} taken as unclassified")
    return np.asarray(index.fillna(UNCLASSIFIED), np.int8), notes


def _with_movements(roads: Roads, folder: Path) -> Roads:
    path = find_csv(folder, "movement")
    if path is None:
        return roads
    table = CsvTable(path, ("ib_link_id", "ob_link_id"))
    if not len(table):
        raise NetworkError(f"{path}: no rows, expected a turn (or no such file: all permitted)")
    link_index = pd.Index(roads.segment_ids)
    before = table.positions("ib_link_id", link_index, "a link_id of link.csv")
    after = table.positions("ob_link_id", link_index, "a link_id of link.csv")
    is_apart = roads.to_node[before] != roads.from_node[after]
    if is_apart.any():
        row = int(np.argmax(is_apart))
        example = f"{path.name} row {row + 1}"
        roads.drops.append(
            Drop("movements", "the links do not meet at a node", int(is_apart.sum()), example)
        )
    roads.movements = (before[~is_apart], after[~is_apart])
    return roads


def _without_undriven(roads: Roads, links: CsvTable, is_driven: npt.NDArray[np.bool_]) -> Roads:
    is_kept = np.ones(len(links), bool)
    is_loop = (roads.from_node == roads.to_node) & ~(roads.length_m > 0)
    for is_dropped, reason in (
        (~is_driven, "closed to cars and buses"),
        (is_loop & is_driven, "from a node to itself with no length"),
    ):
        if is_dropped.any():
            example = f"{links.path.name} row {int(np.argmax(is_dropped)) + 1}"
            roads.drops.append(Drop("links", reason, int(is_dropped.sum()), example))
            is_kept &= ~is_dropped
    return keep_segments(roads, is_kept)
