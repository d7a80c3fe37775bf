"""The McMaster algorithm: congestion by a station's own flow and occupancy, cause by the next one.

Source: Persaud, Hall and Hall 1990, Congestion identification aspects of the McMaster incident
detection algorithm, Transportation Research Record 1287. The lower bound of uncongested data is a
share, which is swept, of the flow per occupancy that is usual at the station in its first quarter
of an hour.
"""

import numpy as np
import numpy.typing as npt

from benchmarks.classics.minutes import SegmentMinutes, lasting

Flags = npt.NDArray[np.bool_]

LEARN_MINUTES = 15
FREE_OCCUPANCY = 0.15
"""Uncongested data that the bound is made of lie below. Unit: occupancy. Source: chosen."""
LEAST_OCCUPANCY = 0.05
"""Below it a station is never congested. Unit: occupancy. Source: chosen."""
PERSISTS = 3
"""A station is congested after so many intervals. Unit: count. Source: the paper, of 30 s."""
MOST_OCCUPANCY = 0.35
"""Beyond it (OCMAX) a station is congested whatever its flow. Unit: occupancy. Source: chosen."""
SWEPT = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6)


def mcmaster(minutes: SegmentMinutes, bound: float) -> Flags:
    """Give m x n alarms: congested, and the next station downstream has room and little flow."""
    occupancy, flow = minutes.occupancy, minutes.flow_veh_h
    first_o, first_f = occupancy[:LEARN_MINUTES], flow[:LEARN_MINUTES]
    is_free = (first_o > 0) & (first_o < FREE_OCCUPANCY) & (first_f > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        per_occupancy = np.where(is_free, first_f, 0).sum(axis=0) / np.where(
            is_free, first_o, 0
        ).sum(axis=0)
        lower = bound * per_occupancy * occupancy
    congested = (occupancy > LEAST_OCCUPANCY) & ((flow < lower) | (occupancy > MOST_OCCUPANCY))
    congested[:LEARN_MINUTES] = False
    ahead_o, ahead_f = minutes.ahead(occupancy), minutes.ahead(flow)
    # Behind a bottleneck that is no incident the next station carries a full flow.
    usual_full = np.nanmax(np.where(np.isfinite(flow), flow, 0.0), axis=0)
    is_served = ahead_f >= 0.7 * minutes.ahead(np.broadcast_to(usual_full, flow.shape))
    return lasting(congested, PERSISTS) & (ahead_o < FREE_OCCUPANCY) & ~is_served
