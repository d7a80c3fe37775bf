"""How far travel times can be relied on, and excessive delay: the measures that planners publish.

Travel times may be of a segment, a corridor or an area; any one unit. NaN is no travel time.
"""

from typing import NamedTuple

import numpy as np

from ingest.kernels.arrays import Floats
from ingest.units import Metres, MetresPerSecond, Seconds

FHWA = "FHWA, Travel Time Reliability: Making It There On Time, All The Time (2006)"
CFR_511 = "23 CFR 490.511 (FHWA, National Performance Management Measures)"
CFR_711 = "23 CFR 490.711 (FHWA, National Performance Management Measures)"
RELIABLE_BELOW = 1.5
"""A period of a segment is reliable where its LOTTR is lower. Unit: 1. Source: 23 CFR 490.507."""
MPH = 0.44704
"""Metres a second in one mile an hour, exactly."""
PHED_LEAST_MPS = 20 * MPH
"""No threshold of excessive delay is lower. Unit: m/s. Source: 23 CFR 490.711 (c)."""
PHED_SHARE = 0.6
"""Of the posted limit, below which delay is excessive. Unit: share. Source: 23 CFR 490.711 (c)."""
PHED_INTERVAL_S: Seconds = 900.0
"""Travel times are means of so long, and no interval's delay is longer. Unit: s. Source: 23 CFR
490.711 (d)."""
PERSONS_IN_CAR = 1.7
"""Persons in a car, where no count is known. Unit: persons. Source: FHWA, Average Vehicle Occupancy
Factors for Computing Travel Time Reliability Measures (2018), from the survey NHTS 2017."""


def planning_time_index(times: Floats, free_time: float) -> float:
    """Give the time to plan for over the time needed when free: 95th percentile / free. Unit: 1.

    Source: FHWA 2006. A trip that plans so much is late once in twenty.
    """
    return float(np.nanpercentile(times, 95)) / free_time


def buffer_index(times: Floats) -> float:
    """Give what to add to the mean: (95th percentile - mean) / mean. Unit: 1. Source: FHWA 2006."""
    mean = float(np.nanmean(times))
    return (float(np.nanpercentile(times, 95)) - mean) / mean


def lottr(times: Floats) -> float:
    """Give the level of travel time reliability: 80th / 50th percentile, to hundredths. Unit: 1.

    Of the 15 minute travel times of one period of the week. Source: 23 CFR 490.511.
    """
    return float(lottr_of(*np.nanpercentile(times, [80, 50])))


def lottr_of(eightieth: Floats, median: Floats) -> Floats:
    """Give LOTTR of percentiles of travel times."""
    return np.round(eightieth / median, 2)


class WeekPeriod(NamedTuple):
    """A period of the week that LOTTR is given for: hours of working days, or of weekends."""

    name: str
    is_weekend: bool
    from_hour: int
    to_hour: int


LOTTR_PERIODS = (
    WeekPeriod("weekday 6-10", False, 6, 10),
    WeekPeriod("weekday 10-16", False, 10, 16),
    WeekPeriod("weekday 16-20", False, 16, 20),
    WeekPeriod("weekend 6-20", True, 6, 20),
)
"""Source: 23 CFR 490.511 (b)."""
PHED_HOURS = ((6, 10), (15, 19))
"""Peak hours of working days. Source: 23 CFR 490.705, the first of its two choices of evening."""


def excessive_threshold_mps(limit_mps: Floats) -> Floats:
    """Give the speed below which delay is excessive: 60 % of the limit, at least 20 mph.

    Unit: m/s. Source: 23 CFR 490.711 (c).
    """
    return np.maximum(PHED_SHARE * limit_mps, PHED_LEAST_MPS)


def excessive_delay_s(
    times_s: Floats, length_m: Metres | Floats, limit_mps: MetresPerSecond | Floats
) -> Floats:
    """Give how much longer each 15 minute travel time is than at the threshold speed. Unit: s.

    Times and thresholds to whole seconds, at most 15 minutes. Source: 23 CFR 490.711 (d), (e).
    """
    threshold_s = np.rint(length_m / excessive_threshold_mps(np.asarray(limit_mps)))
    return np.clip(np.rint(times_s) - threshold_s, 0.0, PHED_INTERVAL_S)


def excessive_person_h(delay_s: Floats, vehicles: Floats, persons: float = PERSONS_IN_CAR) -> float:
    """Give PHED: excessive delay of each interval times its vehicles and persons. Unit: person-h.

    Source: 23 CFR 490.711 (f); divided by residents it is the published measure per head.
    """
    return float(np.nansum(delay_s / 3600.0 * vehicles * persons))
