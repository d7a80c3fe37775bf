"""The network cut into regions: the partition key of everything after matching."""

import numpy as np
import numpy.typing as npt

from ingest.kernels.arrays import Floats

SEGMENTS_PER_REGION = 2_000
"""Segments of a region where no count of regions is given. Unit: count. Source: chosen; a region's
minute is then one frame."""
ENOUGH_REGIONS = 8
"""A network of so many regions is cut into larger ones. Unit: count. Source: chosen; so many cores
can estimate side by side, and each region costs something of its own each minute."""
SEGMENTS_OF_A_LARGE_REGION = 4_000
"""Segments of a region of a larger network. Unit: count. Source: chosen; at 106 bytes a row, and
more where lanes have detectors, its minute stays under the largest message of a Kafka broker as it
comes, 1 MB."""


def default_region_count(segment_count: int) -> int:
    """Give how many regions a network of this size is cut into where no count is given."""
    small, large = (
        -(-segment_count // size) for size in (SEGMENTS_PER_REGION, SEGMENTS_OF_A_LARGE_REGION)
    )
    return max(1, min(small, ENOUGH_REGIONS), large)


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
