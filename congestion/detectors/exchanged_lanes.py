"""Does a detector count another lane's traffic? A test by the lanes' shares of a segment's flow."""

import numpy as np

from congestion.detectors.around import around, pairs_beside
from congestion.detectors.likelihood import changed, log_odds, unlike
from congestion.detectors.settings.exchanged_lanes import ExchangedLanesSettings
from congestion.region import Region
from ingest.kernels.arrays import Flags, Floats, Int64s
from ingest.saved_state import SavedState, pack, unpack
from mapmatch.network import NONE

_CHANCE_MINUTES = 10.0
"""Two lanes that never were equal are taken to be so once in so many minutes. Unit: min. Source:
chosen, as lanes of few vehicles are."""
_SHRINK = 20.0
"""The recent shares of two lanes are drawn to the usual ones like so many vehicles. Unit: count.
Source: chosen."""
_TIMED = 5.0
"""Which of two lanes is the faster one is known from so many minutes. Unit: min. Source: chosen."""
_PRIOR = 5.0
"""Vehicles of prior belief that each of two lanes has its half. Unit: count. Source: chosen, a few
minutes of a quiet lane."""
# Of each pair of lanes: vehicles and minutes of old, those since the sum left 0, and the equality.
_MEMORY = (
    "a", "b", "minutes", "new_a", "new_b", "new_minutes", "sum", "since", "is_off",
    "faster", "timed", "new_faster", "new_timed", "recent_a", "recent_b",
    "same", "same_since", "same_minutes", "same_count", "is_copy", "copy_a", "copy_b",
    "ever_same", "ever",
)  # fmt: skip


class _ExchangedLanesState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    arrays: dict[str, Floats]


class ExchangedLanesTest:
    """Remembers how each pair of lanes shares its traffic, and the evidence that it was exchanged.

    Given the sum of both counts, the first lane's count is binomial with its usual share p; after
    an exchange with 1 - p. A cumulative sum (Page 1954) of the log likelihood ratio starts anew at
    0; what was counted since its last start is added to the usual shares only then. A blocked lane
    changes shares too, but not into the other lane's, so the shares since must fit the exchange.
    """

    def __init__(self, region: Region, settings: ExchangedLanesSettings | None = None) -> None:
        self._settings = settings or ExchangedLanesSettings()
        self._first, self._second = pairs_beside(region, self._settings.reach_m)
        self._count = len(region.detector_segment)
        self._around = around(
            region, region.detector_segment[self._first].astype(np.int64), self._settings.around,
            self._settings.around_turns, own=False,
        )  # fmt: skip
        self.state: dict[str, Floats] = {name: np.zeros(len(self._first)) for name in _MEMORY}

    def step(
        self,
        minute: float,
        has_reported: Flags,
        counts: Floats,
        occupancies: Floats,
        speeds: Floats,
        is_trusted: Flags,
    ) -> None:
        """Take each detector's minute; a pair of which one is silent or not trusted waits."""
        state, settings = self.state, self._settings
        first, second = self._first, self._second
        usable = has_reported & is_trusted & ~(occupancies > settings.most_occupancy)
        both_reported = usable[first] & usable[second]
        a, b = counts[first], counts[second]
        is_same = (a == b) & _equal(occupancies, first, second) & _equal(speeds, first, second)
        state["same_since"] = np.where(state["same"] > 0.0, state["same_since"], minute)
        self._follow_copies(both_reported, a, b, both_reported & is_same & (a > 0))
        share = (state["a"] + _PRIOR) / (state["a"] + state["b"] + 2.0 * _PRIOR)
        log_odds = np.log((1.0 - share) / share) / settings.dispersion
        is_learnt = state["minutes"] >= settings.learn_minutes
        gain = np.where(both_reported & is_learnt, (a - b) * log_odds, 0.0)
        state["since"] = np.where(state["sum"] <= 0.0, minute, state["since"])
        state["sum"] = np.clip(state["sum"] + gain, 0.0, 2.0 * settings.evidence)
        with np.errstate(invalid="ignore", divide="ignore"):
            faster = np.log(speeds[first] / speeds[second])
        is_timed = np.isfinite(faster)
        for name, value in (
            ("new_a", a), ("new_b", b), ("new_minutes", np.ones(len(a))),
            ("new_faster", np.where(is_timed, faster, 0.0)), ("new_timed", is_timed * 1.0),
        ):  # fmt: skip
            state[name] = np.where(both_reported, state[name] + value, state[name])
        keep = np.where(both_reported, 1.0 - 1.0 / settings.recent_minutes, 1.0)
        for name, value in (("recent_a", a), ("recent_b", b)):
            state[name] = keep * state[name] + np.where(both_reported, value, 0.0)
        self._judge()
        self._learn()

    def begin_day(self) -> None:
        """Forget the pairs that are not accused; the others keep their usual shares."""
        is_open = (self.state["is_off"] > 0) | (self.state["is_copy"] > 0)
        for values in self.state.values():
            values[~is_open] = 0.0

    def verdicts(self) -> Flags:
        """Give which detectors count another lane's traffic."""
        found = self.of_pairs(self.state["is_off"] > 0)
        found[self._first[self.state["copy_a"] > 0]] = True
        found[self._second[self.state["copy_b"] > 0]] = True
        return found

    @property
    def pair_count(self) -> int:
        """How many pairs of lanes there are."""
        return len(self._first)

    @property
    def compared_count(self) -> int:
        """Of how many pairs the usual shares are known, and differ enough to see an exchange."""
        return int(self._is_compared().sum())

    def of_pairs(self, pairs: Flags) -> Flags:
        """Give which detectors are of these pairs."""
        found = np.zeros(self._count, np.bool_)
        found[self._first[pairs]] = True
        found[self._second[pairs]] = True
        return found

    def pairs_of(self, detector: int) -> Flags:
        """Give which pairs are of a detector."""
        return np.asarray((self._first == detector) | (self._second == detector))

    def seems_exchanged(self, evidence: float) -> Flags:
        """Give which pairs seem exchanged on so much evidence, without what accuses one alone."""
        is_odd = self._is_compared() & (self.state["sum"] >= evidence)
        known, order = self._order()
        return np.asarray(is_odd & (~known | (order < 0.0)))

    def since(self) -> Floats:
        """Give when each accused detector's evidence began (start of a minute), 0 elsewhere."""
        began = np.zeros(self._count)
        off = np.flatnonzero(self.state["is_off"] > 0)
        began[self._first[off]] = self.state["since"][off]
        began[self._second[off]] = self.state["since"][off]
        for name, of in (("copy_a", self._first), ("copy_b", self._second)):
            copies = np.flatnonzero(self.state[name] > 0)
            began[of[copies]] = self.state["same_since"][copies]
        return began

    def evidence(self, detector: int) -> str:
        """Give what was seen of one detector, for a person."""
        mine = self.pairs_of(detector)
        pair = int(np.flatnonzero(mine)[np.argmax(self.state["sum"][mine])])
        if self.state["same"][mine].max() >= self._settings.same_minutes:
            return f"equal to the lane beside it in {self.state['same'][mine].max():.0f} minutes"
        state = self.state
        before = state["a"][pair] / max(state["a"][pair] + state["b"][pair], 1.0)
        now = state["new_a"][pair] / max(state["new_a"][pair] + state["new_b"][pair], 1.0)
        if self._second[pair] == detector:
            before, now = 1.0 - before, 1.0 - now
        return (
            f"share {now:.2f} of two lanes' vehicles, {before:.2f} before: as if exchanged "
            f"(log odds {state['sum'][pair]:.0f})"
        )

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(_ExchangedLanesState(self.state))

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        self.state = unpack(data, _ExchangedLanesState(self.state)).arrays

    def _judge(self) -> None:
        """Accuse the pairs whose evidence is enough; an accusation ends when its sum is 0 again."""
        state, settings = self.state, self._settings
        old, new = (state["a"], state["b"]), (state["new_a"], state["new_b"])
        as_before = unlike(*old, *new) / settings.dispersion
        exchanged = unlike(*old[::-1], *new) / settings.dispersion
        is_off = (state["sum"] >= settings.evidence) & (sum(new) >= settings.least_vehicles)
        is_off &= state["new_minutes"] >= settings.least_minutes
        is_off &= (as_before >= settings.least_change) & (exchanged <= settings.misfit)
        is_off &= self._is_compared() & (self._order()[1] <= 0.0)
        is_off &= self._shared() <= 0.5 * np.abs(log_odds(*new) - log_odds(*old))
        state["is_off"] = np.where(state["is_off"] > 0, state["sum"] > 0.0, is_off).astype(float)

    def _is_compared(self) -> Flags:
        """Tell of which pairs the usual shares are known, and differ enough to see an exchange."""
        state, settings = self.state, self._settings
        is_known = state["minutes"] >= settings.learn_minutes
        contrast = np.abs(log_odds(state["a"], state["b"]))
        return np.asarray(is_known & (contrast >= np.log(settings.least_contrast)))

    def _order(self) -> tuple[Flags, Floats]:
        """Tell of which pairs it is known which lane is faster, and what became of it since.

        1: it still is, -1: the other one is now, 0: that is not known.
        """
        state = self.state
        faster = state["faster"] / np.maximum(state["timed"], 1.0)
        new_faster = state["new_faster"] / np.maximum(state["new_timed"], 1.0)
        known = (state["timed"] >= _TIMED) & (np.abs(faster) >= self._settings.least_faster)
        stays = np.where(faster * new_faster > -0.4 * faster**2, 1.0, -1.0)
        return known, np.where(known & (state["new_timed"] >= _TIMED), stays, 0.0)

    def _shared(self) -> Floats:
        """Give by how much the shares of the pairs around changed too, of which so many did."""
        state, alike = self.state, self._settings.alike
        total = state["a"] + state["b"]
        weight = _SHRINK / np.maximum(total, 1.0)
        recent = state["recent_a"] + weight * state["a"], state["recent_b"] + weight * state["b"]
        change = np.abs(log_odds(*recent) - log_odds(state["a"], state["b"]))
        near = np.where(self._around != NONE, change[self._around], 0.0)
        if near.shape[1] < alike:
            return np.zeros(len(change))
        return np.asarray(np.sort(near, axis=1)[:, -alike])

    def _learn(self) -> None:
        """Add what was counted to the usual shares where nothing speaks for a fault."""
        state = self.state
        at_rest = (state["sum"] <= 0.0) & (state["same"] == 0.0)
        minutes = state["minutes"] + state["new_minutes"]
        keep = np.minimum(1.0, self._settings.memory_minutes / np.maximum(minutes, 1.0))
        for name, new in (
            ("a", "new_a"), ("b", "new_b"), ("minutes", "new_minutes"),
            ("faster", "new_faster"), ("timed", "new_timed"),
        ):  # fmt: skip
            state[name] = np.where(at_rest, (state[name] + state[new]) * keep, state[name])
            state[new] = np.where(at_rest, 0.0, state[new])

    def _follow_copies(self, both_reported: Flags, a: Floats, b: Floats, is_same: Flags) -> None:
        """Count for how long two lanes were equal, and decide which of them is the copy."""
        state, settings = self.state, self._settings
        same = np.where(is_same, state["same"] + 1.0, state["same"])
        is_own = both_reported & ~is_same & ((a > 0) | (b > 0))
        state["ever_same"] += np.where(is_own, state["same"], 0.0)
        state["ever"] += np.where(is_own, state["same"] + 1.0, 0.0)
        state["same"] = np.where(is_own, 0.0, same)
        state["same_minutes"] = np.where(
            both_reported, state["same_minutes"] + 1.0, state["same_minutes"]
        )
        state["same_count"] = np.where(both_reported, state["same_count"] + a, state["same_count"])
        for name in ("same_minutes", "same_count"):
            state[name][state["same"] == 0.0] = 0.0
        old = state["minutes"]
        now = state["same_count"], state["same_minutes"]
        change_a, change_b = (changed(state[lane], old, *now) for lane in ("a", "b"))
        is_copy = state["same"] >= settings.same_minutes
        is_copy &= state["same_count"] >= settings.same_vehicles
        chance = (state["ever_same"] + 1.0) / (state["ever"] + _CHANCE_MINUTES)
        is_copy &= -state["same"] * np.log(chance) >= settings.evidence
        is_copy &= state["minutes"] >= settings.learn_minutes
        for name, mine, its in (("copy_a", change_a, change_b), ("copy_b", change_b, change_a)):
            was = state[name] > 0.0
            chosen = mine * settings.clear_ratio >= its
            state[name] = (is_copy & np.where(state["is_copy"] > 0.0, was, chosen)).astype(float)
        state["is_copy"] = is_copy.astype(float)


def _equal(values: Floats, first: Int64s, second: Int64s) -> Flags:
    """Tell which pairs have the same value, or none both."""
    one, other = values[first], values[second]
    return (one == other) | (np.isnan(one) & np.isnan(other))
