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
SPOT_SPEED = 2 * PROBE_FIELDS  # m/s times the vehicles it is of
SPOT_PACE = SPOT_SPEED + 1  # s/m times the vehicles it is of
SPOT_COUNT = SPOT_SPEED + 2  # vehicles with a speed
OCCUPANCY = SPOT_SPEED + 3  # mean over the segment's detectors that felt it, 0..1
OCCUPANCY_MAX = SPOT_SPEED + 4
FELT = SPOT_SPEED + 5  # 1 where any detector told an occupancy
FLOW = SPOT_SPEED + 6  # veh/h over the lanes counted
LANES_COUNTED = SPOT_SPEED + 7  # lanes of the detectors that counted
COUNTED = SPOT_SPEED + 8  # 1 where any detector counted
DETECTORS = SPOT_SPEED + 9  # detectors that reported
REPORTED = SPOT_SPEED + 10  # 1 where any did
AGE = SPOT_SPEED + 11  # minutes since the middle of what was reported
TIMED_PACE = SPOT_SPEED + 12  # as SPOT_PACE, of speeds that detectors measured themselves
TIMED_COUNT = SPOT_SPEED + 13
PASSES = SPOT_SPEED + 14  # vehicles a camera saw pass
PASS_SPEED = SPOT_SPEED + 15  # m/s times passes
PASS_DWELL = SPOT_SPEED + 16  # seconds on the stop line times passes
TAIL = SPOT_SPEED + 17  # farthest (m) from the downstream end that a probe stood
SUM_FIELDS = SPOT_SPEED + 18


def of_fleet(sums: Floats, fleet: int) -> Floats:
    """Give the n x PROBE_FIELDS sums of one fleet, OF_TAXIS or OF_BUSES."""
    return sums[:, fleet : fleet + PROBE_FIELDS]


def of_probes(sums: Floats) -> Floats:
    """Give the n x PROBE_FIELDS sums of both fleets together."""
    return np.asarray(of_fleet(sums, OF_TAXIS) + of_fleet(sums, OF_BUSES))


def probe_sum(sums: Floats, field: int) -> Floats:
    """Give one field of both fleets together, n."""
    return np.asarray(sums[:, OF_TAXIS + field] + sums[:, OF_BUSES + field])
