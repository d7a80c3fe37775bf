"""Odd lanes: empty beside a busy one, or slow although they are not full."""

import math
from dataclasses import dataclass, replace

import numpy as np

from incidents.settings import LaneSettings
from incidents.signs.lane_detectors import LaneDetectors
from ingest.kernels.arrays import Flags, Floats
from ingest.saved_state import SavedState, pack, unpack

LEAST_OPEN_SHARE = 0.05
"""The other lanes of a row carry at least this share of its vehicles. Unit: share. Source: chosen,
so that its logarithm stays finite."""
MOST_SQUARED_FALL = 1.0
"""A minute's squared distance of ln speed from the usual teaches the deviation at most so much.
Unit: none. Source: chosen, a speed 2.7 times the usual or less."""
_log_gamma = np.vectorize(math.lgamma, otypes=[np.float64])


@dataclass(frozen=True)
class LaneSigns:
    """Natural-log odds, at least 0, that each of the d detectors speaks for."""

    dead: Floats  # no vehicle in this lane while those beside it carry the traffic
    slow: Floats  # every vehicle far slower than usual here although the lane is not full
    missed: Floats  # vehicles that are usual in the time since the lane is empty
    slowest: Floats  # speed m/s of the slow minutes, NaN where not slow
    slow_minutes: Floats  # since it is slow, 0 where it is not

    def held_back(self, doubted: Flags) -> "LaneSigns":
        """Give the signs without those of lanes of which nobody knows which is which."""
        dead, slow = (np.where(doubted, 0.0, odds) for odds in (self.dead, self.slow))
        return replace(self, dead=dead, slow=slow)


class _LaneSignFinderState(SavedState, frozen=True):
    SCHEMA_VERSION = 3

    minutes: int
    arrays: dict[str, Floats]


class LaneSignFinder:
    """Remembers each lane's share of its row, its usual speed and what it did of late.

    What is usual is learnt from minutes in which nothing is odd about the lane, so that a long
    oddity does not become usual. It is forgotten with a half-life of `usual_minutes`. Takes
    minutes in order.
    """

    _FIELDS = (
        "rate", "speed_mean", "speed_spread", "speed_count", "seen", "empty_minutes",
        "expected", "beside", "beside_expected", "share", "was_full", "slow_sum",
        "slowest", "slow_minutes",
    )  # fmt: skip

    def __init__(self, detectors: LaneDetectors, settings: LaneSettings) -> None:
        self._detectors = detectors
        self._settings = settings
        d = len(detectors)
        self._minutes = 0
        self.rate = np.zeros(d)  # vehicles a minute
        self.speed_mean = np.zeros(d)  # of ln(m/s)
        self.speed_spread = np.full(d, settings.least_spread**2)
        self.speed_count = np.zeros(d)
        self.seen = np.zeros(d)  # vehicles that the usual rate is made of
        self.empty_minutes = np.zeros(d)
        self.expected = np.zeros(d)  # vehicles usual in this lane in that time
        self.beside = np.zeros(d)  # vehicles in the rest of the row since the lane is empty
        self.beside_expected = np.zeros(d)  # and how many are usual there in that time
        self.was_full = np.zeros(d)  # 1: full when last reported, none passed since
        self.share = np.zeros(d)  # of the row's vehicles, before the lane went empty
        self.slow_sum = np.zeros(d)
        self.slowest = np.full(d, np.nan)
        self.slow_minutes = np.zeros(d)

    def step(self, counts: Floats, occupancies: Floats, speeds: Floats) -> LaneSigns:
        """Take a minute of readings (d, NaN where silent); give the signs of each lane."""
        self._minutes += 1
        dead = self._follow_empty(counts, occupancies)
        slow = self._follow_speed(counts, occupancies, speeds)
        return LaneSigns(
            dead, slow, self.expected.copy(), self.slowest.copy(), self.slow_minutes.copy()
        )

    def _follow_empty(self, counts: Floats, occupancies: Floats) -> Floats:
        """Give the log odds that each lane is blocked: empty while those beside it are busy."""
        settings = self._settings
        known = np.nan_to_num(counts)
        in_row, row_rate = self._over_row(known), self._over_row(self.rate)
        is_full, has_occupancy = occupancies > settings.room_occupancy, np.isfinite(occupancies)
        self.was_full = np.where(has_occupancy, is_full, self.was_full * (known == 0))
        is_empty = (counts == 0) & (np.nan_to_num(occupancies) < settings.empty_occupancy)
        is_empty &= self.was_full == 0
        has_begun = is_empty & (self.empty_minutes == 0)
        share = np.divide(self.rate, row_rate, out=np.zeros_like(row_rate), where=row_rate > 0)
        self.share[has_begun] = share[has_begun]
        self.empty_minutes = np.where(is_empty, self.empty_minutes + 1, 0)
        self.beside = np.where(is_empty, self.beside + in_row - known, 0)
        self.beside_expected = np.where(is_empty, self.beside_expected + row_rate - self.rate, 0)
        weight = np.minimum(settings.share_weight, self._over_row(self.seen))
        dead = _log_odds_of_none(
            self.share * weight, (1 - self.share) * weight + settings.other_lanes, self.beside
        )
        dead = np.maximum(0.0, dead + self._diverted())
        is_odd = dead > settings.odd
        step = max(1 - 0.5 ** (1 / settings.usual_minutes), 1 / self._minutes)
        is_learnt = ~is_odd & ~np.isnan(counts)
        self.rate = np.where(is_learnt, self.rate + step * (known - self.rate), self.rate)
        self.seen = np.where(is_learnt, (1 - step) * self.seen + known, self.seen)
        self.expected = np.where(is_empty, self.expected + self.rate, 0)
        # There are two other explanations: fewer drive here at all, or they choose other lanes.
        # The sign is as strong as the evidence against the likelier of the two.
        dead = np.minimum(dead, self.expected / settings.count_dispersion)
        is_long = (self.empty_minutes >= settings.least_empty) & (
            self.beside >= settings.least_beside
        )
        return np.where(is_long, dead, 0.0)

    def _diverted(self) -> Floats:
        """Give the log odds that the lanes beside carry the traffic of an empty lane as well.

        Counts are Poisson, their variance inflated by signals. More vehicles than usual beside it
        speak for a blocked lane. As many as usual or fewer speak for drivers who do not need the
        lane now.
        """
        open_share = np.maximum(1 - self.share, LEAST_OPEN_SHARE)
        odds = (
            -self.beside * np.log(open_share) - self.beside_expected * self.share / open_share
        ) / self._settings.count_dispersion
        limit = self._settings.most_diverted
        return np.clip(odds, -limit, limit)

    def _over_row(self, values: Floats) -> Floats:
        """Give for each detector the sum over its row."""
        detectors = self._detectors
        sums = np.bincount(detectors.row, weights=values, minlength=detectors.row_count)
        return sums.astype(np.float64)[detectors.row]

    def _follow_speed(self, counts: Floats, occupancies: Floats, speeds: Floats) -> Floats:
        """Give the log odds that vehicles are slow in each lane although it is not full."""
        settings = self._settings
        is_seen = (np.nan_to_num(counts) > 0) & (np.nan_to_num(speeds, nan=-1.0) >= 0)
        log_speed = np.log(np.maximum(np.nan_to_num(speeds), settings.least_speed_mps))
        spread = np.sqrt(np.maximum(self.speed_spread, settings.least_spread**2))
        fall = (self.speed_mean - log_speed) / spread
        is_known = self.speed_count >= settings.least_speeds
        has_room = occupancies <= settings.room_occupancy
        is_slow = is_seen & is_known & has_room & (fall > settings.slow_spreads)
        gain = np.minimum(fall, settings.most_spreads) - settings.slow_spreads
        # A minute at the usual speed takes most of the suspicion back; a minute in a full lane
        # takes a part of it, for a queue may stand there for any reason.
        is_usual = is_seen & has_room & ~is_slow
        self.slow_sum = np.where(is_slow, self.slow_sum + gain, self.slow_sum)
        self.slow_sum = np.where(is_usual, self.slow_sum * settings.usual_left, self.slow_sum)
        self.slow_sum = np.where(
            is_seen & ~has_room, self.slow_sum * settings.full_left, self.slow_sum
        )
        is_silent = np.isnan(counts)
        self.slow_sum = np.where(is_silent, self.slow_sum * settings.silent_left, self.slow_sum)
        self.slow_sum = np.minimum(self.slow_sum, settings.most_slow)
        is_suspect = self.slow_sum > settings.suspicious
        self.slow_minutes = np.where(is_suspect, self.slow_minutes + 1, 0.0)
        self.slowest = np.where(is_slow, speeds, np.where(self.slow_sum > 0, self.slowest, np.nan))
        is_learnt = is_seen & has_room & (~is_slow | ~is_known)
        self.speed_count = self.speed_count + is_learnt
        step = np.maximum(
            1 - 0.5 ** (1 / settings.usual_minutes), 1 / np.maximum(self.speed_count, 1)
        )
        move = np.where(is_learnt, log_speed - self.speed_mean, 0.0)
        self.speed_spread = np.where(
            is_learnt,
            self.speed_spread + step * (np.minimum(move**2, MOST_SQUARED_FALL) - self.speed_spread),
            self.speed_spread,
        )
        self.speed_mean = self.speed_mean + step * move
        return self.slow_sum.copy()

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self._minutes = state.minutes
        vars(self).update(state.arrays)

    def _state(self) -> _LaneSignFinderState:
        return _LaneSignFinderState(
            self._minutes, {name: getattr(self, name) for name in self._FIELDS}
        )


def _log_odds_of_none(alpha: Floats, beta: Floats, n: Floats) -> Floats:
    """Give -ln P(none of n vehicles took a lane whose share is Beta(alpha, beta))."""
    gamma = [
        _log_gamma(np.maximum(x, 1e-9)) for x in (alpha + beta, beta + n, beta, alpha + beta + n)
    ]
    value = -(gamma[0] + gamma[1] - gamma[2] - gamma[3])
    return np.where((alpha > 0) & (beta > 0) & (n > 0), np.maximum(value, 0.0), 0.0)
