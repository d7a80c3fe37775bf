"""How long a queue will be some minutes from now: as long as it is, between learnt bounds.

No rule that was tried erred less than "it stays" on recordings and cities left out. What is learnt
is how far that is off.
"""

from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np

from ingest.kernels.arrays import Floats

PROFILE = Path(__file__).parents[1] / "shipped" / "queue_forecast.toml"


class Horizon(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Four queues in five are between two shares of their length so many minutes later."""

    minutes: int
    low: Annotated[float, msgspec.Meta(ge=0, le=1)]
    high: Annotated[float, msgspec.Meta(ge=1)]


class ForecastModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The bounds of each horizon, and how they were learnt."""

    learnt_from: str
    learnt_how: str
    horizons: tuple[Horizon, ...]

    def bounds(self, length_m: Floats) -> tuple[Floats, Floats]:
        """Give for q queues and each horizon, q x horizons, the low and the high bound in metres.

        One queue in ten will be shorter than the low bound, one in ten longer than the high one.
        """
        low, high = np.array([(h.low, h.high) for h in self.horizons]).T
        return np.outer(length_m, low), np.outer(length_m, high)


def read_forecast_model(path: Path = PROFILE) -> ForecastModel:
    """Give the shipped model. Raises ValueError where the file is no such model."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=ForecastModel)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{path}: no model of queue forecasts: {error}") from error
