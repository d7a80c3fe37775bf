"""The network cut into regions: the partition key of everything after matching."""

import numpy as np
import numpy.typing as npt

from ingest.kernels.arrays import Floats

SEGMENTS_PER_REGION = 2_000
"""Segments of a region where no count of regions is given. Unit: count. Source: chosen; a region's
minute is then one frame."""


def default_region_count(segment_count: int) -> int:
    """Give how many regions a network of this size is cut into where no count is given."""
    return max(1, -(-segment_count // SEGMENTS_PER_REGION))


def cut_regions(x: Floats, y: Floats, region_count: int) -> npt.NDArray[np.int16]:
    """Give each segment's region: halved again and again across the longer side.

    x and y (n) are the segments' middles in metres. Regions are compact and their sizes differ by
    at most a few segments.
    """
    region = np.zeros(len(x), np.int16)
    pieces = [(np.arange(len(x)), 0, region_count)]
    while pieces:
        members, first, count = pieces.pop()
        if count == 1 or len(members) == 0:
            region[members] = first
            continue
        is_wide = np.ptp(x[members]) >= np.ptp(y[members])
        along, across = (x, y) if is_wide else (y, x)
        order = members[np.lexsort((members, across[members], along[members]))]
        left = count // 2
        split = round(len(order) * left / count)
        pieces.append((order[:split], first, left))
        pieces.append((order[split:], first + left, count - left))
    return region
