"""Are the lanes of many places exchanged since the same minutes? Their gateway does so."""

import numpy as np

from congestion.detectors.exchanged_lanes import ExchangedLanesTest
from congestion.detectors.together.many import many_together, note_new
from congestion.detectors.together.settings import GatewaySettings
from ingest.kernels.arrays import Flags, Floats
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import Seconds

_EVIDENCE = 4.0
"""A pair counts from this log likelihood ratio of "exchanged" against "as before" on. Unit: log
odds. Source: chosen; of 1,500 pairs of shanghai-core 15 came to it in an hour, no three of them
since the same two minutes."""


class _ExchangesState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    arrays: dict[str, Floats]


class Exchanges:
    """Remembers which pairs of lanes seem exchanged since the same minutes as many others.

    One is believed again once its shares are as they were. While any is found, nobody knows which
    lane is which.
    """

    def __init__(self, lanes: ExchangedLanesTest, settings: GatewaySettings) -> None:
        self._settings = settings
        self.state: dict[str, Floats] = {
            name: np.zeros(lanes.pair_count) for name in ("many", "since")
        }

    def step(self, lanes: ExchangedLanesTest) -> None:
        """Take what a minute's readings say of each pair."""
        state, since = self.state, lanes.state["since"]
        state["many"][lanes.state["sum"] <= 0.0] = 0.0
        is_odd = lanes.seems_exchanged(_EVIDENCE)
        note_new(state, many_together(since, is_odd, lanes.compared_count, self._settings), since)

    def begin_day(self) -> None:
        """Forget all."""
        for values in self.state.values():
            values[:] = 0.0

    def found(self, lanes: ExchangedLanesTest) -> Flags:
        """Give which detectors are of lanes that seem exchanged with many others."""
        return lanes.of_pairs(self.state["many"] > 0)

    def evidence(self, detector: int, lanes: ExchangedLanesTest) -> tuple[Seconds, str]:
        """Give since when a detector's lanes seem exchanged, and what was seen, for a person."""
        mine = lanes.pairs_of(detector) & (self.state["many"] > 0)
        pair = int(np.flatnonzero(mine)[0])
        others = self.state["many"][pair] - 1.0
        words = f"lanes exchanged since the same minutes as those of {others:.0f} other pairs"
        return float(self.state["since"][pair]), words

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(_ExchangesState(self.state))

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        self.state = unpack(data, _ExchangesState(self.state)).arrays
