"""Fusions that a test can work out by hand, in place of the learnt model."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from congestion.region import Region
from congestion.seen.sums import of_probes
from congestion.states.features import steady_speeds
from congestion.states.fusion import Estimate
from ingest.kernels.arrays import Floats


class PlainFusion:
    """Gives the steady speed of all probes, the long memory first: nothing in it is learnt.

    A segment that nobody drove has its cold speed; of its neighbours none is taken for seen.
    """

    def __init__(self, region: Region) -> None:
        self._cold = region.cold_mps

    def estimate(self, fresh: Floats, memories: Floats) -> Estimate:
        """Give the speed of each segment, and a standard deviation of 1 m/s."""
        spans = [of_probes(sums) for sums in (*memories[::-1], fresh)]
        return Estimate(steady_speeds(self._cold, spans)[-1], np.ones(len(self._cold)))

    def seen_around(self, sums: Floats) -> npt.NDArray[np.bool_]:
        """Tell of no segment that a neighbour was seen."""
        return np.zeros(len(sums), np.bool_)


class StatedFusion(PlainFusion):
    """Gives the speeds and standard deviations (km/h) that a test states, by segment id.

    The mappings may change from minute to minute; a segment in none has its cold speed, +-3.6.
    """

    def __init__(
        self, region: Region, kmh: Mapping[str, float], std_kmh: Mapping[str, float]
    ) -> None:
        super().__init__(region)
        self._ids, self._kmh, self._std_kmh = region.segment_ids, kmh, std_kmh

    def estimate(self, fresh: Floats, memories: Floats) -> Estimate:
        """Give what is stated."""
        cold = zip(self._ids, self._cold, strict=True)
        speeds = [self._kmh.get(name, 3.6 * mps) / 3.6 for name, mps in cold]
        return Estimate(
            np.array(speeds), np.array([self._std_kmh.get(name, 3.6) / 3.6 for name in self._ids])
        )


def stated(
    kmh: Mapping[str, float], std_kmh: Mapping[str, float] | None = None
) -> Callable[[Region], StatedFusion]:
    """Give what makes an estimator's fusion of stated speeds."""
    return lambda region: StatedFusion(region, kmh, std_kmh or {})
