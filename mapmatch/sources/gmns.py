"""Reads a road network from a GMNS folder (General Modeling Network Specification 0.96)."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.kernels.arrays import Floats
from mapmatch.network import NetworkError
from mapmatch.sources.csv_table import CsvTable, find_csv, whole_ids
from mapmatch.sources.gmns_geometry import polylines
from mapmatch.sources.gmns_turns import listed_turns
from mapmatch.sources.gmns_units import Units, lanes_of_links, speeds_of_links
from mapmatch.sources.gmns_uses import Uses, road_classes, uses_of_links
from mapmatch.sources.roads import Drop, Roads, keep_segments, row_ranges, segments_at

LINK_COLUMNS = ("link_id", "from_node_id", "to_node_id")
MAX_LENGTH_M = 500_000.0
"""A longer link is an error. Unit: m. Source: chosen."""
DIRECTED = ("", "1", "true", "1.0", "t", "yes", "y")
UNDIRECTED = ("0", "false", "0.0", "f", "no", "n")
BACK = ":back"


def read_gmns(folder: Path) -> Roads:
    """Give the roads of a GMNS folder; the link_id becomes the segment_id.

    Only links that cars or buses drive, and their nodes, are looked at. Raises NetworkError naming
    file, line, column and value for what cannot be meant; rows that can be left out are dropped
    and counted.
    """
    units, uses = Units(folder), Uses(folder)
    nodes = CsvTable(_expect(folder, "node"), ("node_id", "x_coord", "y_coord"))
    links = CsvTable(_expect(folder, "link"), LINK_COLUMNS)
    if not len(links):
        raise NetworkError(f"{links.path}: no rows, expected at least one link")
    repeats = [*_without_repeats(nodes, "node"), *_without_repeats(links, "link")]
    link_ids = links.text("link_id")
    is_bus_only, drops = _without_undriven(links, uses)
    drops = repeats + drops
    _without_unused(nodes, links)
    node_ids = nodes.ids("node_id")
    node_longitude, node_latitude = units.node_degrees(nodes)
    expected = f"a node_id of {nodes.path.name}"
    from_node = links.positions("from_node_id", node_ids, expected)
    to_node = links.positions("to_node_id", node_ids, expected)
    lines = polylines(folder, links, units, node_longitude, node_latitude, from_node, to_node)
    length = _lengths(links, units, lines.drawn_m())
    speed, lanes = speeds_of_links(links, units), lanes_of_links(links)
    classes, notes = road_classes(links)
    if uses.unknown:
        names = ", ".join(repr(use) for use in sorted(uses.unknown)[:5])
        notes.append(f"allowed_uses {names}: taken as cars where no other use is known")
    roads = Roads(
        name=units.name,
        segment_ids=links.ids("link_id").tolist(),
        names=links.text("name").str.replace("\0", "").tolist(),
        from_node=from_node,
        to_node=to_node,
        length_m=length,
        free_speed_mps=np.where(speed > 0, speed, np.nan),
        lanes=np.nan_to_num(lanes).astype(np.int16),
        road_class=classes,
        is_bus_only=is_bus_only,
        layer=np.zeros(len(links), np.int8),
        vertex_offsets=lines.offsets,
        vertex_longitude=lines.longitude,
        vertex_latitude=lines.latitude,
        node_ids=node_ids.tolist(),
        node_longitude=node_longitude,
        node_latitude=node_latitude,
        node_has_signal=_signals(nodes),
        movements=None,
        drops=drops,
        notes=units.notes + lines.notes + notes,
    )
    both_ways = _both_ways(links)
    roads = _with_ways_back(roads, both_ways)
    way_back = np.full(len(links), -1, np.int32)
    way_back[both_ways] = np.arange(len(links), len(links) + len(both_ways))
    turns = listed_turns(folder, roads, way_back, link_ids, uses)
    roads = replace(
        roads,
        movements=turns.movements,
        drops=roads.drops + turns.drops,
        notes=roads.notes + turns.notes,
    )
    return _without_loops(roads, links, both_ways)


def _expect(folder: Path, name: str) -> Path:
    path = find_csv(folder, name)
    if path is None:
        raise NetworkError(f"{folder}: no {name}.csv or {name}.csv.gz, expected a GMNS folder")
    return path


def _without_repeats(table: CsvTable, what: str) -> list[Drop]:
    """Forget rows that are told again, as in tables put one behind the other."""
    if not table.text(f"{what}_id").duplicated().any():
        return []
    count, line = table.forget_repeats()
    example = f"{table.path.name} line {line}"
    return [Drop(f"{what}s", "told again, word for word", count, example)] if count else []


def _without_undriven(links: CsvTable, uses: Uses) -> tuple[npt.NDArray[np.bool_], list[Drop]]:
    """Forget the links that neither cars nor buses use; gives which of the others are buses'."""
    is_bus_only, is_driven = uses_of_links(links, uses)
    if is_driven.all():
        return is_bus_only, []
    example = f"{links.path.name} line {links.line(int(np.argmin(is_driven)))}"
    drop = Drop("links", "closed to cars and buses", int((~is_driven).sum()), example)
    links.keep(is_driven)
    return is_bus_only[is_driven], [drop]


def _without_unused(nodes: CsvTable, links: CsvTable) -> None:
    """Forget the nodes at which no link begins or ends."""
    ends = pd.concat([links.text("from_node_id"), links.text("to_node_id")]).unique()
    ids = nodes.text("node_id")
    if ids.isin(ends).sum() < len(ends):
        ends, ids = whole_ids(pd.Series(ends)).unique(), whole_ids(ids)
    nodes.keep(ids.isin(ends).to_numpy(bool))


def _lengths(links: CsvTable, units: Units, drawn_m: Floats) -> Floats:
    """Give the links' lengths in metres, NaN where there is none, and settle the units by them."""
    limit = f"a length from 0 to {MAX_LENGTH_M / 1000:.0f} km"
    stated = links.numbers("length", limit, 0, 1e9)
    units.settle(links, stated, drawn_m)
    length = stated * units.length
    is_long = length > MAX_LENGTH_M
    if is_long.any():
        links.refuse(int(np.argmax(is_long)), "length", limit)
    return np.where(length > 0, length, np.nan)


def _signals(nodes: CsvTable) -> npt.NDArray[np.bool_]:
    """Give the nodes with signals, which earlier versions and osm2gmns call by other names."""
    name = "ctrl_type" if nodes.has("ctrl_type") else "control_type"
    control = nodes.text(name).str.lower()
    is_signal = control.str.startswith("signal") | control.isin(
        ["traffic_signal", "traffic_signals"]
    )
    is_drawn = nodes.text("osm_highway").str.lower() == "traffic_signals"
    return (is_signal | is_drawn).to_numpy(bool)


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
    ids = roads.segment_ids + [roads.segment_ids[i] + BACK for i in both_ways.tolist()]
    if len(set(ids)) != len(ids):
        raise NetworkError(f"{roads.name}: a link_id ends in {BACK!r}, expected no such ids")
    made = segments_at(roads, np.r_[np.arange(len(roads.segment_ids)), both_ways])
    counts = np.diff(made.vertex_offsets)
    # The way back goes from the last vertex of its line to the first.
    last = np.repeat(made.vertex_offsets[1:] - 1, counts)
    vertices = np.arange(len(last))
    is_back = vertices >= len(roads.vertex_longitude)
    backwards = last - row_ranges(np.zeros(len(counts), np.int64), counts)
    vertices = np.where(is_back, backwards, vertices)
    return replace(
        made,
        segment_ids=ids,
        from_node=np.concatenate((roads.from_node, roads.to_node[both_ways])),
        to_node=np.concatenate((roads.to_node, roads.from_node[both_ways])),
        vertex_longitude=made.vertex_longitude[vertices],
        vertex_latitude=made.vertex_latitude[vertices],
        notes=[*roads.notes, f"{len(both_ways):,} undirected links: the way back is ID{BACK}"],
    )


def _without_loops(roads: Roads, links: CsvTable, both_ways: npt.NDArray[np.int64]) -> Roads:
    is_loop = (roads.from_node == roads.to_node) & ~(roads.length_m > 0)
    if not is_loop.any():
        return roads
    row = np.concatenate((np.arange(len(links)), both_ways))[int(np.argmax(is_loop))]
    example = f"{links.path.name} line {links.line(int(row))}"
    reason = "from a node to itself with no length"
    roads.drops.append(Drop("links", reason, int(is_loop.sum()), example))
    return keep_segments(roads, ~is_loop)
