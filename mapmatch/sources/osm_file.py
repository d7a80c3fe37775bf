"""Reads ways, nodes and turn restrictions out of an OpenStreetMap file."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import osmium
from osmium.filter import KeyFilter
from osmium.osm import NODE

from mapmatch.network import NetworkError
from mapmatch.sources.osm_tags import Way, read_way
from mapmatch.sources.roads import Drop

Ids = npt.NDArray[np.int64]

UNITS_PER_DEGREE = 1e7
"""How OpenStreetMap stores degrees. Unit: 1/deg. Source: the PBF format."""


class Restriction(msgspec.Struct, frozen=True):
    """One turn restriction relation, its members by role."""

    relation_id: int
    kind: str
    """`no_left_turn`, `only_straight_on`, ..."""
    from_ways: tuple[int, ...]
    via_nodes: tuple[int, ...]
    via_ways: tuple[int, ...]
    to_ways: tuple[int, ...]
    is_conditional: bool
    is_for_others: bool
    """Of lorries, bicycles and such only."""
    excepts_buses: bool


@dataclass
class OsmFile:
    """What one file holds for driving."""

    path: Path
    way_ids: list[int] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    refs: list[Ids] = field(default_factory=list)  # node ids of each way, in order
    restrictions: list[Restriction] = field(default_factory=list)
    # nodes of the ways, ids ascending
    node_ids: Ids = field(default_factory=lambda: np.zeros(0, np.int64))
    longitude: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    latitude: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    has_signal: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    drops: list[Drop] = field(default_factory=list)


def read_osm_file(path: Path) -> OsmFile:
    """Read a file (.osm, .osm.gz, .osm.bz2, .osm.pbf); nodes may also come after the ways.

    Raises NetworkError where it cannot be read to its end.
    """
    found = OsmFile(path)
    signals: set[int] = set()
    positions: list[npt.NDArray[np.int64]] = []
    try:
        _read_objects(found, positions, signals)
        if found.ways:
            _take_nodes(found, np.concatenate(positions), signals)
    except (RuntimeError, OSError, ValueError, osmium.InvalidLocationError) as error:
        raise NetworkError(f"{path}: {error}, expected a whole OpenStreetMap file") from error
    if found.ways and not len(found.node_ids):
        raise NetworkError(f"{path}: no node of any way has a position, expected them in the file")
    return found


def _read_objects(found: OsmFile, positions: list[Ids], signals: set[int]) -> None:
    """Read ways with their nodes' positions (rows of 1e-7 degrees), restrictions and signals."""
    dropped: Counter[str] = Counter()
    examples: dict[str, str] = {}
    processor = osmium.FileProcessor(str(found.path)).with_locations("sparse_mem_array")
    for item in processor.with_filter(KeyFilter("highway", "restriction", "type")):
        if item.is_node():
            if "traffic_signals" in item.tags.get("highway", "").split(";"):
                signals.add(item.id)
            continue
        if item.is_relation():
            if item.tags.get("type") == "restriction":
                found.restrictions.append(_restriction(item))
            continue
        if "highway" not in item.tags:
            continue
        way = read_way(dict(item.tags))
        if isinstance(way, Way) and len(item.nodes) < 2:
            way = "fewer than two nodes"
        if isinstance(way, str):
            dropped[way] += 1
            examples.setdefault(way, f"way {item.id}")
            continue
        found.way_ids.append(item.id)
        found.ways.append(way)
        nodes = [(node.ref, node.x, node.y) for node in item.nodes]
        rows = np.array(nodes, np.int64)
        found.refs.append(rows[:, 0].copy())
        positions.append(rows)
    found.drops += [Drop("ways", reason, n, examples[reason]) for reason, n in dropped.items()]


def _restriction(item: "osmium.osm.Relation") -> Restriction:
    tags = dict(item.tags)
    particular = {key: value for key, value in tags.items() if key.startswith("restriction:")}
    ours = next(
        (
            particular[key]
            for key in ("restriction:bus", "restriction:motorcar", "restriction:motor_vehicle")
            if key in particular
        ),
        "",
    )
    kind = tags.get("restriction") or ours
    members: dict[tuple[str, str], list[int]] = {}
    for member in item.members:
        members.setdefault((member.role, member.type), []).append(member.ref)
    excepted = {word.strip() for word in tags.get("except", "").split(";")}
    return Restriction(
        relation_id=item.id,
        kind=kind.split("@")[0].strip(),
        from_ways=tuple(members.get(("from", "w"), ())),
        via_nodes=tuple(members.get(("via", "n"), ())),
        via_ways=tuple(members.get(("via", "w"), ())),
        to_ways=tuple(members.get(("to", "w"), ())),
        is_conditional=not kind and any(key.endswith(":conditional") for key in particular),
        is_for_others=not kind and bool(particular),
        excepts_buses=bool(excepted & {"bus", "psv", "motor_vehicle", "vehicle"}),
    )


def _take_nodes(found: OsmFile, rows: Ids, signals: set[int]) -> None:
    """Keep the ways' nodes that have a position, those that the file lists after the ways too."""
    ids, first = np.unique(rows[:, 0], return_index=True)
    degrees = rows[first, 1:] / UNITS_PER_DEGREE
    is_known = (np.abs(degrees[:, 0]) <= 180) & (np.abs(degrees[:, 1]) <= 90)
    if not is_known.all():
        missing = {node: row for row, node in enumerate(ids.tolist()) if not is_known[row]}
        for node in osmium.FileProcessor(str(found.path), NODE):
            row = missing.get(node.id)
            if row is not None and node.location.valid():
                degrees[row] = node.location.lon, node.location.lat
                is_known[row] = True
    found.node_ids = ids[is_known]
    found.longitude = degrees[is_known, 0]
    found.latitude = degrees[is_known, 1]
    found.has_signal = np.isin(found.node_ids, np.fromiter(signals, np.int64, len(signals)))
