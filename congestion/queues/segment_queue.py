"""How much of each segment its own queue takes up, measured from the downstream end."""

import numpy as np
import numpy.typing as npt

from congestion.queues.vehicles import LEAST_MPS
from congestion.region import Region
from congestion.seen.readings import QUEUED_OCCUPANCY
from congestion.seen.sums import OCCUPANCY_MAX
from ingest.kernels.arrays import Floats

QUEUE_LEVEL = 3
"""From this level on a segment holds a queue. Unit: level 0 to 5. Source: chosen; in the profile
`hcm` a speed under half of free flow (level of service D and worse)."""
CRAWL_MPS = 2.0
"""Vehicles in a queue that still moves drive about as fast. Unit: m/s. Source: chosen, a car's
length in three seconds."""


def segment_queues(
    region: Region,
    sums: Floats,
    tail_m: Floats,
    speed_mps: Floats,
    free_flow_mps: Floats,
    level: npt.NDArray[np.int8],
) -> Floats:
    """Give each segment's queue in metres, 0 where its level is that of moving traffic.

    The longest of: the share of the segment that, driven at a crawl and the rest at free flow,
    gives the speed that was estimated; the farthest standing probe (tail_m, from the downstream
    end); the farthest detector, where one of the segment's is occupied as by a queue.
    """
    pace = 1.0 / np.maximum(speed_mps, LEAST_MPS)
    free, crawl = 1.0 / free_flow_mps, 1.0 / CRAWL_MPS
    share = np.clip((pace - free) / np.maximum(crawl - free, 1e-6), 0.0, 1.0)
    length = share * region.length_m
    is_occupied = sums[:, OCCUPANCY_MAX] >= QUEUED_OCCUPANCY
    reach = np.zeros(len(region))
    np.maximum.at(reach, region.detector_segment, region.detector_to_end_m)
    length = np.maximum(length, np.where(is_occupied, reach, 0.0))
    length = np.maximum(length, np.minimum(tail_m, region.length_m))
    return np.where(level >= QUEUE_LEVEL, length, 0.0)
