"""How strong must the signs be? As strong as the false alarms that the city bears allow."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np

from incidents.alert_settings import BudgetSettings
from ingest.kernels.arrays import Floats
from ingest.saved_state import SAME, SavedState, pack, unpack

SHIPPED = Path(__file__).parents[1] / "shipped" / "alarm_rates.toml"
PER_SEGMENTS = 4000
"""The rates of the shipped table are those of so many segments. Unit: count. Source: chosen, the
centre of a city."""

LEAST_SEGMENTS = 1000
"""A smaller network is taken to be so large. Unit: count. Source: chosen; a street corner bears a
false alarm now and then too."""

USUAL_FALSE, USUAL_WATCHED = 1.0, 5.0
"""False alarms, and false suspicions, that a city bears unless told. Unit: 1/h and PER_SEGMENTS
segments. Source: chosen, what a command centre follows up beside its other work."""


class AlarmRates(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What came of suspicions in labelled mornings, by the log odds that they rose to at most."""

    odds: tuple[float, ...]
    """Natural-log odds, rising."""
    false_per_hour: tuple[float, ...]
    """False suspicions an hour and PER_SEGMENTS segments that rose so high. Unit: 1/h."""
    right: tuple[float, ...]
    """Share of the suspicions that rose about so high and were right."""


@cache
def shipped_rates() -> AlarmRates:
    """Give the table that comes with the program."""
    return msgspec.convert(tomllib.loads(SHIPPED.read_text(encoding="utf-8")), AlarmRates)


class _AlarmBudgetState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    segment_count: Annotated[int, SAME]
    hours: float
    false_counts: Floats


class AlarmBudget:
    """Remembers how high suspicions rose in the city's own past, and gives the thresholds.

    The rate of false alarms at a threshold is that of the shipped table, as if it had been seen for
    `prior_hours`, and of what the city showed itself. A suspicion of its past counts as false by
    as much as such ones are wrong; incidents are so left out.
    """

    def __init__(
        self,
        segment_count: int,
        settings: BudgetSettings | None = None,
        rates: AlarmRates | None = None,
    ) -> None:
        self._settings, self._rates = settings or BudgetSettings(), rates or shipped_rates()
        self._segment_count = segment_count
        self._size = max(segment_count, LEAST_SEGMENTS) / PER_SEGMENTS
        self.hours = 0.0
        self.false_counts = np.zeros(len(self._rates.odds))  # that rose to each of the odds

    def pass_minutes(self, minutes: float) -> None:
        """Let time pass in which suspicions could have come."""
        self.hours += minutes / 60.0

    def take(self, peak_odds: float) -> None:
        """Take a suspicion that is over by the odds that it rose to."""
        wrong = 1.0 - self.probability(peak_odds)
        self.false_counts += np.where(peak_odds >= np.array(self._rates.odds), wrong, 0.0)

    @property
    def open_at(self) -> float:
        """Log odds from which a suspicion is an alarm."""
        return self._threshold(self._settings.false_alarms_per_hour, USUAL_FALSE)

    @property
    def watch_at(self) -> float:
        """Log odds from which a suspicion is on the watch list."""
        return min(self._threshold(self._settings.watched_per_hour, USUAL_WATCHED), self.open_at)

    def probability(self, odds: float) -> float:
        """Give how often suspicions that rose to such odds were right."""
        return float(np.interp(odds, self._rates.odds, self._rates.right))

    def rates(self) -> Floats:
        """Give the false suspicions an hour in this city that rise to each of the table's odds."""
        prior = self._settings.prior_hours
        shipped = np.array(self._rates.false_per_hour) * self._size
        return (prior * shipped + self.false_counts) / (prior + self.hours)

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        if state.false_counts.shape != self.false_counts.shape:
            raise ValueError(
                f"counts of {len(state.false_counts)} odds, expected {len(self.false_counts)}"
            )
        self.hours, self.false_counts = state.hours, state.false_counts

    def _threshold(self, per_hour: float | None, usual: float) -> float:
        """Give the lowest odds of the table at which the rate is within what is borne."""
        borne = usual * self._size if per_hour is None else per_hour
        odds, rates = np.array(self._rates.odds), np.minimum.accumulate(self.rates())
        if rates[-1] > borne:
            return float(odds[-1])
        at = int(np.argmax(rates <= borne))
        if at == 0:
            return float(odds[0])
        # Between two of them rates are taken to fall evenly in their logarithm.
        low, high, want = (np.log(np.maximum(r, 1e-6)) for r in (rates[at - 1], rates[at], borne))
        share = (low - want) / max(low - high, 1e-9)
        return float(odds[at - 1] + np.clip(share, 0.0, 1.0) * (odds[at] - odds[at - 1]))

    def _state(self) -> _AlarmBudgetState:
        return _AlarmBudgetState(self._segment_count, self.hours, self.false_counts)
