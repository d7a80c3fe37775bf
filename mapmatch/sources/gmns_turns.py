"""The permitted turns of a GMNS folder: those of movement.csv, and all where it lists none."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.kernels.arrays import Int32s
from mapmatch.network import NetworkError
from mapmatch.sources.csv_table import CsvTable, find_csv
from mapmatch.sources.gmns_uses import Uses
from mapmatch.sources.roads import Drop, Roads, all_turns

Flags = npt.NDArray[np.bool_]


class Turns(NamedTuple):
    """Turns that are permitted, rows of movement.csv that say none, and notes."""

    movements: tuple[Int32s, Int32s] | None
    """From segment and to segment; None without a movement.csv: every turn is permitted."""
    drops: list[Drop]
    notes: list[str]


def listed_turns(
    folder: Path, roads: Roads, way_back: Int32s, link_ids: "pd.Series[str]", uses: Uses
) -> Turns:
    """Give the turns between the segments of the driven links.

    way_back (links) is each link's segment against it, -1 for a directed one; link_ids are those
    of all links, driven or not. At a node of which no turn is listed all are permitted, back only
    at a dead end; but where such nodes are all dead ends, the list is taken as whole. Raises
    NetworkError for a link that is none.
    """
    path = find_csv(folder, "movement")
    if path is None:
        return Turns(None, [], [])
    table = CsvTable(path, ("ib_link_id", "ob_link_id"))
    if not len(table):
        raise NetworkError(f"{path}: no rows, expected a turn (or no such file: all permitted)")
    for column in ("ib_link_id", "ob_link_id"):
        table.positions(column, link_ids, "a link_id of link.csv")
    own = pd.Series(roads.segment_ids[: len(way_back)])
    inbound, outbound = table.places("ib_link_id", own), table.places("ob_link_id", own)
    is_driven = (inbound >= 0) & (outbound >= 0) & _is_for_us(table, uses)
    drops = _dropped(table, ~is_driven, "closed to cars and buses")
    row, before, after = _meeting(table, roads, way_back, inbound, outbound, is_driven)
    is_met = np.zeros(len(table), bool)
    is_met[row] = True
    drops += _dropped(table, is_driven & ~is_met, "the links do not meet at a node")
    turns, notes = _with_unlisted(path, roads, before, after)
    return Turns(turns, drops, notes)


def _is_for_us(table: CsvTable, uses: Uses) -> Flags:
    text = table.text("allowed_uses")
    known = {value: not value or any(uses.who(value)) for value in text.unique()}
    return text.map(known).to_numpy(bool)


def _dropped(table: CsvTable, is_dropped: Flags, reason: str) -> list[Drop]:
    if not is_dropped.any():
        return []
    example = f"{table.path.name} line {table.line(int(np.argmax(is_dropped)))}"
    return [Drop("movements", reason, int(is_dropped.sum()), example)]


def _meeting(
    table: CsvTable,
    roads: Roads,
    way_back: Int32s,
    inbound: Int32s,
    outbound: Int32s,
    is_driven: Flags,
) -> tuple[npt.NDArray[np.int64], Int32s, Int32s]:
    """Give rows and the segments, from and to, that meet there: of an undirected link either way.

    Where a row has its node_id, an undirected link's way is the one that meets there.
    """
    node = table.places("node_id", pd.Series(roads.node_ids))
    rows, before, after = [], [], []
    for is_back_in in (False, True):
        for is_back_out in (False, True):
            source = way_back[inbound] if is_back_in else inbound
            target = way_back[outbound] if is_back_out else outbound
            is_turn = is_driven & (source >= 0) & (target >= 0)
            at = roads.to_node[source]
            is_turn &= at == roads.from_node[target]
            is_either = (way_back[inbound] >= 0) | (way_back[outbound] >= 0)
            is_turn &= ~is_either | (node < 0) | (node == at)
            found = np.flatnonzero(is_turn)
            rows.append(found)
            before.append(source[found])
            after.append(target[found])
    return np.concatenate(rows), np.concatenate(before), np.concatenate(after)


def _with_unlisted(
    path: Path, roads: Roads, before: Int32s, after: Int32s
) -> tuple[tuple[Int32s, Int32s], list[str]]:
    """Add the turns at nodes of which none is listed, where the list is not whole."""
    is_listed = np.zeros(len(roads.node_ids), bool)
    is_listed[roads.to_node[before]] = True
    source, target = all_turns(roads.from_node, roads.to_node, len(roads.node_ids))
    is_open = ~is_listed[roads.to_node[source]]
    source, target = source[is_open], target[is_open]
    is_back = roads.from_node[source] == roads.to_node[target]
    ways_on = np.bincount(source[~is_back], minlength=len(roads.from_node))
    if not ways_on.any():
        return (before, after), []
    is_kept = ~is_back | (ways_on[source] == 0)
    turning = np.zeros(len(roads.node_ids), bool)
    turning[roads.to_node[source[~is_back]]] = True
    note = (
        f"{path.name} lists no turn at {int(turning.sum()):,} of "
        f"{int((turning | is_listed).sum()):,} junctions: every turn is permitted there, back "
        "only at dead ends"
    )
    turns = np.concatenate((before, source[is_kept])), np.concatenate((after, target[is_kept]))
    return turns, [note]
