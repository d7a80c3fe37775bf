"""Which detectors tell vehicles of another length since many others began to?"""

import numpy as np

from congestion.detectors.together.many import many_together, note_new
from congestion.detectors.together.settings import GatewaySettings
from congestion.seen.readings import MinuteReadings
from ingest.kernels.arrays import Flags, Floats
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import MINUTE_S, Seconds

_LEAST_OCCUPANCY, _MOST_OCCUPANCY = 0.001, 0.3
"""A minute of less or more occupancy tells no length. Unit: share. Source: chosen; less is none,
and where traffic stands its speed is that of the few who pass."""
_LATELY_VEHICLES = 6.0
"""What is seen lately is the mean of about so many vehicles. Unit: count. Source: chosen."""
_USUAL_LENGTH = 1.5
"""Within this factor vehicles are as long as usual. Unit: ratio. Source: chosen, a lane's vehicles
of a minute."""
_MOST_MOVE = 0.3
"""A minute teaches a known length at most so much. Unit: none, of ln length. Source: chosen."""
_LEAST_MINUTES, _MEMORY_MINUTES = 5.0, 120.0
"""A length is known from so many minutes on, and is the mean of the last so many. Unit: min.
Source: chosen."""


class _OtherLengthsState(SavedState, frozen=True):
    SCHEMA_VERSION = 2

    arrays: dict[str, Floats]


class OtherLengths:
    """Remembers the length of the vehicles at each detector, and who tells another one.

    Length = speed x occupancy / flow. When a gateway changes its unit of speed, all its vehicles
    shrink or grow in one minute; the speed of traffic does not change their length. One that is
    found is believed again once its vehicles are as long as before.
    """

    def __init__(self, count: int, settings: GatewaySettings) -> None:
        self._settings = settings
        names = ("many", "since", "mean", "minutes", "lately", "is_odd", "began", "usual_at",
                 "occupancy")  # fmt: skip
        self.state: dict[str, Floats] = {name: np.zeros(count) for name in names}
        self.state["first"] = np.zeros(1)  # since when the first that were found are odd

    @property
    def found(self) -> Flags:
        """Which detectors are not believed."""
        return np.asarray(self.state["many"] > 0)

    @property
    def doubted(self) -> Flags:
        """Which detectors have not told their usual length since the first that are found began."""
        if not self.found.any():
            return self.found
        return np.asarray(self.state["usual_at"] < self.state["first"][0])

    def step(self, minute_start: Seconds, readings: MinuteReadings) -> None:
        """Take the readings that ended in a minute."""
        state, settings = self.state, self._settings
        with np.errstate(invalid="ignore", divide="ignore"):
            occupancies = readings.occupancies
            tells = (readings.counts > 0) & (readings.speeds > 0)
            tells &= (occupancies >= _LEAST_OCCUPANCY) & (occupancies <= _MOST_OCCUPANCY)
            tells &= occupancies != state["occupancy"]  # it may be stuck
            length = readings.speeds * occupancies * MINUTE_S / readings.counts
            off = np.where(tells, np.log(length) - state["mean"], 0.0)
        state["occupancy"] = np.where(np.isfinite(occupancies), occupancies, state["occupancy"])
        is_known = state["minutes"] >= _LEAST_MINUTES
        weight = np.where(tells, np.minimum(readings.counts / _LATELY_VEHICLES, 1.0), 0.0)
        lately = np.where(is_known, state["lately"] + weight * (off - state["lately"]), 0.0)
        state["lately"] = lately
        is_odd = np.abs(lately) >= np.log(settings.other_length)
        is_usual = tells & (np.maximum(np.abs(lately), np.abs(off)) < np.log(_USUAL_LENGTH))
        state["began"] = np.where(is_odd & (state["is_odd"] == 0), minute_start, state["began"])
        state["is_odd"] = np.where(is_usual, 0.0, np.maximum(state["is_odd"], is_odd))
        state["many"][is_usual] = 0.0
        state["usual_at"][is_known & is_usual] = minute_start
        learns = tells & (state["is_odd"] == 0)
        state["minutes"] = np.where(learns, np.minimum(state["minutes"] + 1.0, _MEMORY_MINUTES),
                                    state["minutes"])  # fmt: skip
        # One that is known follows slowly, so that it does not learn another unit before it is odd.
        move = np.where(is_known, np.clip(off, -_MOST_MOVE, _MOST_MOVE), off)
        state["mean"] += np.where(learns, move / np.maximum(state["minutes"], 1.0), 0.0)
        is_long = state["is_odd"] > 0
        reporting = int((state["minutes"] >= _LEAST_MINUTES).sum())
        most = np.zeros(len(off))
        for side in (-1.0, 1.0):
            here = is_long & (np.sign(lately) == side)
            many = many_together(state["began"], here, reporting, settings)
            if many.any() and not self.found.any():
                state["first"][0] = state["began"][many > 0].min()
            # Once many have changed, those with few vehicles follow whenever they are seen to.
            here &= state["began"] >= state["first"][0]
            most = np.maximum(most, np.where(here, many.max(initial=0.0), 0.0))
        note_new(state, most, state["began"])

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(_OtherLengthsState(self.state))

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        self.state = unpack(data, _OtherLengthsState(self.state)).arrays
