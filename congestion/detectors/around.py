"""What stands around each detector, or each pair of them, along the road; the nearest first."""

import numpy as np

from congestion.region import Region
from ingest.kernels.arrays import Int64s
from mapmatch.network import NONE


def around(region: Region, segment: Int64s, most: int, turns: int, *, own: bool) -> Int64s:
    """Give up to `most` others around each of k things on segments, k x most, NONE where less.

    They stand on the thing's own segment, if `own`, and on those that up to `turns` turns reach
    before and after it.
    """
    counts = np.bincount(segment, minlength=len(region))
    by_segment, first = np.argsort(segment, kind="stable"), np.cumsum(counts) - counts
    starts, start_of = np.unique(segment, return_inverse=True)
    of, at = _near(region, starts, counts, most, turns, own)
    things = by_segment[np.repeat(first[at], counts[at]) + _nth(counts[at])]
    ends = np.cumsum(np.bincount(of, counts[at], len(starts))).astype(np.int64)
    near = np.split(things, ends[:-1])
    found = np.full((len(segment), most), NONE, np.int64)
    for thing, start in enumerate(start_of.tolist()):
        others = near[start][near[start] != thing][:most]
        found[thing, : len(others)] = others
    return found


def _near(
    region: Region, starts: Int64s, counts: Int64s, most: int, turns: int, own: bool
) -> tuple[Int64s, Int64s]:
    """Give the segments around each start, turn by turn until enough stands there, and of which.

    `counts` n: how many things stand on each segment. A start's own segment comes first, if `own`.
    """
    n = len(region)
    beside = np.r_[region.turns_from, region.turns_to], np.r_[region.turns_to, region.turns_from]
    order = np.argsort(beside[0], kind="stable")
    to, degree = beside[1][order].astype(np.int64), np.bincount(beside[0], minlength=n)
    first = np.cumsum(degree) - degree
    mine, place = counts[starts], np.arange(len(starts))
    near = mine * own
    edge, before = place * n + starts, np.empty(0, np.int64)  # each a start and a segment
    rings = [edge if own else before]
    for _ in range(turns):
        is_going = near[edge // n] < most + mine[edge // n]
        of, at = np.divmod(edge[is_going], n)
        ways = to[np.repeat(first[at], degree[at]) + _nth(degree[at])]
        reached = np.sort(np.repeat(of, degree[at]) * n + ways)
        reached = reached[np.r_[True, reached[1:] != reached[:-1]][: len(reached)]]
        # What a turn reaches was not reached before unless by this turn or the one before it.
        is_known = np.isin(reached, np.r_[before, edge], assume_unique=True)
        fresh = reached[~is_known]
        before, edge = edge, fresh
        rings.append(fresh)
        near = near + np.bincount(fresh // n, counts[fresh % n], len(starts)).astype(np.int64)
    of, at = np.divmod(np.concatenate(rings), n)
    in_order = np.argsort(of, kind="stable")
    return of[in_order], at[in_order]


def _nth(counts: Int64s) -> Int64s:
    """Give 0, 1, ... for each of some runs of so many."""
    return np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)


def pairs_beside(region: Region, reach_m: float) -> tuple[Int64s, Int64s]:
    """Give every two detectors that stand side by side on one segment."""
    counts = np.diff(region.detector_offsets)
    first, second = [], []
    for segment in np.flatnonzero(counts >= 2).tolist():
        start, stop = region.detector_offsets[segment : segment + 2].tolist()
        a, b = np.triu_indices(stop - start, 1)
        first.append(start + a)
        second.append(start + b)
    if not first:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    one, other = np.concatenate(first), np.concatenate(second)
    apart = np.abs(region.detector_to_end_m[one] - region.detector_to_end_m[other])
    return one[apart <= reach_m], other[apart <= reach_m]
