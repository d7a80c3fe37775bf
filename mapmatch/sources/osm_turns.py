"""OpenStreetMap turn restrictions to the turns that stay permitted."""

from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ingest.kernels.arrays import Flags, Floats, Int32s
from mapmatch.sources.osm_file import Restriction
from mapmatch.sources.osm_via_ways import TurnGraph, paths_over, with_more
from mapmatch.sources.roads import Drop, Roads, all_turns

Rows = npt.NDArray[np.int64]

LEAST_TURN_DEG = 25.0
"""A turn to the left or right is at least this much, less is straight on. Unit: deg. Source:
chosen."""


@dataclass(frozen=True)
class TurnContext:
    """What the turns of n segments and m nodes depend on beside the segments."""

    way_id: Rows  # n, of which way
    piece: Rows  # n, which stretch of it; a street's two directions have one
    stands_for: Mapping[int, Set[int]]
    """Ways left out, as they run along others, and these others."""
    is_closed: npt.NDArray[np.bool_]  # m, whether a barrier lets nobody pass


def with_turns(restrictions: list[Restriction], context: TurnContext, roads: Roads) -> Roads:
    """Give the roads with their permitted turns.

    Turning back on the same stretch is permitted only at dead ends, which a road that only buses
    may leave by is to a car, and a barrier to everyone.
    """
    before, after = all_turns(roads.from_node, roads.to_node, len(roads.node_ids))
    piece = context.piece
    is_back = piece[before] == piece[after]
    is_passed = ~context.is_closed[roads.to_node[before]]
    is_open = is_passed & (~roads.is_bus_only[after] | roads.is_bus_only[before])
    ways_on = np.bincount(before[~is_back & is_open], minlength=len(piece))
    is_permitted = np.where(is_back, ways_on[before] == 0, is_passed)
    table = _TurnTable(before, after, is_permitted, context, roads)
    dropped: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for restriction in restrictions:
        reason = table.hold(restriction)
        if reason:
            dropped[reason] += 1
            examples.setdefault(reason, f"relation {restriction.relation_id}")
    drops = [Drop("restrictions", r, count, examples[r]) for r, count in dropped.items()]
    kept = table.is_permitted
    graph = TurnGraph(before[kept], after[kept], len(piece))
    for path, is_only in table.paths:
        graph.forbid(path, is_only)
    roads = with_more(roads, graph.originals, graph.turns())
    return replace(roads, drops=roads.drops + drops)


class _TurnTable:
    """All turns at all nodes and which are permitted; sorted by the segment turned from."""

    def __init__(
        self,
        before: Int32s,
        after: Int32s,
        is_permitted: npt.NDArray[np.bool_],
        context: TurnContext,
        roads: Roads,
    ) -> None:
        way_id = context.way_id
        self.before, self.after, self.is_permitted = before, after, is_permitted
        self._starts = np.searchsorted(before, np.arange(len(way_id) + 1))
        self._roads = roads
        self._by_way = np.argsort(way_id, kind="stable")
        self._ways = way_id[self._by_way]
        self._stands_for = context.stands_for
        self.paths: list[tuple[tuple[int, ...], bool]] = []
        """Paths of which the last turn is forbidden, or, where true, the only one."""
        self._node = {int(node): i for i, node in enumerate(roads.node_ids)}

    def hold(self, restriction: Restriction) -> str:
        """Forbid what a restriction forbids; gives the reason where that cannot be done."""
        reason = _not_ours(restriction)
        if reason:
            return reason
        sources = self._segments(restriction.from_ways)
        targets = self._segments(restriction.to_ways)
        if not len(sources) or not len(targets):
            return "a member way is not in the network"
        if restriction.via_ways:
            return self._hold_over_way(restriction, sources, targets)
        via = [self._node[node] for node in restriction.via_nodes if node in self._node]
        sources = sources[np.isin(self._roads.to_node[sources], via)]
        turns = self._turns(sources)
        named = turns[np.isin(self.after[turns], targets)]
        named = self._that_way(named, restriction.kind)
        if not len(named):
            return "its ways do not meet at its node"
        if restriction.kind.startswith("no_"):
            self.is_permitted[named] = False
            return ""
        if restriction.kind == "only_u_turn":
            self.is_permitted[named] = True
        others = np.setdiff1d(turns[np.isin(self.before[turns], self.before[named])], named)
        self.is_permitted[others] = False
        return ""

    def _hold_over_way(self, restriction: Restriction, sources: Rows, targets: Rows) -> str:
        """Keep the paths from-via-to for later, when all single turns are known."""
        over = set(self._segments(restriction.via_ways).tolist())
        if not over:
            return "a member way is not in the network"
        starts = [s for s in sources.tolist() if s not in over]
        turns = {segment: self._permitted(segment) for segment in [*starts, *over]}
        paths = paths_over(turns, starts, over, set(targets.tolist()))
        paths = self._paths_that_way(paths, restriction.kind)
        if not paths:
            is_entered = any(over.intersection(turns[start]) for start in starts)
            return "its ways do not meet" if is_entered else ""
        is_only = restriction.kind.startswith("only_")
        self.paths += [(path, is_only) for path in paths]
        return ""

    def _permitted(self, segment: int) -> list[int]:
        rows = np.arange(self._starts[segment], self._starts[segment + 1])
        found: list[int] = self.after[rows[self.is_permitted[rows]]].tolist()
        return found

    def _paths_that_way(self, paths: list[tuple[int, ...]], kind: str) -> list[tuple[int, ...]]:
        """Keep the paths that turn as the kind says, where their last way passes its node."""
        if len(paths) < 2:
            return paths
        angles = np.array([self._angle(path[0], path[-1]) for path in paths])
        is_that_way = _is_turn(angles, kind)
        return [path for path, ok in zip(paths, is_that_way, strict=True) if ok] or paths

    def _segments(self, ways: tuple[int, ...]) -> Rows:
        others = (self._stands_for.get(way, set()) for way in ways)
        ways = tuple(sorted(set(ways).union(*others)))
        low = np.searchsorted(self._ways, ways)
        high = np.searchsorted(self._ways, ways, side="right")
        rows = [self._by_way[a:b] for a, b in zip(low, high, strict=True)]
        return np.concatenate(rows) if rows else np.zeros(0, np.int64)

    def _turns(self, segments: Rows) -> Rows:
        """Give the rows of the turns from some segments."""
        rows = [np.arange(self._starts[s], self._starts[s + 1]) for s in segments]
        return np.concatenate(rows) if rows else np.zeros(0, np.int64)

    def _that_way(self, turns: Rows, kind: str) -> Rows:
        """Keep the turns that go the way the kind says, where a way passes its node."""
        if kind.endswith("u_turn"):
            before, after = self.before[turns], self.after[turns]
            is_back = self._roads.from_node[before] == self._roads.to_node[after]
            return turns[is_back] if is_back.any() else turns
        if len(turns) < 2:
            return turns
        pairs = zip(self.before[turns].tolist(), self.after[turns].tolist(), strict=True)
        is_that_way = _is_turn(np.array([self._angle(*pair) for pair in pairs]), kind)
        return turns[is_that_way] if is_that_way.any() else turns

    def _angle(self, before: int, after: int) -> float:
        """Give the turn from one segment to another in degrees, positive to the right."""
        end = self._roads.vertex_offsets[before + 1] - 1
        start = self._roads.vertex_offsets[after]
        return (self._bearing(start) - self._bearing(end - 1) + 180.0) % 360.0 - 180.0

    def _bearing(self, vertex: int) -> float:
        latitude = self._roads.vertex_latitude
        east = np.diff(self._roads.vertex_longitude[vertex : vertex + 2])[0]
        north = np.diff(latitude[vertex : vertex + 2])[0]
        return float(np.degrees(np.arctan2(east * np.cos(np.radians(latitude[vertex])), north)))


def _is_turn(angles: Floats, kind: str) -> Flags:
    """Tell which angles (deg, positive to the right) are turns of a kind."""
    if kind.endswith("u_turn"):
        return np.abs(angles) > 180.0 - 2 * LEAST_TURN_DEG
    if "left" in kind:
        return angles < -LEAST_TURN_DEG
    if "right" in kind:
        return angles > LEAST_TURN_DEG
    return np.abs(angles) <= 2 * LEAST_TURN_DEG


def _not_ours(restriction: Restriction) -> str:
    """Give the reason why a restriction says nothing that holds for cars and buses all day."""
    if restriction.is_conditional:
        return "in force at some hours only"
    if restriction.is_for_others:
        return "for other vehicles only"
    if not restriction.kind.startswith(("no_", "only_")):
        return f"unknown kind {restriction.kind!r}"
    if restriction.excepts_buses:
        return "not for buses"
    if not restriction.from_ways or not restriction.to_ways:
        return "no from or to member"
    if not restriction.via_ways and not restriction.via_nodes:
        return "no via member"
    return ""
