"""How far a queue reaches back from the downstream end of its segment."""

import numpy as np
import numpy.typing as npt

from congestion.region import Region
from congestion.seen import observation as o
from ingest.kernels.arrays import Floats

# From this level on a segment holds a queue.
QUEUE_LEVEL = 3
# Vehicles in a queue that still moves crawl at about this speed (m/s).
CRAWL_MPS = 2.0
# A detector occupied this share of a minute has a queue standing on it most of the time.
_QUEUED_OCCUPANCY = 0.35


def queue_lengths(
    region: Region,
    sums: Floats,
    tail_m: Floats,
    speed_mps: Floats,
    free_flow_mps: Floats,
    level: npt.NDArray[np.int8],
) -> Floats:
    """Give each segment's queue in metres, 0 where its level is that of moving traffic.

    Seen ends come first: the farthest standing probe, an occupied detector. Else the share of the
    segment that, driven at a crawl and the rest at free flow, gives the speed that was estimated.
    """
    pace, free, crawl = 1.0 / np.maximum(speed_mps, 0.3), 1.0 / free_flow_mps, 1.0 / CRAWL_MPS
    share = np.clip((pace - free) / np.maximum(crawl - free, 1e-6), 0.0, 1.0)
    length = share * region.length_m
    occupied = sums[:, o.OCCUPANCY_MAX] >= _QUEUED_OCCUPANCY
    reach = np.zeros(len(region))
    np.maximum.at(reach, region.detector_segment, region.detector_to_end_m)
    length = np.maximum(length, np.where(occupied, reach, 0.0))
    length = np.maximum(length, np.minimum(tail_m, region.length_m))
    return np.where(level >= QUEUE_LEVEL, length, 0.0)
