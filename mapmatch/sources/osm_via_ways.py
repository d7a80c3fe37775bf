"""Turns that depend on where one came from: the stretch between is laid twice.

A restriction over a way forbids a path of three segments or more, and no single turn of it. Where
others drive its middle too, they keep it, and the path gets segments of its own along the same
line, which lack the forbidden turn (Villeneuve and Desaulniers 2005, The shortest path problem with
forbidden paths).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import replace

import numpy as np

from ingest.kernels.arrays import Int32s
from mapmatch.sources.roads import Roads, segments_at


class TurnGraph:
    """Permitted turns that can be changed; remembers which segments were laid once more."""

    def __init__(self, before: Int32s, after: Int32s, count: int) -> None:
        self.originals: list[int] = []
        """Of each segment laid once more; the k-th is segment count + k."""
        self._count = count
        self._before, self._after = before, after
        self._by_before, self._by_after = np.argsort(before, kind="stable"), np.argsort(after)
        self._sorted = before[self._by_before], after[self._by_after]
        self._onward: dict[int, set[int]] = {}
        self._inward: dict[int, set[int]] = {}
        self._copies: dict[int, list[int]] = defaultdict(list)

    def forbid(self, path: tuple[int, ...], is_only: bool) -> None:
        """Forbid the last turn of a path to who drove all of it, or any other one there."""
        for start in [path[0], *self._copies[path[0]]]:
            self._forbid_from(start, path[1:-1], path[-1], is_only)

    def _forbid_from(self, start: int, over: tuple[int, ...], end: int, is_only: bool) -> None:
        at = start
        for original in over:
            onward = next((s for s in self._out_of(at) if self._original(s) == original), None)
            if onward is None:
                return
            ends = {self._original(s) for s in self._out_of(onward)}
            if original == over[-1] and not is_only and ends == {end}:
                self._cut(at, onward)
                return
            at = onward if self._into(onward) == {at} else self._lay_again(at, onward)
        for onward in sorted(self._out_of(at)):
            if (self._original(onward) == end) != is_only:
                self._cut(at, onward)

    def _lay_again(self, at: int, onward: int) -> int:
        """Give a segment of its own to who comes to another from one."""
        copy = self._count + len(self.originals)
        self.originals.append(self._original(onward))
        self._copies[self._original(onward)].append(copy)
        self._onward[copy], self._inward[copy] = set(), set()
        for behind in self._out_of(onward):
            self._join(copy, behind)
        self._cut(at, onward)
        self._join(at, copy)
        return copy

    def turns(self) -> tuple[Int32s, Int32s]:
        """Give all turns as they now are."""
        changed = np.array(sorted(self._onward), np.int32)
        is_same = ~np.isin(self._before, changed)
        pairs = [(a, b) for a in changed.tolist() for b in sorted(self._onward[a])]
        rows = np.array(pairs, np.int32).reshape(-1, 2)
        before = np.concatenate((self._before[is_same], rows[:, 0]))
        return before, np.concatenate((self._after[is_same], rows[:, 1]))

    def _original(self, segment: int) -> int:
        return segment if segment < self._count else self.originals[segment - self._count]

    def _join(self, before: int, after: int) -> None:
        self._out_of(before).add(after)
        self._into(after).add(before)

    def _cut(self, before: int, after: int) -> None:
        self._out_of(before).discard(after)
        self._into(after).discard(before)

    def _out_of(self, segment: int) -> set[int]:
        if segment not in self._onward:
            low, high = np.searchsorted(self._sorted[0], [segment, segment + 1])
            self._onward[segment] = set(self._after[self._by_before[low:high]].tolist())
        return self._onward[segment]

    def _into(self, segment: int) -> set[int]:
        if segment not in self._inward:
            low, high = np.searchsorted(self._sorted[1], [segment, segment + 1])
            self._inward[segment] = set(self._before[self._by_after[low:high]].tolist())
        return self._inward[segment]


def with_more(roads: Roads, originals: list[int], movements: tuple[Int32s, Int32s]) -> Roads:
    """Give the roads with some segments laid once more behind the others, and all their turns.

    Their ids end in `:2`, `:3` and so on.
    """
    ids = list(roads.segment_ids)
    taken = set(ids)
    for original in originals:
        number = 2
        while (name := f"{ids[original]}:{number}") in taken:
            number += 1
        taken.add(name)
        ids.append(name)
    rows = np.r_[np.arange(len(roads.segment_ids)), np.array(originals, np.int64)]
    note = f"{len(originals):,} segments laid once more, so that turn restrictions over them hold"
    return replace(
        segments_at(roads, rows),
        segment_ids=ids,
        movements=movements,
        notes=[*roads.notes, note] if originals else roads.notes,
    )


def paths_over(
    turns: Mapping[int, list[int]], sources: Iterable[int], over: Set[int], targets: Set[int]
) -> list[tuple[int, ...]]:
    """Give the paths from some segments over others to some; turns hold the ways on of each."""
    found: list[tuple[int, ...]] = []
    open_paths: list[tuple[int, ...]] = [(source,) for source in sources]
    while open_paths:
        path = open_paths.pop()
        for onward in turns[path[-1]]:
            if onward in targets and len(path) > 1:
                found.append((*path, onward))
            elif onward in over and onward not in path:
                open_paths.append((*path, onward))
    return found
