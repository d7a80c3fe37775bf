"""Learns how far a segment's speed lies from what its sensors read, at most."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from congestion.region import is_open_class
from congestion.states.plain_evidence import (
    MOST_AGE_MINUTES,
    PROBE_LEAST_S,
    ROADS,
    SPOT_LEAST,
    Bounds,
    PlainEvidence,
)
from ingest.kernels.arrays import Flags, Floats

FEATURES = (
    "space_speed_short", "spot_count_short", "reading_age_now", "probe_speed_short",
    "probe_time_short", "road_class", "ends_at_signal",
)  # fmt: skip
OUTSIDE = 0.02
"""The share of segment-minutes that lie below, and above, the bounds. Source: chosen; a bound that
is crossed much more often would be a second model."""
EDGES_KMH = (0.0, 4.0, 8.0, 12.0, 18.0, 25.0, 35.0, 50.0, 70.0, 90.0, 140.0)
LEAST_MINUTES = 100
"""A step of speed with fewer segment-minutes takes those of its neighbours in. Source: chosen; two
of them lie outside."""


def fit_evidence(
    rows: npt.NDArray[np.float32],
    names: list[str],
    true_kmh: Floats,
    limit_kmh: Floats,
    is_timed: Flags,
) -> PlainEvidence:
    """Give the bounds that nearly all segment-minutes lie within, n rows of named features.

    `is_timed` are those of recordings whose detectors measure speeds.
    """
    spot, count, age, probe, time, road_class, has_signal = (
        rows[:, names.index(f)] for f in FEATURES
    )
    open_road = is_open_class(road_class.astype(np.int64)) & (has_signal == 0)
    with np.errstate(invalid="ignore"):
        plain = {
            "detectors": (spot, is_timed & (count >= SPOT_LEAST) & (age <= MOST_AGE_MINUTES)),
            "probes": (probe, time >= PROBE_LEAST_S),
        }
    made: dict[str, dict[str, Bounds]] = {}
    for source, (share, is_plain) in plain.items():
        made[source] = {}
        for road, is_road in zip(ROADS, (open_road, ~open_road), strict=True):
            at = is_road & is_plain & np.isfinite(share)
            if at.sum() >= 2 * LEAST_MINUTES:
                made[source][road] = _bounds(share[at] * limit_kmh[at], true_kmh[at])
    return PlainEvidence(**made)


def _bounds(read_kmh: Floats, true_kmh: Floats) -> Bounds:
    """Give the quantiles of the true speed by steps of what was read, none falling as it rises."""
    edges = list(EDGES_KMH)
    while len(edges) > 2 and (few := _fewest(read_kmh, edges)) is not None:
        edges.pop(few + 1 if few + 2 < len(edges) else few)
    knots, low, high = [], [], []
    for left, right in pairwise(edges):
        of = (read_kmh >= left) & (read_kmh < right)
        knots.append(float(np.median(read_kmh[of])))
        low.append(min(float(np.quantile(true_kmh[of], OUTSIDE)), knots[-1]))
        high.append(max(float(np.quantile(true_kmh[of], 1.0 - OUTSIDE)), knots[-1]))
    low = np.minimum.accumulate(low[::-1])[::-1].tolist()
    high = np.maximum.accumulate(high).tolist()
    return Bounds(*(tuple(round(v, 1) for v in of) for of in (knots, low, high)))


def _fewest(read_kmh: Floats, edges: list[float]) -> int | None:
    counts = np.histogram(read_kmh, edges)[0]
    return int(counts.argmin()) if counts.min() < LEAST_MINUTES else None
