"""How long a queue will be some minutes from now, by coefficients that were learnt and ship."""

from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

PROFILE = Path(__file__).parent / "profiles" / "queue_forecast.toml"
# A queue of more segments tells no more of its future than one of so many.
MOST_SEGMENTS = 20.0


class Horizon(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a queue's length so many minutes on is made of."""

    minutes: int
    of_length: float  # share of the length now
    of_segments: float  # of it for each segment: a queue with many branches comes apart sooner


class ForecastModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One linear rule a horizon, and how they were learnt."""

    learnt_from: str
    learnt_how: str
    horizons: tuple[Horizon, ...]

    def lengths(self, length_m: Floats, segments: Floats) -> Floats:
        """Give the q x horizons metres of q queues, never below 0."""
        counted = np.minimum(segments, MOST_SEGMENTS)
        shares = [h.of_length + h.of_segments * counted for h in self.horizons]
        return np.maximum(np.stack(shares, axis=1), 0.0) * length_m[:, None]


def read_forecast_model(path: Path = PROFILE) -> ForecastModel:
    """Give the shipped model. Raises ValueError where the file is no such model."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=ForecastModel)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{path}: no model of queue forecasts: {error}") from error
