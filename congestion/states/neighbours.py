"""Features of a segment's neighbours: the ways out of it, the ways into it, and those beside it."""

from collections.abc import Callable

import numpy as np

from congestion.kernels.probes import QUEUED, STANDING, TIME
from congestion.region import Region, cold_speed
from congestion.seen.sums import (
    COUNTED,
    FELT,
    OCCUPANCY_MAX,
    SPOT_COUNT,
    TAIL,
    of_probes,
)
from congestion.states.features import (
    LONG,
    MIDDLE,
    SHORT,
    Feature,
    blend,
    dwell,
    flow,
    occupancy,
    space_speed,
    steady_speeds,
)
from ingest.kernels.arrays import Floats, Int32s

LEAST_WEIGHT = 0.05
"""A segment of which less was seen (the weight of `blend`) was not seen. Unit: share. Source:
chosen, a second of driving."""


def neighbour_features(region: Region, fresh: Floats, memories: Floats) -> dict[str, Feature]:
    """Give what makes each feature of a segment's neighbours, and of it against its usual.

    fresh n x SUM_FIELDS, memories 3 x n x SUM_FIELDS as in `features`. `down` are the segments
    that may be driven next, `up` those that may have been driven before. Missing is NaN. Speeds of
    neighbours are shares of what is to be expected of them in a free city.
    """
    cold = cold_speed(region)
    usual, usual_weight = blend(memories[LONG], cold)
    made: dict[str, Feature] = {
        "usual": lambda: usual / region.limit_mps,
        "usual_weight": lambda: usual_weight,
    }
    for name, sums in (("now", fresh), ("short", memories[SHORT]), ("middle", memories[MIDDLE])):
        speed, weight = blend(sums, cold)
        own = _against_usual(region, speed, weight, usual)
        made.update({f"{key}_{name}": feature for key, feature in own.items()})
        for side, ends in _sides(region).items():
            around = _around(region, *ends, sums, speed, weight, usual)
            made.update({f"{side}_{key}_{name}": feature for key, feature in around.items()})
    spans = [of_probes(sums) for sums in (*memories[::-1], fresh)]
    steady = steady_speeds(cold, spans)
    for side, ends in _sides(region).items():
        lasting = _lasting(region, *ends, usual / cold, steady[0] / cold, steady[-1] / cold)
        made.update({f"{side}_{key}": feature for key, feature in lasting.items()})
    made["side_steady"] = lambda: _beside(region, steady[-1] / cold)
    return made


def _sides(region: Region) -> dict[str, tuple[Int32s, Int32s]]:
    at, to = region.turns_from, region.turns_to
    return {"down": (at, to), "up": (to, at)}


def _against_usual(
    region: Region, speed: Floats, weight: Floats, usual: Floats
) -> dict[str, Feature]:
    ratio = speed / usual

    def city() -> Floats:
        share = weight * region.length_m
        total = float(share.sum())
        mean = float((ratio * share).sum()) / total if total > 0 else 1.0
        return np.full(len(region), mean)

    return {
        "blend": lambda: speed / region.limit_mps,
        "ratio": lambda: ratio,
        "city_ratio": city,
    }


def _around(
    region: Region,
    at: Int32s,
    of: Int32s,
    sums: Floats,
    speed: Floats,
    weight: Floats,
    usual: Floats,
) -> dict[str, Feature]:
    """Give the features of the neighbours `of` in one span, weighed by what was seen of each."""
    timed, probes = sums[:, SPOT_COUNT], of_probes(sums)
    time, cold = probes[:, TIME], cold_speed(region)

    def mean(values: Callable[[], Floats], weights: Floats) -> Feature:
        return lambda: region.mean_over(at, of, np.nan_to_num(values()), weights)

    def free_share() -> Floats:
        return np.where(weight > LEAST_WEIGHT, speed / cold, np.nan)

    return {
        "ratio": mean(lambda: speed / usual, weight),
        "blend": mean(lambda: speed / cold, weight),
        "occupancy": mean(lambda: occupancy(sums), sums[:, FELT]),
        "spot": mean(lambda: space_speed(sums) / region.limit_mps, timed),
        "flow": mean(lambda: flow(sums), sums[:, COUNTED]),
        "queued": mean(lambda: probes[:, QUEUED] / time, time),
        "standing": mean(lambda: probes[:, STANDING] / time, time),
        "dwell": mean(lambda: dwell(sums), np.isfinite(dwell(sums)).astype(np.float64)),
        "time": mean(lambda: time, np.ones(len(region))),
        "tail_share": mean(lambda: sums[:, TAIL] / region.length_m, np.ones(len(region))),
        "least": lambda: _extreme(np.fmin, at, free_share()[of], len(region)),
        "most": lambda: _extreme(np.fmax, at, free_share()[of], len(region)),
        "occupancy_most": lambda: _extreme(
            np.fmax, at, (sums[:, OCCUPANCY_MAX] / sums[:, FELT])[of], len(region)
        ),
    }


def _lasting(
    region: Region, at: Int32s, of: Int32s, usual: Floats, steady_long: Floats, steady: Floats
) -> dict[str, Feature]:
    """Give the features of the neighbours that need no sight of them; speeds are shares."""
    one = np.ones(len(region))

    def mean(values: Floats) -> Floats:
        return region.mean_over(at, of, values, one)

    return {
        "usual": lambda: mean(usual),
        "steady_long": lambda: mean(steady_long),
        "steady_now": lambda: mean(steady),
        "steady_least": lambda: _extreme(np.fmin, at, steady[of], len(region)),
        "steady_next_but_one": lambda: _mean_of_known(region, at, of, mean(steady)),
        "length_m": lambda: mean(region.length_m),
        "lanes": lambda: mean(region.lanes),
        "signal": lambda: mean(region.ends_at_signal.astype(np.float64)),
        "ways_in": lambda: mean(_ways_in(region)),
    }


def _ways_in(region: Region) -> Floats:
    return np.bincount(region.turns_to, minlength=len(region)).astype(np.float64)


def _beside(region: Region, steady: Floats) -> Floats:
    """Give the mean over the ways into a segment of the mean over the ways out of each."""
    out = region.mean_over(
        region.turns_from, region.turns_to, steady, np.ones(len(region), np.float64)
    )
    return _mean_of_known(region, region.turns_to, region.turns_from, out)


def _mean_of_known(region: Region, at: Int32s, of: Int32s, values: Floats) -> Floats:
    is_known = np.isfinite(values)
    return region.mean_over(at, of, np.where(is_known, values, 0.0), is_known.astype(np.float64))


def _extreme(pick: np.ufunc, at: Int32s, values: Floats, count: int) -> Floats:
    most = np.full(count, np.nan)
    pick.at(most, at, values)
    return most
