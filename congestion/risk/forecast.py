"""Which places are about to break down, minute by minute."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from congestion.risk.model import Levels, RiskModel, shipped_model
from congestion.risk.signs import PlaceMinute, RiskSignFinder
from ingest.kernels.arrays import Floats
from ingest.saved_state import restored
from mapmatch.network import Network


@dataclass(frozen=True)
class RiskMinute:
    """The forecast of one minute for n segments."""

    probability: Floats  # of a breakdown within the horizon, NaN where none is forecast
    level: Levels  # 0 to 3
    signs: Mapping[str, Floats]


class BreakdownForecast:
    """Remembers what the signs remember; minutes must come in order.

    Nothing is forecast of a place that is slow already, of a segment that is none, and where
    nothing was ever known.
    """

    def __init__(self, network: Network, model: RiskModel | None = None) -> None:
        self._signs = RiskSignFinder(network)
        self._model = model or shipped_model()

    def step(self, minute: PlaceMinute) -> RiskMinute:
        """Take a minute and give the forecast from its end on."""
        finder = self._signs
        signs = finder.step(minute)
        places = np.flatnonzero(finder.is_asked())
        probability = np.full(len(finder.is_place), np.nan)
        probability[places] = self._model.probability(signs, places)
        return RiskMinute(probability, self._model.levels(probability), signs)

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return self._signs.snapshot()

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        self._signs = restored(self._signs, data)
