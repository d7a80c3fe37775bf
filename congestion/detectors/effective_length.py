"""Do the vehicles of a detector keep their length? A sequential test of occupancy against flow."""

import math

import numpy as np
import numpy.typing as npt

from congestion.detectors.around import around
from congestion.detectors.settings.effective_length import LengthSettings
from congestion.region import Region
from ingest.kernels.arrays import Floats
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import MINUTE_S
from mapmatch.network import NONE

_LEAST_LENGTH_M = 0.01
"""A length is taken for at least this, so that its logarithm is a number. Unit: m. Source:
chosen."""
WHOLE_PERCENTS = 0.02
"""Where occupancies are whole percents, lengths are measured in minutes of which cars would take so
much: smaller shares are mostly rounded away. Unit: share. Source: chosen, two of the steps in which
they are sent."""
CAR_M = 4.0
"""A car. Unit: m. Source: chosen, the short ones."""
_RECENT = 0.25
"""What the recent change of a detector's lengths takes of a new one. Unit: share. Source: chosen,
the mean of about four lengths."""
_PRIOR_LENGTHS = 5.0
"""How much the least spread counts against lengths measured. Unit: count. Source: chosen, soon
outweighed by a detector's own."""

_STEPS = 600.0
"""Whole percents in readings of 10 s or more are multiples of one in so many of a minute. Unit:
count. Source: six readings of 100 percents."""
_STEP_ERROR = 1e-3
"""So far from a multiple an occupancy is no whole percent. Unit: steps. Source: chosen, above the
rounding of single precision."""


class _LengthTestState(SavedState, frozen=True):
    SCHEMA_VERSION = 2

    arrays: dict[str, Floats]


class LengthTest:
    """Remembers the usual length of each detector's vehicles, and the evidence of its change.

    The effective length is occupancy x speed / flow: vehicle and detection zone together. No state
    of traffic changes it while traffic moves (Dailey 1999), but its vehicles do, by hour and lane:
    so a detector is held against its own past, and only for what the detectors around it did not
    do too. A double count halves the length, a scaled occupancy scales it. A cumulative sum (Page
    1954) for either way weighs "as before" against "changed", by Laplace's law of errors, with the
    spread that the detector has shown.
    """

    def __init__(self, region: Region, settings: LengthSettings | None = None) -> None:
        self._settings = settings or LengthSettings()
        self._around = around(
            region, region.detector_segment.astype(np.int64), self._settings.around,
            self._settings.around_turns, own=True,
        )  # fmt: skip
        self.state = _nothing(len(region.detector_segment))

    def step(self, minute: float, counts: Floats, occupancies: Floats, speeds: Floats) -> None:
        """Take what each detector reported in a minute, NaN where it reported nothing."""
        state, settings = self.state, self._settings
        steps = occupancies * _STEPS
        is_fine = np.abs(steps - np.round(steps)) > _STEP_ERROR  # false where unknown
        state["is_fine"] = np.maximum(state["is_fine"], is_fine)
        with np.errstate(invalid="ignore", divide="ignore"):
            cars = counts * CAR_M / (speeds * MINUTE_S)
            is_used = (counts > 0) & (speeds > settings.least_speed_mps)
            is_used &= occupancies < settings.most_occupancy
            is_used &= (state["is_fine"] > 0) | (cars >= WHOLE_PERCENTS)
        with np.errstate(invalid="ignore"):
            is_timed = (counts > 0) & (speeds > settings.least_speed_mps) & (occupancies >= 0.0)
            is_absurd = occupancies * MINUTE_S * speeds > settings.absurd_m * counts
        state["absurd"] = np.where(
            is_timed, np.where(is_absurd, state["absurd"] + 1.0, 0.0), state["absurd"]
        )
        for name, value in (
            ("open_m", occupancies * MINUTE_S * speeds), ("vehicles", counts),
            ("minutes", np.ones(len(counts))),
        ):  # fmt: skip
            state[name][is_used] += value[is_used]
        at = np.flatnonzero(state["vehicles"] >= settings.vehicles)
        if len(at):
            self._weigh(minute, at)
            for name in ("open_m", "vehicles", "minutes"):
                state[name][at] = 0.0

    def begin_day(self) -> None:
        """Forget the lengths of detectors that are not accused; the others keep theirs."""
        is_open = self.state["is_off"] > 0
        for name, none in _nothing(len(is_open)).items():
            self.state[name][~is_open] = none[~is_open]

    @property
    def verdicts(self) -> npt.NDArray[np.int64]:
        """Give -1 where vehicles have become too short, 1 where too long, 0 elsewhere."""
        is_absurd = self.state["absurd"] >= self._settings.absurd_minutes
        way = np.where(self.state["shorter"] >= self.state["longer"], -1, 1)
        return np.where(is_absurd, 1, np.where(self.state["is_off"] > 0, way, 0))

    def since(self, minute: float) -> Floats:
        """Give when what was seen of each detector began (start of a minute), asked in `minute`."""
        state = self.state
        is_shorter = state["shorter"] >= state["longer"]
        changed = np.where(is_shorter, state["shorter_since"], state["longer_since"])
        absurd = minute - MINUTE_S * (state["absurd"] - 1.0)
        return np.where(state["absurd"] >= self._settings.absurd_minutes, absurd, changed)

    def evidence(self, detector: int) -> str:
        """Give what was seen of one detector, for a person."""
        if self.state["absurd"][detector] >= self._settings.absurd_minutes:
            minutes = self.state["absurd"][detector]
            return f"vehicles of over {self._settings.absurd_m:.0f} m in {minutes:.0f} minutes"
        usual, change = self.state["usual"][detector], self.state["change"][detector]
        sure = max(self.state["shorter"][detector], self.state["longer"][detector])
        now, before = math.exp(usual + change), math.exp(usual)
        return f"vehicles of {now:.1f} m, usual {before:.1f} m (log odds {sure:.0f})"

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(_LengthTestState(self.state))

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        self.state = unpack(data, _LengthTestState(self.state)).arrays

    def _weigh(self, minute: float, at: npt.NDArray[np.intp]) -> None:
        """Weigh the lengths that are complete, and learn them where no change is accused."""
        state, settings = self.state, self._settings
        length = np.log(np.maximum(state["open_m"][at] / state["vehicles"][at], _LEAST_LENGTH_M))
        is_first = np.isnan(state["usual"][at])
        state["usual"][at] = np.where(is_first, length, state["usual"][at])
        off = length - state["usual"][at]
        alone = off - self._shared(at, off)
        spread = self._spread()[at]
        step = math.log(settings.change)
        is_known = state["known_minutes"][at] >= settings.learn_minutes
        for name, way in (("shorter", -1.0), ("longer", 1.0)):
            since, sums = state[f"{name}_since"], state[name]
            since[at] = np.where(sums[at] <= 0.0, minute, since[at])
            gain = np.where(is_known, np.abs(alone) - np.abs(alone - way * step), 0.0) / spread
            sums[at] = np.clip(sums[at] + gain, 0.0, 1.5 * settings.evidence)
        worst = np.maximum(state["shorter"][at], state["longer"][at])
        was_off = state["is_off"][at] > 0
        state["is_off"][at] = np.where(was_off, worst > 0.0, worst >= settings.evidence)
        recent = state["change"][at]
        state["change"][at] = np.where(np.isnan(recent), off, recent + _RECENT * (off - recent))
        self._learn(at, off, alone)

    def _shared(self, at: npt.NDArray[np.intp], off: Floats) -> Floats:
        """Give how much of each change the detectors around share."""
        near = self._around[at]
        changes = np.where(near != NONE, self.state["change"][near], np.nan)
        way = np.where(off < 0.0, -1.0, 1.0)
        alike = np.sort(np.nan_to_num(changes * way[:, None], nan=-np.inf), axis=1)[:, ::-1]
        known = np.isfinite(changes).sum(axis=1)
        place = np.minimum(self._settings.alike, np.maximum(known, 1)) - 1
        shared = np.clip(alike[np.arange(len(at)), place], 0.0, np.abs(off))
        return np.asarray(way * shared)

    def _spread(self) -> Floats:
        state, prior = self.state, _PRIOR_LENGTHS
        mean = (state["off"] + prior * self._settings.spread) / (state["lengths"] + prior)
        return np.maximum(mean, self._settings.spread)

    def _learn(self, at: npt.NDArray[np.intp], off: Floats, alone: Floats) -> None:
        """Draw the usual length towards a new one, by no more than its usual spread."""
        state, settings = self.state, self._settings
        is_known = state["known_minutes"][at] >= settings.learn_minutes
        most = np.where(is_known, self._spread()[at], np.inf)
        learns = state["is_off"][at] <= 0
        minutes = state["minutes"][at]
        known = state["known_minutes"][at] + minutes
        rate = np.maximum(minutes / known, np.minimum(minutes / settings.memory_minutes, 1.0))
        step = np.where(learns, rate * np.clip(off, -most, most), 0.0)
        state["usual"][at] += step
        state["change"][at] -= step
        state["known_minutes"][at] += np.where(learns, minutes, 0.0)
        fade = np.where(learns, 1.0 - rate, 1.0)
        state["off"][at] = fade * state["off"][at] + np.where(learns, np.abs(alone), 0.0)
        state["lengths"][at] = fade * state["lengths"][at] + learns


def _nothing(count: int) -> dict[str, Floats]:
    none = dict.fromkeys(
        ("open_m", "vehicles", "minutes", "known_minutes", "off", "lengths", "shorter", "longer",
         "shorter_since", "longer_since", "is_off", "is_fine", "absurd"), 0.0,
    )  # fmt: skip
    values = {**none, "usual": np.nan, "change": np.nan}
    return {name: np.full(count, value) for name, value in values.items()}
