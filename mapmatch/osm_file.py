"""Reads ways, nodes and turn restrictions out of an OpenStreetMap file."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import osmium
from osmium.filter import IdFilter, KeyFilter
from osmium.osm import NODE, RELATION, WAY

from mapmatch.build_report import Drop
from mapmatch.network import NetworkError
from mapmatch.osm_tags import Way, read_way

Ids = npt.NDArray[np.int64]


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
    """Read a file (.osm, .osm.gz, .osm.bz2, .osm.pbf) in two passes: ways first, then their nodes.

    Raises NetworkError where it cannot be read to its end.
    """
    found = OsmFile(path)
    try:
        _read_ways(found)
        if found.ways:
            _read_nodes(found)
    except (RuntimeError, OSError, ValueError) as error:
        raise NetworkError(f"{path}: {error}, expected a whole OpenStreetMap file") from error
    if found.ways and not len(found.node_ids):
        raise NetworkError(f"{path}: no node of any way has a position, expected them in the file")
    return found


def _read_ways(found: OsmFile) -> None:
    dropped: Counter[str] = Counter()
    examples: dict[str, str] = {}
    processor = osmium.FileProcessor(str(found.path), WAY | RELATION)
    for item in processor.with_filter(KeyFilter("highway", "restriction", "type")):
        if item.is_relation():
            if item.tags.get("type") == "restriction":
                found.restrictions.append(_restriction(item))
            continue
        if "highway" not in item.tags:
            continue
        way = read_way(dict(item.tags))
        refs = np.array([node.ref for node in item.nodes], np.int64)
        if isinstance(way, Way) and len(refs) < 2:
            way = "fewer than two nodes"
        if isinstance(way, str):
            dropped[way] += 1
            examples.setdefault(way, f"way {item.id}")
            continue
        found.way_ids.append(item.id)
        found.ways.append(way)
        found.refs.append(refs)
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


def _read_nodes(found: OsmFile) -> None:
    wanted = np.unique(np.concatenate(found.refs))
    ids, longitude, latitude, signals = [], [], [], []
    processor = osmium.FileProcessor(str(found.path), NODE)
    for node in processor.with_filter(IdFilter(wanted.tolist())):
        if not node.location.valid():
            continue
        ids.append(node.id)
        longitude.append(node.location.lon)
        latitude.append(node.location.lat)
        signals.append("traffic_signals" in node.tags.get("highway", "").split(";"))
    order = np.argsort(np.array(ids, np.int64), kind="stable")
    found.node_ids = np.array(ids, np.int64)[order]
    found.longitude = np.array(longitude, np.float64)[order]
    found.latitude = np.array(latitude, np.float64)[order]
    found.has_signal = np.array(signals, bool)[order]
