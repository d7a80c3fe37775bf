"""The speed model: sums of regression trees, shipped as a readable file with its origin."""

from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from congestion.states.trees import Forest, TreeSum
from ingest.kernels.arrays import Flags, Floats
from ingest.units import KMH

SCHEMA_VERSION = 3
_LEAST, _MOST = 0.02, 1.15
"""The speeds given are between these shares of the limit. Unit: share. Source: chosen, a crawl and
the fastest of free traffic."""
_JUST_UNDER = 0.97
"""A segment judged slow whose speed was read as over the bound gets this share of the bound. Unit:
share. Source: chosen, under it by more than rounding."""
MODEL = Path(__file__).parents[1] / "shipped" / "speed_model.json"


class SpeedModel(msgspec.Struct, frozen=True):
    """Trees for a segment's speed, its error and whether it is slow, and how they were learnt.

    Whether a segment is slower than `slow_kmh` is what a command centre decides by, so it is learnt
    by itself: a segment is slow where the log odds of that are over `slow_from`. That takes many
    trees; they are read only where the speed was read as under `doubtful_kmh`.
    """

    format: int
    learnt_from: str
    learnt_how: str
    features: list[str]
    speed: TreeSum  # speed over the limit
    error: TreeSum  # logarithm of the error's standard deviation, over the limit
    slow: TreeSum  # log odds of a speed under slow_kmh
    slow_kmh: float
    slow_from: float
    doubtful_kmh: float


def read_model(path: Path = MODEL) -> SpeedModel:
    """Give the model in a file. Raises ValueError where it is none, or of another format."""
    try:
        model = msgspec.json.decode(path.read_bytes(), type=SpeedModel)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{path}: no speed model: {error}") from error
    if model.format != SCHEMA_VERSION:
        raise ValueError(f"{path}: speed model of format {model.format}, expected {SCHEMA_VERSION}")
    return model


class ModelReader:
    """Reads speeds and their deviations off rows of features; holds a model's trees laid out."""

    def __init__(self, model: SpeedModel) -> None:
        self._speeds = Forest.of(model.speed, model.error)
        self._slow = Forest.of(model.slow)
        self._slow_mps, self._slow_from = model.slow_kmh / KMH, model.slow_from
        self._doubtful_mps = model.doubtful_kmh / KMH

    def __call__(self, rows: npt.NDArray[np.float32], limit_mps: Floats) -> tuple[Floats, Floats]:
        """Give speed and standard deviation (m/s) of each row, a segment of the limit given."""
        share, error = self._speeds(rows)
        speed = np.clip(share, _LEAST, _MOST) * limit_mps
        std = np.exp(error) * limit_mps
        is_slow = self._is_slow(rows, speed)
        at_most = np.minimum(speed, _JUST_UNDER * self._slow_mps)
        at_least = np.maximum(speed, np.minimum(self._slow_mps, _MOST * limit_mps))
        return np.where(is_slow, at_most, at_least), std

    def _is_slow(self, rows: npt.NDArray[np.float32], speed_mps: Floats) -> Flags:
        doubtful = np.flatnonzero(speed_mps < self._doubtful_mps)
        # Taken by column, as the rows lie; an index would lay them by row.
        (log_odds,) = self._slow(np.take(rows.T, doubtful, axis=1).T)
        is_slow = np.zeros(len(rows), np.bool_)
        is_slow[doubtful] = log_odds > self._slow_from
        return is_slow
