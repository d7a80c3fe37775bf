"""What a state estimate is made from: numbers of each segment, none of which name the segment."""

from collections.abc import Mapping
from typing import Annotated

import numpy as np
import numpy.typing as npt

from congestion import observation as o
from congestion.kernels.probes import DISTANCE, PROBE_FIELDS, QUEUED, STANDING, TIME, VEHICLES
from congestion.region import Region

Floats = npt.NDArray[np.float64]
Mps = Annotated[float, "m/s"]

KEEP = (0.6, 0.9, 0.985)
"""What a minute keeps of the sums before it: memories of about 2, 10 and 60 minutes."""
SHORT, MIDDLE, LONG = 0, 1, 2

# Seconds a vehicle loses at a signal on the way through a free city: half a usual red.
SIGNAL_DELAY_S = 12.0
# Seconds of driving at which a probe's speed is believed as much as a detector's.
_PROBE_TRUST_S = 20.0


def cold_speed(region: Region) -> Floats:
    """Give the speed (m/s) to expect of each free segment before anything was seen of it.

    The limit driven over its length, and the delay of the signal at its end.
    """
    seconds = region.length_m / region.limit_mps
    return region.length_m / (seconds + np.where(region.ends_at_signal, SIGNAL_DELAY_S, 0.0))


def blend(sums: Floats, cold_mps: Floats) -> tuple[Floats, Floats]:
    """Give a plain speed (m/s) of each segment from its sums, and how much was seen of it.

    Probes by distance over time, detectors at a share of their spot speed that a signal's queue
    leaves on average; nothing learnt. The weight is 0 where nothing was seen.
    """
    time = sums[:, o.TAXI + TIME] + sums[:, o.BUS + TIME]
    distance = sums[:, o.TAXI + DISTANCE] + sums[:, o.BUS + DISTANCE]
    probe_weight = time / (time + _PROBE_TRUST_S)
    spot_weight = sums[:, o.SPOT_COUNT] / (sums[:, o.SPOT_COUNT] + 2.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        probe = np.where(time > 0, distance / time, cold_mps)
        spot = np.where(sums[:, o.SPOT_COUNT] > 0, _spot(sums), cold_mps)
    weight = probe_weight + spot_weight
    mixed = (probe_weight * probe + spot_weight * np.minimum(spot, 1.2 * cold_mps)) + 0.2 * cold_mps
    return mixed / (weight + 0.2), weight


def features(
    region: Region, fresh: Floats, memories: Floats, detector_m: Floats
) -> Mapping[str, Floats]:
    """Give the named numbers of each of n segments for the minute that closes.

    fresh n x SUM_FIELDS: the minute's sums. memories 3 x n x SUM_FIELDS: faded sums, the minute
    included. detector_m n: from the detectors to the stop line, NaN where there is none. Speeds
    are shares of the limit; missing is NaN.
    """
    limit, cold = region.limit_mps, cold_speed(region)
    made: dict[str, Floats] = {
        "length_m": region.length_m,
        "free_seconds": region.length_m / limit,
        "limit_kmh": limit * 3.6,
        "lanes": region.lanes,
        "road_class": region.road_class.astype(np.float64),
        "ends_at_signal": region.ends_at_signal.astype(np.float64),
        "starts_at_signal": region.starts_at_signal.astype(np.float64),
        "cold": cold / limit,
        "detector_to_stop_m": detector_m,
        "detector_share": detector_m / region.length_m,
        "ways_out": np.bincount(region.turns_from, minlength=len(region)).astype(np.float64),
        "ways_in": np.bincount(region.turns_to, minlength=len(region)).astype(np.float64),
        "bus_stops": np.diff(region.stop_offsets).astype(np.float64),
    }
    for name, sums in (
        ("now", fresh),
        ("short", memories[SHORT]),
        ("middle", memories[MIDDLE]),
        ("long", memories[LONG]),
    ):
        made.update({f"{key}_{name}": values for key, values in _seen(sums, limit).items()})
    made.update(_around(region, fresh, memories, cold))
    return made


def _spot(sums: Floats) -> Floats:
    return np.asarray(sums[:, o.SPOT_SPEED] / sums[:, o.SPOT_COUNT])


def _seen(sums: Floats, limit: Floats) -> dict[str, Floats]:
    made: dict[str, Floats] = {}
    both = sums[:, o.TAXI : o.TAXI + PROBE_FIELDS] + sums[:, o.BUS : o.BUS + PROBE_FIELDS]
    fleets = (
        ("taxi", sums[:, o.TAXI : o.TAXI + PROBE_FIELDS]),
        ("bus", sums[:, o.BUS : o.BUS + PROBE_FIELDS]),
        ("probe", both),
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        for name, of in fleets:
            time = np.where(of[:, TIME] > 0.5, of[:, TIME], np.nan)
            moving = time - of[:, STANDING]
            made[f"{name}_speed"] = of[:, DISTANCE] / time / limit
            made[f"{name}_moving_speed"] = of[:, DISTANCE] / np.maximum(moving, 1.0) / limit
            made[f"{name}_queued"] = of[:, QUEUED] / time
            made[f"{name}_standing"] = (of[:, STANDING] - of[:, QUEUED]) / time
            made[f"{name}_time"] = of[:, TIME]
            made[f"{name}_vehicles"] = of[:, VEHICLES]
        reports = np.where(sums[:, o.REPORTED] > 0, sums[:, o.REPORTED], np.nan)
        made["spot_speed"] = _spot(sums) / limit
        made["spot_count"] = sums[:, o.SPOT_COUNT]
        made["occupancy"] = sums[:, o.OCCUPANCY] / reports
        made["occupancy_max"] = sums[:, o.OCCUPANCY_MAX] / reports
        made["flow"] = sums[:, o.FLOW] / reports
        made["pass_speed"] = sums[:, o.PASS_SPEED] / sums[:, o.PASSES] / limit
        made["pass_dwell"] = sums[:, o.PASS_DWELL] / sums[:, o.PASSES]
        made["passes"] = sums[:, o.PASSES]
    return made


def _around(region: Region, fresh: Floats, memories: Floats, cold: Floats) -> dict[str, Floats]:
    """Give how the plain speed of the segment and of its neighbours stands to what is usual."""
    usual, usual_weight = blend(memories[LONG], cold)
    made = {"usual": usual / region.limit_mps, "usual_weight": usual_weight}
    at, of = region.turns_from, region.turns_to
    for name, sums in (("now", fresh), ("short", memories[SHORT])):
        speed, weight = blend(sums, cold)
        ratio = speed / usual
        made[f"blend_{name}"] = speed / region.limit_mps
        made[f"ratio_{name}"] = ratio
        made[f"down_ratio_{name}"] = region.mean_over(at, of, ratio, weight)
        made[f"up_ratio_{name}"] = region.mean_over(of, at, ratio, weight)
        made[f"down_blend_{name}"] = region.mean_over(at, of, speed / cold, weight)
        made[f"up_blend_{name}"] = region.mean_over(of, at, speed / cold, weight)
        occupancy = sums[:, o.OCCUPANCY] / np.maximum(sums[:, o.REPORTED], 1e-9)
        heard = sums[:, o.REPORTED]
        made[f"down_occupancy_{name}"] = region.mean_over(at, of, occupancy, heard)
        made[f"up_occupancy_{name}"] = region.mean_over(of, at, occupancy, heard)
        total = float((weight * region.length_m).sum())
        city = float((ratio * weight * region.length_m).sum()) / total if total > 0 else 1.0
        made[f"city_ratio_{name}"] = np.full(len(region), city)
    return made
