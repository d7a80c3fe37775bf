"""What a state estimate is made of: numbers of each segment, none of which names the segment."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from congestion.kernels.probes import DISTANCE, QUEUED, STANDING, TIME, VEHICLES
from congestion.region import Region
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
from ingest.kernels.arrays import Floats
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


class Seen:
    """What was seen in a span, of n segments, and what several features are made of.

    Each is made when it is first asked for, and once.
    """

    def __init__(self, region: Region, give: Callable[[], Floats]) -> None:
        self.region, self._give = region, give

    @cached_property
    def sums(self) -> Floats:
        """What every source saw, n x SUM_FIELDS."""
        return self._give()

    @cached_property
    def probes(self) -> Floats:
        """The n x PROBE_FIELDS sums of both fleets together."""
        return of_probes(self.sums)

    @cached_property
    def dwell(self) -> Floats:
        """See `dwell`."""
        return dwell(self.sums)

    @cached_property
    def blend(self) -> tuple[Floats, Floats]:
        """See `blend`."""
        return blend(self.sums, self.region.cold_mps)


class SpansSeen:
    """What was seen in the minute that closes and in each span of the memories behind it."""

    def __init__(self, region: Region, fresh: Floats, memories: Floats) -> None:
        """Take the minute's sums n x SUM_FIELDS, and faded ones 3 x n x SUM_FIELDS with it."""
        self.region = region
        self.named = {
            name: Seen(region, lambda sums=sums: sums)  # type: ignore[misc]
            for name, sums in zip(SPANS, (fresh, *memories), strict=True)
        }
        self.now, self.short, self.middle, self.long = self.named.values()
        # The short memory a minute ago, faded by one.
        self.before = Seen(region, lambda: self.short.sums - self.now.sums)

    @cached_property
    def steady_taxis(self) -> dict[str, Floats]:
        """The steady speed (m/s) of taxis by span, see `steady_speeds`."""
        return self._steady([of_fleet(seen.sums, OF_TAXIS) for seen in self.named.values()])

    @cached_property
    def steady(self) -> dict[str, Floats]:
        """The steady speed (m/s) of all probes by span, see `steady_speeds`."""
        return self._steady([seen.probes for seen in self.named.values()])

    def _steady(self, spans: list[Floats]) -> dict[str, Floats]:
        speeds = steady_speeds(self.region.cold_mps, spans[::-1])[::-1]
        return dict(zip(SPANS, speeds, strict=True))


Feature = Callable[[], Floats]
"""Makes one feature of n segments; called only where a model needs it."""


def fixed_features(region: Region, detector_m: Floats) -> dict[str, Floats]:
    """Give the features of segments in which no minute changes anything.

    detector_m n: from the detectors to the stop line, NaN where there is none. Missing is NaN.
    """
    return {
        "length_m": region.length_m,
        "free_seconds": region.length_m / region.limit_mps,
        "limit_kmh": region.limit_mps * KMH,
        "lanes": region.lanes,
        "road_class": region.road_class.astype(np.float64),
        "ends_at_signal": region.ends_at_signal.astype(np.float64),
        "starts_at_signal": region.starts_at_signal.astype(np.float64),
        "cold": region.cold_mps / region.limit_mps,
        "detector_to_stop_m": detector_m,
        "detector_share": detector_m / region.length_m,
        "ways_out": np.diff(region.down.offsets).astype(np.float64),
        "ways_in": np.diff(region.up.offsets).astype(np.float64),
        "bus_stops": np.diff(region.stop_offsets).astype(np.float64),
    }


def features(spans: SpansSeen) -> dict[str, Feature]:
    """Give what makes each named feature of the minute that closes.

    Speeds are shares of the limit; missing is NaN.
    """
    limit = spans.region.limit_mps
    made: dict[str, Feature] = {}
    for name, seen in {"before": spans.before, **spans.named}.items():
        of = _by_vehicles(seen, limit) | _by_road(seen, limit)
        made.update({f"{key}_{name}": feature for key, feature in of.items()})
    for name, seen in spans.named.items():
        of = _against_before(spans, name, seen)
        made.update({f"{key}_{name}": feature for key, feature in of.items()})
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


def _some(reports: Floats) -> Floats:
    return np.where(reports > 0, reports, np.nan)


def _spot(sums: Floats) -> Floats:
    return np.asarray(sums[:, SPOT_SPEED] / sums[:, SPOT_COUNT])


def _by_vehicles(seen: Seen, limit: Floats) -> dict[str, Feature]:
    return {
        **_by_probes("taxi", lambda: of_fleet(seen.sums, OF_TAXIS), limit),
        **_by_probes("bus", lambda: of_fleet(seen.sums, OF_BUSES), limit),
        **_by_probes("probe", lambda: seen.probes, limit),
    }


def _by_probes(fleet: str, give: Callable[[], Floats], limit: Floats) -> dict[str, Feature]:
    def of(field: int) -> Floats:
        return give()[:, field]

    def time() -> Floats:
        return np.where(of(TIME) > _LEAST_TIME_S, of(TIME), np.nan)

    def moving() -> Floats:
        return np.maximum(time() - of(STANDING), 1.0)

    return {
        f"{fleet}_speed": lambda: of(DISTANCE) / time() / limit,
        f"{fleet}_moving_speed": lambda: of(DISTANCE) / moving() / limit,
        f"{fleet}_queued": lambda: of(QUEUED) / time(),
        f"{fleet}_standing": lambda: (of(STANDING) - of(QUEUED)) / time(),
        f"{fleet}_time": lambda: of(TIME),
        f"{fleet}_vehicles": lambda: of(VEHICLES),
    }


def _by_road(seen: Seen, limit: Floats) -> dict[str, Feature]:
    def of(field: int) -> Floats:
        return seen.sums[:, field]

    return {
        "spot_speed": lambda: _spot(seen.sums) / limit,
        "space_speed": lambda: space_speed(seen.sums) / limit,
        "spot_count": lambda: np.where(of(REPORTED) > 0, of(SPOT_COUNT), np.nan),
        "occupancy": lambda: occupancy(seen.sums),
        "occupancy_max": lambda: of(OCCUPANCY_MAX) / _some(of(FELT)),
        "flow": lambda: flow(seen.sums),
        "lane_flow": lambda: of(FLOW) / _some(of(LANES_COUNTED)),
        "reading_age": lambda: of(AGE) / _some(of(REPORTED)),
        "pass_speed": lambda: of(PASS_SPEED) / of(PASSES) / limit,
        "pass_dwell": lambda: of(PASS_DWELL) / of(PASSES),
        "passes": lambda: np.where(of(PASSES) > 0, of(PASSES), np.nan),
    }


def _against_before(spans: SpansSeen, name: str, seen: Seen) -> dict[str, Feature]:
    region = spans.region
    return {
        "taxi_steady": lambda: spans.steady_taxis[name] / region.limit_mps,
        "steady": lambda: spans.steady[name] / region.limit_mps,
        "dwell": lambda: seen.dwell,
        "dwell_ratio": lambda: seen.dwell / spans.long.dwell,
        "tail": lambda: seen.sums[:, TAIL],
        "tail_share": lambda: seen.sums[:, TAIL] / region.length_m,
        "flow_ratio": lambda: _flow(seen.sums) / _flow(spans.middle.sums),
    }


def _flow(sums: Floats) -> Floats:
    return np.maximum(flow(sums), 1.0)
