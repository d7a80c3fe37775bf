"""One speed a segment and minute from all sources, and how sure it is."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from congestion.profile.usual_speed import LEAST_SPREAD_MPS
from congestion.region import Region, is_open
from congestion.states.features import (
    SHORT,
    Feature,
    SpansSeen,
    blend,
    features,
    fixed_features,
    rows_of,
)
from congestion.states.neighbours import (
    LEAST_WEIGHT,
    fixed_neighbour_features,
    neighbour_features,
)
from congestion.states.plain_evidence import bounded
from congestion.states.speed_model import ModelReader, SpeedModel, shipped_model
from ingest.kernels.arrays import Flags, Floats


@dataclass(frozen=True)
class Estimate:
    """Speed and its standard deviation, one each for n segments."""

    speed_mps: Floats
    std_mps: Floats


def with_history(
    estimate: Estimate, is_historic: Flags, usual_mps: Floats, spread_mps: Floats
) -> Estimate:
    """Give the estimate, drawn to what is usual at this hour where nothing was seen for long.

    Both are weighed by the inverse of their variances. The deviation stays as it is, since neither
    of them saw the segment. Usual and spread are NaN where unknown.
    """
    known = is_historic & np.isfinite(usual_mps)
    own = estimate.std_mps**-2
    usual = np.maximum(np.nan_to_num(spread_mps), LEAST_SPREAD_MPS) ** -2
    mixed = (own * estimate.speed_mps + usual * np.nan_to_num(usual_mps)) / (own + usual)
    return Estimate(np.where(known, mixed, estimate.speed_mps), estimate.std_mps)


class Fusion:
    """Gives the estimate of a region's segments by the speed model, within plain evidence.

    It reads the model that all regions share, and remembers nothing of the minutes. What a stop
    line, a bus or a queue's tail do to each source is in the model; its features are of what is
    seen on and around a segment, and none names the segment.
    """

    def __init__(self, region: Region, model: SpeedModel | None = None) -> None:
        model, read = shipped_model() if model is None else (model, ModelReader(model))
        self._region = region
        self._names = model.features
        self._read = read
        self._evidence = model.evidence
        self._is_open = is_open(region)
        nearest = np.full(len(region), np.inf)
        np.minimum.at(nearest, region.detector_segment, region.detector_to_end_m)
        detector_m = np.where(np.isfinite(nearest), nearest, np.nan)
        fixed = fixed_features(region, detector_m) | fixed_neighbour_features(region)
        self._fixed = {name: _given(values) for name, values in fixed.items()}

    def features(self, fresh: Floats, memories: Floats) -> dict[str, Feature]:
        """Give what makes each feature, by name, from the minute's sums and the faded ones."""
        spans = SpansSeen(self._region, fresh, memories)
        return {**self._fixed, **features(spans), **neighbour_features(spans)}

    def estimate(self, fresh: Floats, memories: Floats) -> Estimate:
        """Give the estimate from the minute's sums and the faded ones."""
        rows = rows_of(self.features(fresh, memories), self._names)
        speed, std = self._read(rows, self._region.limit_mps, self._is_open)
        return Estimate(*bounded(self._region, memories[SHORT], self._evidence, speed, std))

    def seen_around(self, sums: Floats) -> npt.NDArray[np.bool_]:
        """Tell which segments have a neighbour that was seen."""
        _, weight = blend(sums, self._region.cold_mps)
        seen = (weight > LEAST_WEIGHT).astype(np.float64)
        at, of = self._region.turns_from, self._region.turns_to
        n = len(self._region)
        return np.asarray(np.bincount(at, seen[of], n) + np.bincount(of, seen[at], n) > 0)


def _given(values: Floats) -> Feature:
    return lambda: values
