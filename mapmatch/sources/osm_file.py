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
from mapmatch.projection import middle_longitude, unwrapped
from mapmatch.sources.osm_access import Access, past_barrier
from mapmatch.sources.osm_deleted import deleted_in_editor
from mapmatch.sources.osm_tags import Way, read_way
from mapmatch.sources.roads import Drop

Ids = npt.NDArray[np.int64]

UNITS_PER_DEGREE = 1e7
"""How OpenStreetMap stores degrees. Unit: 1/deg. Source: the PBF format."""
SUFFIXES = (".osm", ".osm.gz", ".osm.bz2", ".pbf", ".osh", ".osh.gz", ".osh.bz2")


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
    # nodes of the ways, ids ascending; longitudes go on past 180 where a road does
    node_ids: Ids = field(default_factory=lambda: np.zeros(0, np.int64))
    longitude: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    latitude: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    has_signal: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    past: npt.NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, np.int8))
    """Who may drive past each node, as Access."""
    drops: list[Drop] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class _Told(msgspec.Struct):
    """The newest that a file tells of one way or relation."""

    version: int
    size: int
    what: Way | Restriction | str | None
    """None where it is deleted or of no matter here."""
    nodes: Ids | None = None  # rows of id, x, y (1e-7 deg)


class _Tagged(msgspec.Struct):
    """What nodes of a file say beside their place."""

    signals: set[int]
    past: dict[int, Access]
    """Of barriers that do not let everyone pass."""

    def take(self, node: int, tags: dict[str, str]) -> None:
        """Take the newest tags of a node."""
        self.signals.discard(node)
        self.past.pop(node, None)
        if "traffic_signals" in tags.get("highway", "").split(";"):
            self.signals.add(node)
        if "barrier" in tags:
            access = past_barrier(tags)
            if access != Access.ALL:
                self.past[node] = access


def read_osm_file(path: Path) -> OsmFile:
    """Read a file (see SUFFIXES); nodes may also come after the ways.

    Of an object told several times the newest counts; one that is deleted is left out. Raises
    NetworkError where it cannot be read to its end.
    """
    found, tagged = OsmFile(path), _Tagged(set(), {})
    try:
        gone = deleted_in_editor(path)
        positions, is_repeated = _read_objects(found, tagged, gone, True)
        if found.ways:
            _take_nodes(found, positions, tagged, gone, is_repeated)
        if found.ways and not len(found.node_ids):
            # Ways that bring their nodes' positions along, as Overpass writes them.
            found = OsmFile(path)
            positions, _ = _read_objects(found, tagged, gone, False)
            _take_nodes(found, positions, tagged, gone, False)
    except (RuntimeError, OSError, ValueError, osmium.InvalidLocationError) as error:
        raise NetworkError(f"{path}: {error}, expected a whole OpenStreetMap file") from error
    if found.ways and not len(found.node_ids):
        raise NetworkError(f"{path}: no node of any way has a position, expected them in the file")
    return found


def osmium_file(path: Path) -> "osmium.io.File":
    """Give a file to osmium, its format told by its name in small or capital letters."""
    suffix = next(suffix for suffix in reversed(SUFFIXES) if path.name.lower().endswith(suffix))
    return osmium.io.File(str(path), suffix[1:])


def _read_objects(
    found: OsmFile, tagged: _Tagged, gone: set[tuple[str, int]], has_index: bool
) -> tuple[Ids, bool]:
    """Read ways, restrictions and tagged nodes.

    Gives the ways' nodes with their positions (rows of id and 1e-7 degrees), and whether objects
    are told several times.
    """
    newest = _Newest(gone)
    processor = osmium.FileProcessor(osmium_file(found.path))
    if has_index:
        processor = processor.with_locations("sparse_mem_array")
    tagged_nodes = KeyFilter("highway", "barrier")
    tagged_nodes.enable_for(NODE)
    for item in processor.with_filter(tagged_nodes):
        if item.is_way():
            newest.take_way(item)
        elif item.is_relation():
            newest.take_relation(item)
        elif item.is_node() and not item.deleted and ("n", item.id) not in gone:
            tagged.take(item.id, dict(item.tags))
    if newest.repeats:
        found.notes.append(
            f"{newest.repeats:,} times a way or restriction is told again: the newest counts"
        )
    return newest.settle(found), bool(newest.repeats or newest.removed)


class _Newest:
    """The newest that a file tells of each way and restriction, in whatever order it tells them."""

    def __init__(self, gone: set[tuple[str, int]]) -> None:
        self.repeats = 0
        self.removed: dict[tuple[str, int], int] = {}
        self._gone = gone
        self._ways: dict[int, _Told] = {}
        self._relations: dict[int, _Told] = {}

    def take_way(self, item: "osmium.osm.Way") -> None:
        """Take a way; of two of one version the one with more nodes counts."""
        if self._is_removed("w", item):
            return
        if "highway" not in item.tags:
            if item.id in self._ways:
                self._forget(self._ways[item.id], item.version)
            return
        told = self._ways.get(item.id)
        nodes = [(node.ref, node.x, node.y) for node in item.nodes]
        self.repeats += told is not None
        if told is not None and (item.version, len(nodes)) <= (told.version, told.size):
            return
        what = read_way(dict(item.tags))
        if isinstance(what, Way) and len(nodes) < 2:
            what = "fewer than two nodes"
        rows = np.array(nodes, np.int64) if isinstance(what, Way) else None
        self._ways[item.id] = _Told(item.version, len(nodes), what, rows)

    def take_relation(self, item: "osmium.osm.Relation") -> None:
        """Take a relation, if it is a turn restriction."""
        if self._is_removed("r", item):
            return
        if item.tags.get("type") != "restriction":
            if item.id in self._relations:
                self._forget(self._relations[item.id], item.version)
            return
        told = self._relations.get(item.id)
        self.repeats += told is not None
        if told is None or item.version > told.version:
            self._relations[item.id] = _Told(item.version, 0, _restriction(item))

    def settle(self, found: OsmFile) -> Ids:
        """Take what is neither deleted nor dropped; gives the ways' nodes with their positions."""
        dropped: Counter[str] = Counter()
        examples: dict[str, str] = {}
        noted: Counter[str] = Counter()
        positions = [np.zeros((0, 3), np.int64)]
        for way_id, told in self._ways.items():
            what = told.what
            if told.version <= self.removed.get(("w", way_id), -1):
                what = "deleted"
            if isinstance(what, str):
                dropped[what] += 1
                examples.setdefault(what, f"way {way_id}")
            elif isinstance(what, Way) and told.nodes is not None:
                found.way_ids.append(way_id)
                found.ways.append(what)
                found.refs.append(told.nodes[:, 0].copy())
                positions.append(told.nodes)
                noted[what.note] += 1
        for relation_id, told in self._relations.items():
            is_there = told.version > self.removed.get(("r", relation_id), -1)
            if isinstance(told.what, Restriction) and is_there:
                found.restrictions.append(told.what)
        found.drops += [Drop("ways", why, count, examples[why]) for why, count in dropped.items()]
        found.notes += [f"{count:,} ways {note}" for note, count in noted.items() if note]
        return np.concatenate(positions)

    def _is_removed(self, kind: str, item: "osmium.osm.Way | osmium.osm.Relation") -> bool:
        if not item.deleted and not self._gone:
            return False
        key = (kind, item.id)
        is_removed = item.deleted or key in self._gone
        if is_removed:
            self.removed[key] = max(item.version, self.removed.get(key, 0))
        return is_removed

    def _forget(self, told: _Told, version: int) -> None:
        if version > told.version:
            told.version, told.what = version, None
            self.repeats += 1


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


def _take_nodes(
    found: OsmFile, rows: Ids, tagged: _Tagged, gone: set[tuple[str, int]], is_repeated: bool
) -> None:
    """Keep the ways' nodes that have a position, those that the file lists after the ways too."""
    ids, first = np.unique(rows[:, 0], return_index=True)
    degrees = rows[first, 1:] / UNITS_PER_DEGREE
    is_known = (np.abs(degrees[:, 0]) <= 180) & (np.abs(degrees[:, 1]) <= 90)
    if is_repeated or not is_known.all():
        # Where objects are told several times, the place found may not be the newest.
        row_of = {
            node: row for row, node in enumerate(ids.tolist()) if is_repeated or not is_known[row]
        }
        versions = dict.fromkeys(row_of, -1)
        for node in osmium.FileProcessor(osmium_file(found.path), NODE):
            row = row_of.get(node.id)
            if row is None or node.version < versions[node.id] or ("n", node.id) in gone:
                continue
            versions[node.id] = node.version
            is_known[row] = not node.deleted and node.location.valid()
            tagged.take(node.id, {} if node.deleted else dict(node.tags))
            if is_known[row]:
                degrees[row] = node.location.lon, node.location.lat
    found.node_ids = ids[is_known]
    longitude = degrees[is_known, 0]
    found.longitude = unwrapped(longitude, middle_longitude(longitude))
    found.latitude = degrees[is_known, 1]
    signals = np.fromiter(tagged.signals, np.int64, len(tagged.signals))
    found.has_signal = np.isin(found.node_ids, signals)
    found.past = np.full(len(found.node_ids), Access.ALL, np.int8)
    for node, access in tagged.past.items():
        row = int(np.searchsorted(found.node_ids, node))
        if row < len(found.node_ids) and found.node_ids[row] == node:
            found.past[row] = access
