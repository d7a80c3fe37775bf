"""A learnt sum of trees, shipped as a readable file that says how it was learnt."""

from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from congestion.trees import Forest, TreeSum

Floats = npt.NDArray[np.float64]

FORMAT = 2
# Speeds given are never outside these shares of the limit.
_LEAST, _MOST = 0.02, 1.15
# What is told to be slow, though its speed was read as just over, gets this share of the bound.
_JUST_UNDER = 0.97
MODEL = Path(__file__).parent / "profiles" / "speed_model.json"


class SpeedModel(msgspec.Struct, frozen=True):
    """How speed over limit and its error are read off a segment's features, and how learnt.

    Whether a segment is slower than `slow_kmh` is what a command centre decides by, and is learnt
    by itself: it is where the log odds of that are over `slow_from`.
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


def read_model(path: Path = MODEL) -> SpeedModel:
    """Give the model in a file. Raises ValueError where it is none, or of another format."""
    try:
        model = msgspec.json.decode(path.read_bytes(), type=SpeedModel)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{path}: no speed model: {error}") from error
    if model.format != FORMAT:
        raise ValueError(f"{path}: speed model of format {model.format}, expected {FORMAT}")
    return model


class ModelReader:
    """Reads speeds and their standard deviations off rows of features, by a model's trees."""

    def __init__(self, model: SpeedModel) -> None:
        self._forest = Forest.of(model.speed, model.error, model.slow)
        self._slow_mps, self._slow_from = model.slow_kmh / 3.6, model.slow_from

    def __call__(self, rows: npt.NDArray[np.float32], limit_mps: Floats) -> tuple[Floats, Floats]:
        """Give speed and standard deviation (m/s) of each row, a segment of the limit given."""
        share, error, log_odds = self._forest(rows)
        speed = np.clip(share, _LEAST, _MOST) * limit_mps
        std = np.exp(error) * limit_mps
        is_slow = log_odds > self._slow_from
        at_most = np.minimum(speed, _JUST_UNDER * self._slow_mps)
        at_least = np.maximum(speed, np.minimum(self._slow_mps, _MOST * limit_mps))
        return np.where(is_slow, at_most, at_least), std
