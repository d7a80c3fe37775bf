"""Reads a road network from a GMNS folder (General Modeling Network Specification 0.96)."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.kernels.arrays import Floats
from ingest.units import KMH
from mapmatch.network import ROAD_CLASSES, NetworkError
from mapmatch.sources.csv_table import CsvTable, find_csv
from mapmatch.sources.gmns_geometry import Units, polylines
from mapmatch.sources.roads import Drop, Roads, keep_segments, offsets_of, row_ranges

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
"""A longer link is an error. Unit: m. Source: chosen."""
MAX_LENGTH_RATIO = 3.0
"""A link whose stated length is so many times its drawn one is in another unit. Unit: none. Source:
chosen; feet taken for metres are 3.28 times off."""
DIRECTED, UNDIRECTED = ("", "1", "true", "1.0"), ("0", "false", "0.0")
BACK = ":back"


def read_gmns(folder: Path) -> Roads:
    """Give the roads of a GMNS folder; the link_id becomes the segment_id.

    Raises NetworkError naming file, line, column and value for what cannot be meant; rows that
    can be left out are dropped and counted.
    """
    units = Units(folder)
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
    lines = polylines(links, units, node_longitude, node_latitude, from_node, to_node)
    kmh_limit = 400 / KMH / units.speed
    speed = links.numbers("free_speed", "a speed above 0", 0, kmh_limit) * units.speed
    lanes = links.numbers("lanes", "a number of lanes from 0 to 30", 0, 30)
    length = links.numbers("length", f"a length from 0 to {MAX_LENGTH_M / 1000:.0f} km", 0,
                           MAX_LENGTH_M / units.length) * units.length  # fmt: skip
    _expect_unit(links, length, lines.drawn_m())
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
        vertex_offsets=lines.offsets,
        vertex_longitude=lines.longitude,
        vertex_latitude=lines.latitude,
        node_ids=node_ids.tolist(),
        node_longitude=node_longitude,
        node_latitude=node_latitude,
        node_has_signal=nodes.text("ctrl_type").isin(["signal", "signalized"]).to_numpy(bool),
        movements=None,
        notes=lines.notes + notes,
    )
    both_ways = _both_ways(links)
    roads = _with_movements(roads, folder, links, both_ways)
    is_driven = np.concatenate((is_driven, is_driven[both_ways]))
    return _without_undriven(_with_ways_back(roads, both_ways), links, is_driven)


def _expect(folder: Path, name: str) -> Path:
    path = find_csv(folder, name)
    if path is None:
        raise NetworkError(f"{folder}: no {name}.csv or {name}.csv.gz, expected a GMNS folder")
    return path


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


def _expect_unit(links: CsvTable, length_m: Floats, drawn_m: Floats) -> None:
    """Refuse lengths that as a whole are in another unit than config.csv says."""
    is_known = (length_m > 0) & (drawn_m > 0)
    if is_known.any():
        ratio = float(np.median(length_m[is_known] / drawn_m[is_known]))
        if not 1 / MAX_LENGTH_RATIO <= ratio <= MAX_LENGTH_RATIO:
            raise NetworkError(
                f"{links.path}: column 'length': half the links are over {ratio:.3g} times as long "
                "as drawn, expected lengths in the long_length of config.csv"
            )


def _both_ways(links: CsvTable) -> npt.NDArray[np.int64]:
    """Give the rows of undirected links."""
    text = links.text("directed").str.lower()
    is_bad = ~text.isin([*DIRECTED, *UNDIRECTED]).to_numpy(bool)
    if is_bad.any():
        links.refuse(int(np.argmax(is_bad)), "directed", "1 or 0")
    return np.flatnonzero(text.isin(UNDIRECTED).to_numpy(bool))


def _with_ways_back(roads: Roads, both_ways: npt.NDArray[np.int64]) -> Roads:
    """Add the way back of each undirected link, its id the link's with BACK behind."""
    if not len(both_ways):
        return roads
    counts = np.diff(roads.vertex_offsets)
    back = counts[both_ways]
    # From the last vertex of each line to its first.
    last = np.repeat(roads.vertex_offsets[1:][both_ways] - 1, back)
    vertices = last - row_ranges(np.zeros(len(back), np.int64), back)
    ids = roads.segment_ids + [roads.segment_ids[i] + BACK for i in both_ways.tolist()]
    if len(set(ids)) != len(ids):
        raise NetworkError(f"{roads.name}: a link_id ends in {BACK!r}, expected no such ids")

    def twice(column: npt.NDArray) -> npt.NDArray:
        return np.concatenate((column, column[both_ways]))

    longitude, latitude = roads.vertex_longitude, roads.vertex_latitude
    return replace(
        roads,
        segment_ids=ids,
        names=roads.names + [roads.names[i] for i in both_ways.tolist()],
        from_node=np.concatenate((roads.from_node, roads.to_node[both_ways])),
        to_node=np.concatenate((roads.to_node, roads.from_node[both_ways])),
        length_m=twice(roads.length_m),
        free_speed_mps=twice(roads.free_speed_mps),
        lanes=twice(roads.lanes),
        road_class=twice(roads.road_class),
        is_bus_only=twice(roads.is_bus_only),
        layer=twice(roads.layer),
        vertex_offsets=offsets_of(np.concatenate((counts, back))),
        vertex_longitude=np.concatenate((longitude, longitude[vertices])),
        vertex_latitude=np.concatenate((latitude, latitude[vertices])),
        notes=[*roads.notes, f"{len(both_ways):,} undirected links: the way back is ID{BACK}"],
    )


def _with_movements(
    roads: Roads, folder: Path, links: CsvTable, both_ways: npt.NDArray[np.int64]
) -> Roads:
    path = find_csv(folder, "movement")
    if path is None:
        return roads
    if len(both_ways):
        raise NetworkError(
            f"{folder}: {path.name} beside undirected links, the first in line "
            f"{links.line(int(both_ways[0]))} of {links.path.name}, expected directed = 1 where "
            "turns are listed"
        )
    table = CsvTable(path, ("ib_link_id", "ob_link_id"))
    if not len(table):
        raise NetworkError(f"{path}: no rows, expected a turn (or no such file: all permitted)")
    link_index = pd.Index(roads.segment_ids)
    before = table.positions("ib_link_id", link_index, "a link_id of link.csv")
    after = table.positions("ob_link_id", link_index, "a link_id of link.csv")
    is_apart = roads.to_node[before] != roads.from_node[after]
    if is_apart.any():
        row = int(np.argmax(is_apart))
        example = f"{path.name} line {table.line(row)}"
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
            example = f"{links.path.name} line {links.line(int(np.argmax(is_dropped)))}"
            roads.drops.append(Drop("links", reason, int(is_dropped.sum()), example))
            is_kept &= ~is_dropped
    return keep_segments(roads, is_kept)
