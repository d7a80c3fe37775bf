"""Are vehicles missing at a detector while they pass around it? Conservation of flow as a test."""

import numpy as np

from congestion.detectors.settings.lost_flow import LostFlowSettings
from congestion.region import Region
from ingest.kernels.arrays import Flags, Floats
from ingest.saved_state import SavedState, pack, unpack

# Minutes since a detector last counted, and what was seen around it in them.
_SINCE_LAST = ("run", "beside", "beside_due", "along", "along_due", "held", "reporting")


class _LostFlowState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    arrays: dict[str, Floats]


class LostFlow:
    """Remembers each detector's flow, and what was due there and around since it last counted.

    What is due at a detector is its own flow, corrected by how the flow of the lanes beside it and
    of the segments before and after it has changed. Vehicles that the lanes beside it took over
    while a lane was blocked are not lost. Minutes without a vehicle become part of the flow only
    once a vehicle has come again.
    """

    def __init__(self, region: Region, settings: LostFlowSettings | None = None) -> None:
        self._settings = settings or LostFlowSettings()
        self._at = region.detector_segment
        self._size = len(region)
        self._come, self._go = region.turns_from, region.turns_to
        count = len(self._at)
        names = ("seen", "minutes", *_SINCE_LAST)
        self.state: dict[str, Floats] = {name: np.zeros(count) for name in names}

    @property
    def flow(self) -> Floats:
        """Vehicles a minute that each detector counted before it last fell silent."""
        state = self.state
        return np.asarray(state["seen"] / (state["minutes"] + self._settings.prior_minutes))

    def step(
        self, has_reported: Flags, counts: Floats, occupancies: Floats, is_trusted: Flags
    ) -> None:
        """Take each detector's minute, 0 where it reported nothing; trusted ones bear witness."""
        state, settings = self.state, self._settings
        flow = self.flow
        is_known = state["minutes"] >= settings.least_minutes
        witness = has_reported & is_trusted & is_known
        beside, along = self._around(np.where(witness, counts, 0.0))
        beside_due, along_due = self._around(np.where(witness, flow, 0.0))
        held = sum(self._around(np.where(witness, occupancies, 0.0)))
        reporting = sum(self._around(witness.astype(np.float64)))
        is_empty = has_reported & (counts == 0)
        for name, value in (
            ("run", np.ones(len(counts))),
            ("beside", beside),
            ("beside_due", beside_due),
            ("along", along),
            ("along_due", along_due),
            ("held", held),
            ("reporting", reporting),
        ):
            state[name] = np.where(is_empty, state[name] + value, state[name])
        has_come = has_reported & (counts > 0) & is_trusted
        minutes = state["minutes"] + state["run"] + 1.0
        keep = np.minimum(1.0, settings.memory_minutes / minutes)
        state["seen"] = np.where(has_come, (state["seen"] + counts) * keep, state["seen"])
        state["minutes"] = np.where(has_come, minutes * keep, state["minutes"])
        for name in _SINCE_LAST:
            state[name] = np.where(has_reported & (counts > 0), 0.0, state[name])

    def begin_day(self) -> None:
        """Forget for how long no vehicle came; the flows stay, so that a dead detector is found."""
        for name in _SINCE_LAST:
            self.state[name][:] = 0.0

    def lost(self) -> Floats:
        """Give how many vehicles each detector must have missed since its last one, at least."""
        state, settings = self.state, self._settings
        trust = settings.trust_vehicles
        along = (state["along"] + trust) / (state["along_due"] + trust)
        both = state["along"] + state["beside"], state["along_due"] + state["beside_due"]
        around = (both[0] + settings.alone_share * trust) / (both[1] + trust)
        due = self.flow * state["run"] * np.minimum(1.0, around)
        taken_over = np.maximum(0.0, state["beside"] - state["beside_due"] * along)
        lost = due - np.where(state["run"] < settings.closed_minutes, taken_over, 0.0)
        return np.where(state["minutes"] >= settings.least_minutes, np.maximum(lost, 0.0), 0.0)

    def passed_around(self) -> Floats:
        """Give how many vehicles passed around each detector since its last one."""
        return np.asarray(self.state["beside"] + self.state["along"])

    def occupied_around(self) -> Floats:
        """Give the mean occupancy around each detector since it last counted, 1 where unknown."""
        reporting = self.state["reporting"]
        return np.where(reporting > 0, self.state["held"] / np.maximum(reporting, 1.0), 1.0)

    def stopped_with_street(self) -> Flags:
        """Tell which detectors lost their traffic with all others of their segment, of two or more.

        A street that is closed does so. That of one detector cannot be told from a fault.
        """
        run = self.state["run"]
        knows = self.state["minutes"] >= self._settings.least_minutes
        first, last = np.full(self._size, np.inf), np.zeros(self._size)
        np.minimum.at(first, self._at[knows], run[knows])
        np.maximum.at(last, self._at[knows], run[knows])
        several = np.bincount(self._at[knows], minlength=self._size) > 1
        is_closed = several & (first > 0) & (last - first <= self._settings.street_minutes)
        return np.asarray(is_closed[self._at] & knows)

    def evidence(self, detector: int) -> str:
        """Give what was seen of one detector, for a person."""
        run, due = self.state["run"][detector], self.lost()[detector]
        seen = self.passed_around()[detector]
        return f"no vehicle in {run:.0f} minutes, {due:.0f} were due, {seen:.0f} passed around it"

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(_LostFlowState(self.state))

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        self.state = unpack(data, _LostFlowState(self.state)).arrays

    def _around(self, values: Floats) -> tuple[Floats, Floats]:
        """Give the sums over the other lanes here, and over the segments before and after."""
        here = np.bincount(self._at, values, self._size).astype(np.float64)
        after = np.bincount(self._come, here[self._go], self._size)
        along = after.astype(np.float64) + np.bincount(self._go, here[self._come], self._size)
        return here[self._at] - values, along[self._at]
