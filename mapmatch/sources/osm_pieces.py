"""OpenStreetMap ways as points, told once, and cut into pieces from junction to junction."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mapmatch.projection import METRES_PER_DEGREE
from mapmatch.sources.osm_access import Access
from mapmatch.sources.osm_file import OsmFile
from mapmatch.sources.roads import Drop

Rows = npt.NDArray[np.int64]

LONGEST_STEP_M = 50_000.0
"""No road goes so far without a point between: one of its ends is misplaced. Unit: m. Source:
chosen; the longest straight roads have a junction at least every few kilometres."""


@dataclass(frozen=True)
class Points:
    """The points of all ways that have a position, one after the other."""

    node: Rows  # p, index of the node
    way: Rows  # p, index of the way
    run: Rows  # p, rises where a way ends or misses a point


@dataclass(frozen=True)
class Pieces:
    """Ways cut at junctions and barriers: k pieces, each the points first..last."""

    way: Rows  # k, index of the way
    first: Rows  # k, into the points
    last: Rows  # k, inclusive
    access: npt.NDArray[np.int8]  # k x 2, who drives it as drawn and against that


def points_of(found: OsmFile) -> Points:
    """Give the ways' points that have a position; a way breaks where one has not.

    It breaks too where a step is longer than any road's.
    """
    refs = np.concatenate(found.refs)
    way = np.repeat(np.arange(len(found.refs)), [len(r) for r in found.refs])
    at = np.minimum(np.searchsorted(found.node_ids, refs), len(found.node_ids) - 1)
    is_known = found.node_ids[at] == refs
    if not is_known.all():
        example = f"node {refs[~is_known][0]} of way {found.way_ids[way[~is_known][0]]}"
        drop = Drop("points", "the node is not in the file", int((~is_known).sum()), example)
        found.drops.append(drop)
    is_start = np.r_[True, (way[1:] != way[:-1]) | (is_known[1:] != is_known[:-1])]
    run = np.cumsum(is_start)
    is_new = is_known.copy()
    is_new[1:] &= is_start[1:] | (refs[1:] != refs[:-1])
    points = Points(at[is_new], way[is_new], run[is_new])
    return _without_misplaced(found, points)


def steps_m(found: OsmFile, points: Points) -> npt.NDArray[np.float64]:
    """Give the metres from each point to the next (p - 1), whether or not of one way."""
    longitude, latitude = found.longitude[points.node], found.latitude[points.node]
    east = np.diff(longitude) * np.cos(np.radians(latitude[1:]))
    return np.asarray(np.hypot(east, np.diff(latitude)) * METRES_PER_DEGREE)


def _without_misplaced(found: OsmFile, points: Points) -> Points:
    is_far = (steps_m(found, points) > LONGEST_STEP_M) & (points.run[1:] == points.run[:-1])
    if not is_far.any():
        return points
    step = int(np.argmax(is_far))
    ends = points.node[[step, step + 1]]
    middle = np.median(found.longitude), np.median(found.latitude)
    off = np.hypot(found.longitude[ends] - middle[0], found.latitude[ends] - middle[1])
    stray = found.node_ids[ends[int(np.argmax(off))]]
    example = f"node {stray} of way {found.way_ids[points.way[step]]}"
    reason = f"over {LONGEST_STEP_M / 1000:.0f} km without a point between, a node is misplaced"
    found.drops.append(Drop("stretches", reason, int(is_far.sum()), example))
    return _broken(points, is_far)


def _broken(points: Points, is_gone: npt.NDArray[np.bool_]) -> Points:
    """Give the points without the steps (p - 1) that are gone, nor points left alone."""
    run = points.run + np.r_[0, np.cumsum(is_gone)]
    is_end = np.r_[True, run[1:] != run[:-1], True]
    is_kept = ~(is_end[:-1] & is_end[1:])
    return Points(points.node[is_kept], points.way[is_kept], run[is_kept])


def without_twins(found: OsmFile, points: Points) -> tuple[Points, dict[int, set[int]]]:
    """Give the points without steps that another way, or the same before, makes as well.

    Of two ways over the same nodes the more open stays, then the greater road, one with a name,
    the older. One that drives a direction that the other does not stays too. Also gives for each
    way that lost steps the ways that made them.
    """
    start, end = points.node[:-1], points.node[1:]
    is_step = points.run[1:] == points.run[:-1]
    low, high = np.minimum(start, end), np.maximum(start, end)
    key = np.where(is_step, low * len(found.node_ids) + high, -1)
    order = np.argsort(key, kind="stable")
    is_same = np.r_[False, key[order][1:] == key[order][:-1]] & (key[order] >= 0)
    is_twin = is_same | np.r_[is_same[1:], False]
    is_gone = np.zeros(len(key), bool)
    stands_for: dict[int, set[int]] = {}
    groups: dict[int, list[int]] = {}
    for step in order[is_twin].tolist():
        groups.setdefault(int(key[step]), []).append(step)
    for steps in groups.values():
        _tell_once(found, points, steps, is_gone, stands_for)
    if not is_gone.any():
        return points, {}
    first = int(points.way[:-1][is_gone][0])
    example = f"way {found.way_ids[first]}"
    drop = Drop("stretches", "a way along the same nodes is there", int(is_gone.sum()), example)
    found.drops.append(drop)
    return _broken(points, is_gone), stands_for


def _tell_once(
    found: OsmFile,
    points: Points,
    steps: list[int],
    is_gone: npt.NDArray[np.bool_],
    stands_for: dict[int, set[int]],
) -> None:
    """Mark the steps between the same two nodes that say nothing new."""

    def access(step: int) -> tuple[Access, Access]:
        forward, back = found.ways[points.way[step]].access
        return (forward, back) if points.node[step] < points.node[step + 1] else (back, forward)

    def rank(step: int) -> tuple[int, int, bool, int, int]:
        way = found.ways[points.way[step]]
        way_id = found.way_ids[points.way[step]]
        return (-sum(way.access), way.road_class, not way.name, way_id, step)

    ranked = sorted(steps, key=rank)
    up, down = access(ranked[0])
    kept = [found.way_ids[points.way[ranked[0]]]]
    for step in ranked[1:]:
        way_id = found.way_ids[points.way[step]]
        more_up, more_down = access(step)
        if more_up > up or more_down > down:
            up, down = max(up, more_up), max(down, more_down)
            kept.append(way_id)
            continue
        is_gone[step] = True
        if way_id not in kept:
            stands_for.setdefault(way_id, set()).update(kept)


def barriers_of(found: OsmFile, points: Points) -> npt.NDArray[np.int8]:
    """Give who may drive past each node: at a junction of more than two stretches everyone may.

    Of barriers at junctions it is not known which road they close; they are noted.
    """
    past = found.past.copy()
    ends = np.bincount(points.node, minlength=len(past)) * 2
    is_end = np.diff(points.run, prepend=-1, append=-1) != 0
    for edge in (is_end[:-1], is_end[1:]):
        ends -= np.bincount(points.node[edge], minlength=len(past))
    is_open = (past != Access.ALL) & (ends > 2)
    if is_open.any():
        example = f"node {found.node_ids[int(np.argmax(is_open))]}"
        reason = "at a junction: not known which road it closes"
        found.drops.append(Drop("barriers", reason, int(is_open.sum()), example))
    past[ends != 2] = Access.ALL
    closed, buses = (int((past == who).sum()) for who in (Access.NOBODY, Access.BUSES))
    if closed:
        found.notes.append(f"{closed:,} barriers that neither cars nor buses pass: roads end there")
    if buses:
        found.notes.append(f"{buses:,} barriers that only buses pass")
    return past


def cut(found: OsmFile, points: Points, past: npt.NDArray[np.int8]) -> Pieces:
    """Cut ways where they meet and at barriers, and what then ends where it began in its middle.

    Between a barrier for buses and the nearer point beside it the road is for buses only.
    """
    uses = np.bincount(points.node, minlength=len(past))
    is_new_run = np.diff(points.run, prepend=-1) > 0
    is_cut = is_new_run | np.r_[is_new_run[1:], True]
    is_cut |= (uses[points.node] > 1) | (past[points.node] != Access.ALL)
    gates = _bus_gates(found, points, past)
    is_cut[gates] = is_cut[gates + 1] = True
    pieces = _between(found, points, np.flatnonzero(is_cut), gates)
    is_loop = points.node[pieces.first] == points.node[pieces.last]
    is_cut[(pieces.first[is_loop] + pieces.last[is_loop]) // 2] = True
    return _between(found, points, np.flatnonzero(is_cut), gates)


def _bus_gates(found: OsmFile, points: Points, past: npt.NDArray[np.int8]) -> Rows:
    """Give the steps (their first points) that only buses drive because of a barrier."""
    at = np.flatnonzero(past[points.node] == Access.BUSES)
    is_step = np.r_[False, points.run[1:] == points.run[:-1], False]
    length = np.r_[np.inf, steps_m(found, points), np.inf]
    before = np.where(is_step[at], length[at], np.inf)
    after = np.where(is_step[at + 1], length[at + 1], np.inf)
    is_there = np.isfinite(np.minimum(before, after))
    return np.asarray(np.where(before <= after, at - 1, at)[is_there], np.int64)


def _between(found: OsmFile, points: Points, cuts: Rows, gates: Rows) -> Pieces:
    first, last = cuts[:-1], cuts[1:]
    is_road = points.run[first] == points.run[last]
    first, last = first[is_road], last[is_road]
    way = points.way[first]
    access = np.array([way.access for way in found.ways], np.int8).reshape(-1, 2)[way]
    is_gate = np.isin(first, gates)
    access[is_gate] = np.minimum(access[is_gate], Access.BUSES)
    return Pieces(way, first, last, access)
