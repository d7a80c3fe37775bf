"""The sums that hold what every source saw of each segment: their columns, and probes by fleet.

Sums of n segments are n x SUM_FIELDS. They can be added, and faded from minute to minute.
"""

import numpy as np

from congestion.kernels.probes import PROBE_FIELDS
from ingest.kernels.arrays import Floats

# First the fields of `sum_probes`, of each fleet by itself: OF_BUSES + TIME is the buses' time.
OF_TAXIS = 0
OF_BUSES = PROBE_FIELDS
# Then what stands beside the roads.
DETECTED = 2 * PROBE_FIELDS  # vehicles counted
SPOT_SPEED = DETECTED + 1  # m/s times the vehicles it is of
SPOT_COUNT = DETECTED + 2  # vehicles with a speed
OCCUPANCY = DETECTED + 3  # mean over the segment's detectors, 0..1
OCCUPANCY_MAX = DETECTED + 4
DETECTORS = DETECTED + 5  # detectors that reported
REPORTED = DETECTED + 6  # 1 where any did
FLOW = DETECTED + 7  # veh/h over the segment's lanes
PASSES = DETECTED + 8  # vehicles a camera saw pass
PASS_SPEED = DETECTED + 9  # m/s times passes
PASS_DWELL = DETECTED + 10  # seconds on the stop line times passes
TAIL = DETECTED + 11  # farthest (m) from the downstream end that a probe stood
SUM_FIELDS = DETECTED + 12


def of_fleet(sums: Floats, fleet: int) -> Floats:
    """Give the n x PROBE_FIELDS sums of one fleet, OF_TAXIS or OF_BUSES."""
    return sums[:, fleet : fleet + PROBE_FIELDS]


def of_probes(sums: Floats) -> Floats:
    """Give the n x PROBE_FIELDS sums of both fleets together."""
    return np.asarray(of_fleet(sums, OF_TAXIS) + of_fleet(sums, OF_BUSES))


def probe_sum(sums: Floats, field: int) -> Floats:
    """Give one field of both fleets together, n."""
    return np.asarray(sums[:, OF_TAXIS + field] + sums[:, OF_BUSES + field])
