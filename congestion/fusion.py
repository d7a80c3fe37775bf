"""One speed a segment and minute from all sources, and how sure it is."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt

from congestion.features import SHORT, blend, cold_speed
from congestion.region import Region

Mps = Annotated[float, "m/s"]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """Speed and its standard deviation, one each for n segments."""

    speed_mps: Floats
    std_mps: Floats


class Fusion:
    """Gives the estimate of a region's segments; remembers nothing from minute to minute."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._cold = cold_speed(region)

    def estimate(self, fresh: Floats, memories: Floats) -> Estimate:
        """Give the estimate from the minute's sums and the faded ones."""
        speed, weight = blend(memories[SHORT], self._cold)
        return Estimate(speed, 2.5 / np.sqrt(1.0 + weight))

    def seen_around(self, sums: Floats) -> npt.NDArray[np.bool_]:
        """Tell which segments have a neighbour that was seen."""
        _, weight = blend(sums, self._cold)
        seen = (weight > 0.05).astype(np.float64)
        at, of = self._region.turns_from, self._region.turns_to
        n = len(self._region)
        return np.asarray(np.bincount(at, seen[of], n) + np.bincount(of, seen[at], n) > 0)
