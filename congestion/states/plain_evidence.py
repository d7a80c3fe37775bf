"""What sensors read directly bounds the speed that is published: no model may say otherwise."""

import msgspec
import numpy as np

from congestion.kernels.probes import DISTANCE, TIME
from congestion.region import Region, is_open
from congestion.seen.sums import AGE, REPORTED, TIMED_COUNT, TIMED_PACE, probe_sum
from ingest.kernels.arrays import Floats
from ingest.units import KMH

SPOT_LEAST = 2.0
"""Detectors are plain evidence once they timed so many vehicles of the last two minutes. Unit:
count. Source: chosen, one alone may be an outlier."""
MOST_AGE_MINUTES = 1.5
"""Readings are plain evidence where the middle of their interval is no older. Unit: min. Source:
chosen, a minute and a half; what is held from longer intervals is left to the model."""
PROBE_LEAST_S = 60.0
"""Probes are plain evidence once they drove for so long in the last two minutes. Unit: s. Source:
chosen, one that was there for a minute or several that passed."""
_SPREADS = 2.0
"""A speed that was moved to a bound is unsure by the way it was moved over this. Unit: ratio.
Source: chosen, the speed meant and the bound are then two deviations apart."""
ROADS = ("open", "street")
"""Roads where traffic is not interrupted, see `is_open` of a region, and all others."""


class Bounds(msgspec.Struct, frozen=True):
    """Between which speeds nearly all segments are whose sensors read these, km/h each."""

    read_kmh: tuple[float, ...]
    low_kmh: tuple[float, ...]
    high_kmh: tuple[float, ...]


class PlainEvidence(msgspec.Struct, frozen=True):
    """Bounds by what detectors read and by what probes read, by kind of road, see ROADS."""

    detectors: dict[str, Bounds]
    probes: dict[str, Bounds]


def bounded(
    region: Region, recent: Floats, evidence: PlainEvidence, speed_mps: Floats, std_mps: Floats
) -> tuple[Floats, Floats]:
    """Give speeds within the bounds of what was read, and their deviations.

    recent n x SUM_FIELDS: sums of the last two minutes. Where detectors and probes contradict each
    other the model's speed stays between them.
    """
    low, high = np.zeros(len(region)), np.full(len(region), np.inf)
    with np.errstate(invalid="ignore", divide="ignore"):
        timed = recent[:, TIMED_COUNT] / recent[:, TIMED_PACE]
        is_fresh = recent[:, AGE] <= MOST_AGE_MINUTES * recent[:, REPORTED]
        driven = probe_sum(recent, DISTANCE) / probe_sum(recent, TIME)
    sources = (
        (evidence.detectors, timed, is_fresh & (recent[:, TIMED_COUNT] >= SPOT_LEAST)),
        (evidence.probes, driven, probe_sum(recent, TIME) >= PROBE_LEAST_S),
    )
    for road, is_road in zip(ROADS, (is_open(region), ~is_open(region)), strict=True):
        for bounds, read, is_plain in sources:
            if road in bounds:
                at = np.flatnonzero(is_road & is_plain)
                least, most = _between(bounds[road], read[at])
                low[at], high[at] = np.maximum(low[at], least), np.minimum(high[at], most)
    low, high = np.minimum(low, high), np.maximum(low, high)
    within = np.clip(speed_mps, low, high)
    return within, np.maximum(std_mps, np.abs(within - speed_mps) / _SPREADS)


def _between(bounds: Bounds, read_mps: Floats) -> tuple[Floats, Floats]:
    read = read_mps * KMH
    low = np.interp(read, bounds.read_kmh, bounds.low_kmh)
    # Beyond the last reading that was learnt, the bound rises with what is read.
    above = np.maximum(read - bounds.read_kmh[-1], 0.0)
    high = np.interp(read, bounds.read_kmh, bounds.high_kmh) + above
    return low / KMH, high / KMH
