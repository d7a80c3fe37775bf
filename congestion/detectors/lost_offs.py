"""Does a detector of single events lose their other halves? Then it counts, but feels nothing."""

from typing import Annotated

import msgspec
import numpy as np

from ingest.kernels.arrays import Flags, Floats
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import Seconds

Minutes = Annotated[float, msgspec.Meta(ge=1, le=10_080)]
Vehicles = Annotated[float, msgspec.Meta(gt=0, le=100_000)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class LostOffsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The test of events: a detector whose ons lack their offs, or its offs their ons."""

    most_share: Share = 0.5
    """A detector loses events once more than this share of its vehicles lack an on or an off. Unit:
    share. Source: chosen, the greater part; of 72 detectors of two signals in Oregon two lose 0.74
    and 0.80 of their offs, the next one 0.32."""
    end_share: Share = 0.4
    """It is believed again where it loses less than this share. Unit: share. Source: chosen, below
    most_share by more than chance moves the share of some hundred vehicles."""
    least_vehicles: Vehicles = 100.0
    """The share is known from so many vehicles. Unit: count. Source: chosen; by chance alone a
    share of 0.32 then comes to 0.5 once in ten thousand times."""
    least_minutes: Minutes = 60.0
    """It is known from so many minutes of events. Unit: min. Source: chosen, a gateway that loses a
    stretch of events has lost no more than that of the hour."""
    doubt_share: Share = 0.25
    """An occupancy is not used, long before a fault is known, once so many of the vehicles lack an
    on or an off. Unit: share. Source: two of 72 detectors of two signals in Oregon that lose 0.23
    and 0.32 are occupied for half of the time by few vehicles; the others lie below."""
    sure_share: Share = 0.15
    """It is used again below this share. Unit: share. Source: chosen, below doubt_share."""
    whole_vehicles: Vehicles = 8.0
    """Nor is it used until so many vehicles have sent both. Unit: count. Source: chosen, of
    detectors that lose every second off 1 in 20 seems whole by then; before, they look blocked."""
    memory_minutes: Minutes = 240.0
    """Vehicles are remembered for so many minutes, older ones fade. Unit: min. Source: chosen, a
    morning."""


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
