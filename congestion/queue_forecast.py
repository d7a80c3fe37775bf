"""How long a queue will be some minutes from now, by coefficients that were learnt and ship."""

from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
import numpy.typing as npt

Metres = Annotated[float, "m"]
Floats = npt.NDArray[np.float64]

PROFILE = Path(__file__).parent / "profiles" / "queue_forecast.toml"
# An old queue tells no more of its future than one of this age (minutes).
OLDEST_MINUTES = 30.0


class Horizon(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a queue's length (m) so many minutes on is made of."""

    minutes: int
    of_length: float  # share of the length now
    of_segments: Metres  # for each segment in it: one with many branches comes apart sooner
    of_age: Metres  # for each minute that it has stood: an old one stays


class ForecastModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One linear rule a horizon, and how they were learnt."""

    learnt_from: str
    learnt_how: str
    horizons: tuple[Horizon, ...]

    def lengths(self, length_m: Floats, segments: Floats, age_minutes: Floats) -> Floats:
        """Give the q x horizons metres of q queues, never below 0."""
        age = np.minimum(age_minutes, OLDEST_MINUTES)
        columns = [
            h.of_length * length_m + h.of_segments * segments + h.of_age * age
            for h in self.horizons
        ]
        return np.maximum(np.stack(columns, axis=1), 0.0)


def read_forecast_model(path: Path = PROFILE) -> ForecastModel:
    """Give the shipped model. Raises ValueError where the file is no such model."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=ForecastModel)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{path}: no model of queue forecasts: {error}") from error
