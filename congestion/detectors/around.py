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
    beside: list[set[int]] = [set() for _ in range(len(region))]
    for one, other in zip(region.turns_from.tolist(), region.turns_to.tolist(), strict=True):
        beside[one].add(other)
        beside[other].add(one)
    here: dict[int, list[int]] = {}
    for thing, at in enumerate(segment.tolist()):
        here.setdefault(at, []).append(thing)
    found = np.full((len(segment), most), NONE, np.int64)
    for at, mine in here.items():
        near = _near(at, beside, here, most + len(mine), turns, own)
        for thing in mine:
            others = [other for other in near if other != thing][:most]
            found[thing, : len(others)] = others
    return found


def _near(
    start: int, beside: list[set[int]], here: dict[int, list[int]], enough: int, turns: int,
    own: bool,
) -> list[int]:  # fmt: skip
    """Give what stands on a segment, if `own`, and around it, turn by turn, until enough."""
    reached, edge = {start}, [start]
    near = list(here[start]) if own else []
    for _ in range(turns):
        if len(near) >= enough:
            break
        edge = sorted(set().union(*(beside[at] for at in edge)) - reached)
        reached.update(edge)
        for at in edge:
            near += here.get(at, [])
    return near


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
