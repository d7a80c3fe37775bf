"""What the estimator reads of each segment and minute, taken down as it is made."""

import numpy as np
import numpy.typing as npt

from congestion.region import Region
from congestion.states.features import rows_of
from congestion.states.fusion import Estimate, Fusion
from congestion.states.speed_model import SCHEMA_VERSION, SpeedModel
from congestion.states.trees import TreeSum
from ingest.kernels.arrays import Floats

NOTHING = TreeSum(0.0, [])
UNLEARNT = SpeedModel(SCHEMA_VERSION, "", "", [], NOTHING, NOTHING, NOTHING, 20.0, 0.0, 0.0)
# Of one region and minute: its n segments, and n rows of features.
Read = tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]


class FeatureReader(Fusion):
    """Appends the named features of every minute to a list, and gives the limit as the speed."""

    def __init__(self, region: Region, names: list[str], read: list[Read]) -> None:
        super().__init__(region, UNLEARNT)
        self._at, self._wanted, self._read_so_far = region, names, read

    def estimate(self, fresh: Floats, memories: Floats) -> Estimate:
        """Give the limits, having read the features."""
        rows = rows_of(self.features(fresh, memories), self._wanted)
        self._read_so_far.append((self._at.segment, rows))
        speed = np.array(self._at.limit_mps)
        return Estimate(speed, speed)
