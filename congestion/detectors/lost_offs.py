"""Does a detector of single events lose their other halves? Then it counts, but feels nothing."""

import numpy as np

from congestion.detectors.settings.lost_offs import LostOffsSettings
from ingest.kernels.arrays import Flags, Floats
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import Seconds


class _LostOffsState(SavedState, frozen=True):
    SCHEMA_VERSION = 2

    arrays: dict[str, Floats]


class LostOffs:
    """Remembers how many vehicles each detector told by events, and how many events lacked a half.

    Its count holds, for each on is a vehicle. Its occupancy does not: where an off is lost nobody
    knows when the vehicle left, and an empty road looks blocked until the next one comes. So the
    occupancy is in doubt after the first vehicles, and the fault is named after many. Detectors
    that send readings are not tested.
    """

    def __init__(self, count: int, settings: LostOffsSettings | None = None) -> None:
        self._settings = settings or LostOffsSettings()
        names = ("vehicles", "unpaired", "minutes", "is_lost", "since", "in_doubt")
        self.state: dict[str, Floats] = {name: np.zeros(count) for name in names}

    def step(self, minute_start: Seconds, counts: Floats, unpaired: Floats | None) -> None:
        """Take a minute's vehicles and unpaired events, NaN where no events were sent."""
        if unpaired is None:
            return
        state, settings = self.state, self._settings
        is_told = np.isfinite(unpaired) & np.isfinite(counts)
        fade = 1.0 - 1.0 / settings.memory_minutes
        state["minutes"] += is_told
        for name, values in (("vehicles", counts), ("unpaired", unpaired)):
            state[name] = np.where(is_told, state[name] * fade + values, state[name])
        share = self._share()
        is_new = (share <= settings.end_share) | (is_told & (state["minutes"] == 1.0))
        state["since"] = np.where(is_new, minute_start, state["since"])
        begins = share >= settings.doubt_share
        state["in_doubt"] = _held(state["in_doubt"], begins, share >= settings.sure_share)
        is_known = state["vehicles"] >= settings.least_vehicles
        is_known &= state["minutes"] >= settings.least_minutes
        begins = is_known & (share > settings.most_share)
        state["is_lost"] = _held(state["is_lost"], begins, share >= settings.end_share)

    def begin_day(self) -> None:
        """Forget all."""
        for values in self.state.values():
            values[:] = 0.0

    def verdicts(self) -> Flags:
        """Give which detectors lose events."""
        return np.asarray(self.state["is_lost"] > 0)

    def has_no_occupancy(self, unpaired: Floats | None) -> Flags:
        """Give whose occupancy is not known: of those that lose events, and those in doubt.

        `unpaired` of a minute, as `step` takes it, tells who sends events.
        """
        state = self.state
        is_unproven = state["vehicles"] - state["unpaired"] < self._settings.whole_vehicles
        is_unproven &= np.isfinite(unpaired) if unpaired is not None else False
        return self.loses() | is_unproven

    def loses(self) -> Flags:
        """Give which detectors lose events, as far as is known by now."""
        return self.verdicts() | (self.state["in_doubt"] > 0)

    def since(self, detector: int) -> Seconds:
        """Give from which minute on too many events were lost."""
        return float(self.state["since"][detector])

    def evidence(self, detector: int) -> str:
        """Give what was seen of one detector, for a person."""
        percent = 100.0 * self._share()[detector]
        return f"{percent:.0f} % of its vehicles without on or off"

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(_LostOffsState(self.state))

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        self.state = unpack(data, _LostOffsState(self.state)).arrays

    def _share(self) -> Floats:
        """Give the share of vehicles that lack an on or an off, 0 before any came.

        A vehicle without an on is not among those counted, but its off is among the unpaired.
        """
        state = self.state
        return np.minimum(state["unpaired"] / np.maximum(state["vehicles"], 1.0), 1.0)


def _held(before: Floats, begins: Flags, stays: Flags) -> Floats:
    """Give what is true: what was and stays so, and what begins."""
    return np.where(before > 0, stays, begins).astype(np.float64)
