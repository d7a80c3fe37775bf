"""What the estimator reads of each segment and minute, taken down as it is made."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from congestion.region import Region
from congestion.states.features import rows_of
from congestion.states.fusion import Estimate, Fusion
from congestion.states.plain_evidence import PlainEvidence
from congestion.states.speed_model import SCHEMA_VERSION, SpeedModel
from ingest.kernels.arrays import Floats

UNLEARNT = SpeedModel(SCHEMA_VERSION, "", "", [], {}, 20.0, 0.0, 0.0, PlainEvidence({}, {}))
# Of one region and minute: its n segments, and n rows of features.
Read = tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]


class FeatureReader(Fusion):
    """Appends the named features of every minute to a list, and gives the limit as the speed.

    It may read them as if the map knew no signals, or other limits.
    """

    def __init__(
        self,
        region: Region,
        names: list[str],
        read: list[Read],
        *,
        has_signals: bool = True,
        limit_factor: float = 1.0,
    ) -> None:
        region = replace(
            region,
            limit_mps=region.limit_mps * limit_factor,
            ends_at_signal=region.ends_at_signal & has_signals,
            starts_at_signal=region.starts_at_signal & has_signals,
        )
        super().__init__(region, UNLEARNT)
        self._at, self._wanted, self._read_so_far = region, names, read

    def estimate(self, fresh: Floats, memories: Floats) -> Estimate:
        """Give the limits, having read the features."""
        rows = rows_of(self.features(fresh, memories), self._wanted)
        self._read_so_far.append((self._at.segment, rows))
        speed = np.array(self._at.limit_mps)
        return Estimate(speed, speed)
