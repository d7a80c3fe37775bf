"""In which units a source's numbers are, by how well each fits what traffic can do."""

import math
from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from ingest.units import KMH, Metres

SPEEDS = {"km/h": 1.0, "mph": 1.609344, "m/s": KMH}
"""What makes a speed in some unit one in km/h. Unit: none. Source: the statute mile."""
OCCUPANCIES = {"share": 1.0, "percent": 0.01}
"""What makes an occupancy a share. Unit: none."""
LANE, TOTAL, HOURLY = "a lane in the interval", "all lanes in the interval", "an hour"
"""What a count may be of. Unit: none."""

_USUAL_LENGTH_M = 7.5
"""What a vehicle and the detector occupy together. Unit: m. Source: a car of 4.5 m and a loop of
2 m with its field (Traffic Detector Handbook, FHWA-HRT-06-108)."""
_SHORTER, _LONGER = 0.3, 0.8
"""Spread of a detector's length below and above it. Unit: none (of its logarithm). Source: chosen;
trucks and standing vehicles make it longer, nothing makes it much shorter."""
_USUAL_RATIO, _RATIO_SPREAD = 0.95, 0.15
"""Free speeds over the limit, and their spread. Unit: none (of its logarithm). Source: chosen."""
_FIX_SPREAD = 0.12
"""Spread of stated over shown speeds of fixes. Unit: none (of its logarithm). Source: chosen; a
vehicle turns between two fixes."""
_MOST_LANE_FLOW = 2400.0
"""A lane passes hardly more. Unit: veh/h. Source: Highway Capacity Manual 6, exhibit 12-4."""
_FLOW_SPREAD = 0.15
"""Spread of flows above it. Unit: none (of its logarithm). Source: chosen."""
_ODD = 1.0
"""What each number that is not in the unit it should be in costs. Unit: nats. Source: chosen, one
source in three."""
SURE = 2.0
"""Another unit is told where it then fits better than the right one by so much. Unit: nats. Source:
chosen, with the above odds of twenty to one."""


_IMPOSSIBLE = 20.0
"""What a share above 1 costs. Unit: nats. Source: chosen, more than all else together."""


class DetectorSigns(NamedTuple):
    """What readings, as they stand, show of their units; NaN what they do not show.

    `speed_ratio` is free speed over the limit, `length_m` occupancy times way over vehicles,
    `flow_veh_h` that of a busy detector, `highest_occupancy` without outliers, `lane_count` of its
    road.
    """

    speed_ratio: float
    length_m: Metres
    flow_veh_h: float
    highest_occupancy: float
    lane_count: float
    interval_s: float


class Units(NamedTuple):
    """The units of a detector's three numbers."""

    speed: str
    occupancy: str
    counted: str


RIGHT = Units("km/h", "share", LANE)


def detector_units(signs: DetectorSigns) -> Units:
    """Give the units that fit best together; the right ones unless others surely fit better."""
    costs = dict(_costs(signs))
    best = min(costs, key=lambda units: costs[units])
    told = RIGHT._asdict()
    for field, unit in best._asdict().items():
        as_told = min(cost for units, cost in costs.items() if getattr(units, field) == told[field])
        if as_told - costs[best] >= SURE:
            told[field] = unit
    return Units(**told)


def _costs(signs: DetectorSigns) -> Iterator[tuple[Units, float]]:
    counts = {LANE: 1.0}
    if signs.interval_s > 0.0:
        counts[HOURLY] = signs.interval_s / 3600.0
    if signs.lane_count > 1.0:
        counts[TOTAL] = 1.0 / signs.lane_count
    for speed, occupancy, count in product(SPEEDS, OCCUPANCIES, counts):
        units = Units(speed, occupancy, count)
        odd = sum(one != right for one, right in zip(units, RIGHT, strict=True))
        length = signs.length_m * SPEEDS[speed] * OCCUPANCIES[occupancy] / counts[count]
        cost = _ODD * odd + _off(signs.speed_ratio * SPEEDS[speed], _USUAL_RATIO, _RATIO_SPREAD)
        cost += _off(length, _USUAL_LENGTH_M, _SHORTER if length < _USUAL_LENGTH_M else _LONGER)
        flow = signs.flow_veh_h * counts[count]
        cost += _off(flow, _MOST_LANE_FLOW, _FLOW_SPREAD) if flow > _MOST_LANE_FLOW else 0.0
        if occupancy == "share" and signs.highest_occupancy > 1.5:
            cost += _IMPOSSIBLE
        yield units, cost


def fix_speed_unit(ratio: float) -> str | None:
    """Give the unit that stated speeds are in, by stated over shown speed; None where unknown."""
    if not (math.isfinite(ratio) and ratio > 0.0):
        return None
    costs = {
        unit: _off(ratio * factor, 1.0, _FIX_SPREAD) + _ODD * (unit != RIGHT.speed)
        for unit, factor in SPEEDS.items()
    }
    best = min(costs, key=lambda unit: costs[unit])
    return best if costs[RIGHT.speed] - costs[best] >= SURE else RIGHT.speed


def _off(value: float, usual: float, spread: float) -> float:
    """Give minus the logarithm of a log-normal density, without its constant; 0 of an unknown."""
    if not (math.isfinite(value) and value > 0.0):
        return 0.0
    return 0.5 * (math.log(value / usual) / spread) ** 2
