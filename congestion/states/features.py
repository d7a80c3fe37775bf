"""What a state estimate is made of: numbers of each segment, none of which names the segment."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from congestion.kernels.probes import DISTANCE, QUEUED, STANDING, TIME, VEHICLES
from congestion.region import Region, cold_speed
from congestion.seen.sums import (
    AGE,
    COUNTED,
    FELT,
    FLOW,
    LANES_COUNTED,
    OCCUPANCY,
    OCCUPANCY_MAX,
    OF_BUSES,
    OF_TAXIS,
    PASS_DWELL,
    PASS_SPEED,
    PASSES,
    REPORTED,
    SPOT_COUNT,
    SPOT_PACE,
    SPOT_SPEED,
    TAIL,
    of_fleet,
    of_probes,
    probe_sum,
)
from ingest.kernels.arrays import Floats, Int32s
from ingest.units import KMH

KEEP = (0.6, 0.9, 0.985)
"""What each memory keeps of its sums from minute to minute: it reaches back about 2, 10 and 60
minutes. Unit: share. Source: chosen; the speed model is fitted to these
(benchmarks/learn/speed_model.py)."""
SHORT, MIDDLE, LONG = 0, 1, 2
SPANS = ("now", "short", "middle", "long")
"""Names of the minute that closes and of the memories behind it."""

_PROBE_TRUST_S = 20.0
"""After so much driving probes have half of their full weight. Unit: s. Source: chosen, a segment
driven once."""
_SPOT_TRUST = 2.0
"""After so many vehicles detectors have half of their full weight. Unit: count. Source: chosen, one
alone may be an outlier."""
_COLD_TRUST = 0.2
"""Weight of the speed of a free city beside what was seen. Unit: share of a full weight. Source:
chosen, nothing but a last resort."""
_MOST_SPOT_RATIO = 1.2
"""A spot speed counts up to this multiple of the speed of a free city. Unit: ratio. Source: chosen,
a signal's queue takes the rest."""
_STEADY_S = 30.0
"""After so much driving the probes of a span are believed as much as all that was known before.
Unit: s. Source: chosen, half of a minute."""
_LEAST_FLOW = 30.0
"""An occupied detector is taken to have counted at least so many. Unit: veh/h. Source: chosen, one
in two minutes."""
_LEAST_TIME_S = 0.5
"""Probes that drove for less give no speed. Unit: s. Source: chosen, so short a piece is mostly
rounding."""


def blend(sums: Floats, cold_mps: Floats) -> tuple[Floats, Floats]:
    """Give a speed (m/s) of each segment from its sums without a model, and how much was seen.

    The weighted mean of the probes' distance over time, of the detectors' spot speed and, with
    little weight, of the speed of a free city. The second number is the weight of the first two, 0
    where nothing was seen.
    """
    time = probe_sum(sums, TIME)
    distance = probe_sum(sums, DISTANCE)
    probe_weight = time / (time + _PROBE_TRUST_S)
    spot_weight = sums[:, SPOT_COUNT] / (sums[:, SPOT_COUNT] + _SPOT_TRUST)
    with np.errstate(invalid="ignore", divide="ignore"):
        probe = np.where(time > 0, distance / time, cold_mps)
        spot = np.where(sums[:, SPOT_COUNT] > 0, space_speed(sums), cold_mps)
    weight = probe_weight + spot_weight
    spot = np.minimum(spot, _MOST_SPOT_RATIO * cold_mps)
    mixed = (probe_weight * probe + spot_weight * spot) + _COLD_TRUST * cold_mps
    return mixed / (weight + _COLD_TRUST), weight


def steady_speeds(cold_mps: Floats, spans: Sequence[Floats]) -> list[Floats]:
    """Give a speed (m/s) of each span of n x PROBE_FIELDS sums; spans go from long to short.

    Distance over time, where each span begins with the speed of the one before it, as if driven for
    _STEADY_S. So a few seconds of one probe change little, and a minute of several decides.
    """
    speed, made = cold_mps, []
    for of in spans:
        speed = (of[:, DISTANCE] + _STEADY_S * speed) / (of[:, TIME] + _STEADY_S)
        made.append(speed)
    return made


def dwell(sums: Floats) -> Floats:
    """Give the seconds for which a vehicle occupied a lane's detector, NaN where not measured."""
    flow = np.maximum(sums[:, FLOW], _LEAST_FLOW * _some(sums[:, COUNTED]))
    return np.asarray(3600.0 * occupancy(sums) / flow * sums[:, LANES_COUNTED])


def occupancy(sums: Floats) -> Floats:
    """Give the mean occupancy, NaN where no detector felt any."""
    return np.asarray(sums[:, OCCUPANCY] / _some(sums[:, FELT]))


def space_speed(sums: Floats) -> Floats:
    """Give the space-mean speed (m/s) at the detectors, NaN where they timed nobody.

    Vehicles over the sum of their paces (Wardrop 1952): in stop and go traffic far below the mean
    of their speeds.
    """
    return np.asarray(sums[:, SPOT_COUNT] / _some(sums[:, SPOT_PACE]))


def flow(sums: Floats) -> Floats:
    """Give the flow (veh/h) over the lanes counted, NaN where no detector counted."""
    return np.asarray(sums[:, FLOW] / _some(sums[:, COUNTED]))


Feature = Callable[[], Floats]
"""Makes one feature of n segments; called only where a model needs it."""


def features(
    region: Region, fresh: Floats, memories: Floats, detector_m: Floats
) -> dict[str, Feature]:
    """Give what makes each named feature of the minute that closes.

    fresh n x SUM_FIELDS: the minute's sums. memories 3 x n x SUM_FIELDS: faded sums, the minute
    included. detector_m n: from the detectors to the stop line, NaN where there is none. Speeds
    are shares of the limit; missing is NaN.
    """
    limit = region.limit_mps
    made: dict[str, Feature] = {
        "length_m": lambda: region.length_m,
        "free_seconds": lambda: region.length_m / limit,
        "limit_kmh": lambda: limit * KMH,
        "lanes": lambda: region.lanes,
        "road_class": lambda: region.road_class.astype(np.float64),
        "ends_at_signal": lambda: region.ends_at_signal.astype(np.float64),
        "starts_at_signal": lambda: region.starts_at_signal.astype(np.float64),
        "cold": lambda: cold_speed(region) / limit,
        "detector_to_stop_m": lambda: detector_m,
        "detector_share": lambda: detector_m / region.length_m,
        "ways_out": lambda: _count(region, region.turns_from),
        "ways_in": lambda: _count(region, region.turns_to),
        "bus_stops": lambda: np.diff(region.stop_offsets).astype(np.float64),
    }
    before = memories[SHORT] - fresh  # the short memory a minute ago, faded by one
    spans = zip(("before", *SPANS), (before, fresh, *memories), strict=True)
    for name, sums in spans:
        seen = {
            **_by_probes("taxi", of_fleet(sums, OF_TAXIS), limit),
            **_by_probes("bus", of_fleet(sums, OF_BUSES), limit),
            **_by_probes("probe", of_probes(sums), limit),
            **_by_road(sums, limit),
        }
        made.update({f"{key}_{name}": feature for key, feature in seen.items()})
    made.update(_over_spans(region, fresh, memories))
    return made


def rows_of(made: Mapping[str, Feature], names: Sequence[str]) -> npt.NDArray[np.float32]:
    """Give the named features as n rows, which lie by column in memory.

    Raises ValueError where one is not made.
    """
    unknown = [name for name in names if name not in made]
    if unknown:
        raise ValueError(f"the speed model wants features that are not made: {', '.join(unknown)}")
    columns = np.empty((len(names), len(made[names[0]]())), np.float32)
    with np.errstate(invalid="ignore", divide="ignore"):
        for column, name in zip(columns, names, strict=True):
            column[:] = made[name]()
    return columns.T


def _count(region: Region, segments: Int32s) -> Floats:
    return np.bincount(segments, minlength=len(region)).astype(np.float64)


def _some(reports: Floats) -> Floats:
    return np.where(reports > 0, reports, np.nan)


def _spot(sums: Floats) -> Floats:
    return np.asarray(sums[:, SPOT_SPEED] / sums[:, SPOT_COUNT])


def _by_probes(fleet: str, of: Floats, limit: Floats) -> dict[str, Feature]:
    time = np.where(of[:, TIME] > _LEAST_TIME_S, of[:, TIME], np.nan)
    distance, standing, queued = of[:, DISTANCE], of[:, STANDING], of[:, QUEUED]
    return {
        f"{fleet}_speed": lambda: distance / time / limit,
        f"{fleet}_moving_speed": lambda: distance / np.maximum(time - standing, 1.0) / limit,
        f"{fleet}_queued": lambda: queued / time,
        f"{fleet}_standing": lambda: (standing - queued) / time,
        f"{fleet}_time": lambda: of[:, TIME],
        f"{fleet}_vehicles": lambda: of[:, VEHICLES],
    }


def _by_road(sums: Floats, limit: Floats) -> dict[str, Feature]:
    return {
        "spot_speed": lambda: _spot(sums) / limit,
        "space_speed": lambda: space_speed(sums) / limit,
        "spot_count": lambda: np.where(sums[:, REPORTED] > 0, sums[:, SPOT_COUNT], np.nan),
        "occupancy": lambda: occupancy(sums),
        "occupancy_max": lambda: sums[:, OCCUPANCY_MAX] / _some(sums[:, FELT]),
        "flow": lambda: flow(sums),
        "lane_flow": lambda: sums[:, FLOW] / _some(sums[:, LANES_COUNTED]),
        "reading_age": lambda: sums[:, AGE] / _some(sums[:, REPORTED]),
        "pass_speed": lambda: sums[:, PASS_SPEED] / sums[:, PASSES] / limit,
        "pass_dwell": lambda: sums[:, PASS_DWELL] / sums[:, PASSES],
        "passes": lambda: np.where(sums[:, PASSES] > 0, sums[:, PASSES], np.nan),
    }


def _over_spans(region: Region, fresh: Floats, memories: Floats) -> dict[str, Feature]:
    """Give the features that compare the spans of time."""
    cold, spans = cold_speed(region), (fresh, *memories)
    taxis = [of_fleet(sums, OF_TAXIS) for sums in reversed(spans)]
    both = [of_probes(sums) for sums in reversed(spans)]
    steady = zip(
        SPANS, steady_speeds(cold, taxis)[::-1], steady_speeds(cold, both)[::-1], strict=True
    )
    made: dict[str, Feature] = {}
    for (name, taxi_mps, both_mps), sums in zip(steady, spans, strict=True):
        of = _against_before(region, sums, memories, taxi_mps, both_mps)
        made.update({f"{key}_{name}": feature for key, feature in of.items()})
    return made


def _against_before(
    region: Region, sums: Floats, memories: Floats, taxi_mps: Floats, both_mps: Floats
) -> dict[str, Feature]:
    return {
        "taxi_steady": lambda: taxi_mps / region.limit_mps,
        "steady": lambda: both_mps / region.limit_mps,
        "dwell": lambda: dwell(sums),
        "dwell_ratio": lambda: dwell(sums) / dwell(memories[LONG]),
        "tail": lambda: sums[:, TAIL],
        "tail_share": lambda: sums[:, TAIL] / region.length_m,
        "flow_ratio": lambda: _flow(sums) / _flow(memories[MIDDLE]),
    }


def _flow(sums: Floats) -> Floats:
    return np.maximum(flow(sums), 1.0)
