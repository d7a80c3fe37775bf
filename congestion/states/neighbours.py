"""Features of a segment's neighbours: the ways out of it, the ways into it, and those beside it."""

from collections.abc import Callable
from functools import cache

import numpy as np

from congestion.kernels.probes import QUEUED, STANDING, TIME
from congestion.region import Neighbours, Region
from congestion.seen.sums import COUNTED, FELT, OCCUPANCY_MAX, SPOT_COUNT, TAIL
from congestion.states.features import Feature, Seen, SpansSeen, flow, occupancy, space_speed
from ingest.kernels.arrays import Floats

LEAST_WEIGHT = 0.05
"""A segment of which less was seen (the weight of `blend`) was not seen. Unit: share. Source:
chosen, a second of driving."""


def fixed_neighbour_features(region: Region) -> dict[str, Floats]:
    """Give the features of segments' neighbours in which no minute changes anything.

    `down` are the segments that may be driven next, `up` those that may have been driven before.
    """
    ways_in = np.diff(region.up.offsets).astype(np.float64)
    return {
        f"{side}_{name}": around.mean(values)
        for side, around in _sides(region).items()
        for name, values in (
            ("length_m", region.length_m),
            ("lanes", region.lanes),
            ("signal", region.ends_at_signal.astype(np.float64)),
            ("ways_in", ways_in),
        )
    }


def neighbour_features(spans: SpansSeen) -> dict[str, Feature]:
    """Give what makes each feature of a segment's neighbours, and of it against its usual.

    Missing is NaN. Speeds of neighbours are shares of what is to be expected of them in a free
    city.
    """
    region, long = spans.region, spans.long
    made: dict[str, Feature] = {
        "usual": lambda: long.blend[0] / region.limit_mps,
        "usual_weight": lambda: long.blend[1],
    }
    for name, seen in (("now", spans.now), ("short", spans.short), ("middle", spans.middle)):
        own = _against_usual(seen, long)
        made.update({f"{key}_{name}": feature for key, feature in own.items()})
        for side, around in _sides(region).items():
            of = _around(around, seen, long)
            made.update({f"{side}_{key}_{name}": feature for key, feature in of.items()})
    for side, around in _sides(region).items():
        lasting = _lasting(around, spans)
        made.update({f"{side}_{key}": feature for key, feature in lasting.items()})
    made["side_steady"] = lambda: _beside(region, spans.steady["now"] / region.cold_mps)
    return made


def _sides(region: Region) -> dict[str, Neighbours]:
    return {"down": region.down, "up": region.up}


def _against_usual(seen: Seen, long: Seen) -> dict[str, Feature]:
    region = seen.region

    def ratio() -> Floats:
        return seen.blend[0] / long.blend[0]

    def city() -> Floats:
        share = seen.blend[1] * region.length_m
        total = float(share.sum())
        mean = float((ratio() * share).sum()) / total if total > 0 else 1.0
        return np.full(len(region), mean)

    return {
        "blend": lambda: seen.blend[0] / region.limit_mps,
        "ratio": ratio,
        "city_ratio": city,
    }


def _around(around: Neighbours, seen: Seen, long: Seen) -> dict[str, Feature]:
    """Give the features of the neighbours in one span, weighed by what was seen of each."""
    region, sums = seen.region, seen.sums

    def mean(values: Callable[[], Floats], weights: Callable[[], Floats]) -> Feature:
        return lambda: around.mean(values(), weights())

    def probes(field: int) -> Floats:
        return seen.probes[:, field]

    def free_share() -> Floats:
        speed, weight = seen.blend
        return np.where(weight > LEAST_WEIGHT, speed / region.cold_mps, np.nan)

    def felt_most() -> Floats:
        return np.asarray(sums[:, OCCUPANCY_MAX] / sums[:, FELT])

    def weight() -> Floats:
        return seen.blend[1]

    def time() -> Floats:
        return probes(TIME)

    return {
        "ratio": mean(lambda: seen.blend[0] / long.blend[0], weight),
        "blend": mean(lambda: seen.blend[0] / region.cold_mps, weight),
        "occupancy": mean(lambda: occupancy(sums), lambda: sums[:, FELT]),
        "spot": mean(lambda: space_speed(sums) / region.limit_mps, lambda: sums[:, SPOT_COUNT]),
        "flow": mean(lambda: flow(sums), lambda: sums[:, COUNTED]),
        "queued": mean(lambda: probes(QUEUED) / time(), time),
        "standing": mean(lambda: probes(STANDING) / time(), time),
        "dwell": mean(lambda: seen.dwell, lambda: np.isfinite(seen.dwell).astype(np.float64)),
        "time": lambda: around.mean(time()),
        "tail_share": lambda: around.mean(sums[:, TAIL] / region.length_m),
        "least": lambda: around.least(free_share()),
        "most": lambda: around.most(free_share()),
        "occupancy_most": lambda: around.most(felt_most()),
    }


def _lasting(around: Neighbours, spans: SpansSeen) -> dict[str, Feature]:
    """Give the features of the neighbours that need no sight of them; speeds are shares."""
    cold = spans.region.cold_mps

    @cache
    def steady_now() -> Floats:
        return around.mean(spans.steady["now"] / cold)

    return {
        "usual": lambda: around.mean(spans.long.blend[0] / cold),
        "steady_long": lambda: around.mean(spans.steady["long"] / cold),
        "steady_now": steady_now,
        "steady_least": lambda: around.least(spans.steady["now"] / cold),
        "steady_next_but_one": lambda: _mean_of_known(around, steady_now()),
    }


def _beside(region: Region, steady: Floats) -> Floats:
    """Give the mean over the ways into a segment of the mean over the ways out of each."""
    return _mean_of_known(region.up, region.down.mean(steady))


def _mean_of_known(around: Neighbours, values: Floats) -> Floats:
    return around.mean(values, np.isfinite(values).astype(np.float64))
