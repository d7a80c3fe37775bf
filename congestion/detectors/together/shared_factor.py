"""Are many detectors off by one factor from all others? A wrong unit or a double count is so."""

from typing import Literal, NamedTuple

import numpy as np

from congestion.detectors.around import around
from congestion.detectors.effective_length import CAR_M
from congestion.detectors.together.settings import GatewaySettings
from congestion.region import Region
from congestion.seen.readings import MinuteReadings
from ingest.kernels.arrays import Flags, Floats, Int64s
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import KMH, MINUTE_S, Seconds
from mapmatch.network import NONE

_LEAST_SPEED_MPS = 25.0 / KMH
"""Lengths are measured at spot speeds above this. Unit: m/s. Source: as in LengthSettings."""
_MOST_OCCUPANCY = 0.15
"""And where a detector is occupied for less of the minute. Unit: share. Source: likewise."""
_VEHICLES = 16.0
"""A length is the mean of the last so many vehicles. Unit: count. Source: chosen; the mean of 16
scatters by a tenth."""
_WIDTH = 0.12
"""Detectors that are off by one factor lie so near it. Unit: none, of ln length. Source: chosen; of
simulated and radar detectors two in three lie so near what is usual."""
_EXACT = 0.07
"""Their middle lies so near the factor that it is named after. Unit: none, of ln length. Source:
chosen, half of what is between km taken for knots and a double count."""
_APART, _APART_BY_SPEED = 3.0, 1.0
"""So many times as many lie there as as near to halfway from what is usual: else it is the edge of
one broad crowd. Where their speeds are off too, as many are enough. Unit: ratio. Source: chosen; of
the edge of a crowd fewer lie farther out."""
_MIXED = 0.33
"""Traffic differs by lane and by class of road, a wrong unit does not: the share of the odd is so
many times that of any lane or class in each other. Unit: ratio. Source: chosen."""
_KIND_COUNT = 10
"""A lane or class counts where so many detectors are of it. Unit: count. Source: chosen."""
_BESIDE_COUNT = 10
"""Whether speeds are off is known from so many with others around them. Unit: count. Source:
chosen."""


Field = Literal["speed", "count", "occupancy"]


class _Factor(NamedTuple):
    log: float  # of the length that they tell, as a share of the usual one
    of: Field
    words: str


FACTORS = (
    _Factor(-np.log(1.609344), "speed", "mph taken for km/h"),
    _Factor(np.log(1.609344), "speed", "km/h converted from mph twice"),
    _Factor(-np.log(3.6), "speed", "m/s taken for km/h"),
    _Factor(np.log(3.6), "speed", "km/h converted from m/s twice"),
    _Factor(-np.log(2.0), "count", "vehicles counted twice"),
    _Factor(-np.log(2.0), "occupancy", "half the occupancy"),
)


class _SharedFactorState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    arrays: dict[str, Floats]


class SharedFactor:
    """Remembers the length of each detector's vehicles, and which are off by one factor.

    Length = speed x occupancy / flow (Dailey 1999), in free traffic. What is usual is where most
    detectors of the region lie. A unit of speed makes many vehicles exactly so much shorter, and
    their speeds as much lower than those around; a double count makes them half as long, and twice
    as many as around. A detector's own past is not asked: it may have been so from the start.
    """

    def __init__(self, region: Region, settings: GatewaySettings) -> None:
        self._settings = settings
        self._around = around(region, region.detector_segment.astype(np.int64), 8, 3, own=True)
        self._kinds: tuple[Int64s, ...] = (
            region.detector_lane.astype(np.int64),
            region.road_class[region.detector_segment].astype(np.int64),
        )
        # Summed up since the last length; by logarithm that length, its speed and its vehicles a
        # minute; 1 + the number of the factor.
        self.state = _nothing(len(self._around))

    def step(self, minute_start: Seconds, readings: MinuteReadings) -> None:
        """Take the readings that ended in a minute."""
        state = self.state
        with np.errstate(invalid="ignore"):
            is_used = (readings.counts > 0) & (readings.speeds > _LEAST_SPEED_MPS)
            is_used &= readings.occupancies < _MOST_OCCUPANCY
        for name, value in (
            ("open_m", readings.occupancies * MINUTE_S * readings.speeds),
            ("seconds", readings.counts / readings.speeds),
            ("vehicles", readings.counts),
            ("minutes", np.ones(len(is_used))),
        ):
            state[name][is_used] += value[is_used]
        at = np.flatnonzero((state["vehicles"] >= _VEHICLES) & (state["open_m"] > 0))
        state["length"][at] = np.log(state["open_m"][at] / state["vehicles"][at])
        state["speed"][at] = np.log(state["vehicles"][at] / state["seconds"][at])
        state["flow"][at] = np.log(state["vehicles"][at] / state["minutes"][at])
        for name in ("open_m", "seconds", "vehicles", "minutes"):
            state[name][at] = 0.0
        off = self._off()
        if off is not None:
            self._judge(minute_start, off)

    def begin_day(self) -> None:
        """Forget all."""
        self.state = _nothing(len(self._around))

    def are_off(self, of: Field) -> Flags:
        """Give which detectors are off in this."""
        numbers = [1 + number for number, factor in enumerate(FACTORS) if factor.of == of]
        return np.isin(self.state["factor"], numbers)

    @property
    def found(self) -> Flags:
        """Which detectors are not believed."""
        return np.asarray(self.state["factor"] > 0)

    def evidence(self, detector: int) -> tuple[Seconds, str]:
        """Give since when a detector is known to be off, and what was seen of it, for a person."""
        number = self.state["factor"][detector]
        others = int((self.state["factor"] == number).sum()) - 1
        factor = FACTORS[int(number) - 1]
        words = f"vehicles {np.exp(factor.log):.2f} times as long as usual, as at {others} others"
        return float(self.state["since"][detector]), f"{words}: {factor.words}"

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(_SharedFactorState(self.state))

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        self.state = unpack(data, _SharedFactorState(self.state)).arrays

    def _off(self) -> Floats | None:
        """Give ln of each length as a share of the usual one, NaN where unknown.

        None where too few are known, and where the usual one is less than a car's: then most are
        wrong, and nobody knows who.
        """
        length = self.state["length"]
        ordered = np.sort(length[np.isfinite(length)])
        if len(ordered) < 2 * self._settings.least_detectors:
            return None
        begins, ends = (
            np.searchsorted(ordered, ordered + way * _WIDTH, side)  # type: ignore[call-overload]
            for way, side in ((-1.0, "left"), (1.0, "right"))
        )
        densest = int(np.argmax(ends - begins))
        usual = float(np.median(ordered[begins[densest] : ends[densest]]))
        return None if usual < np.log(CAR_M) else length - usual

    def _judge(self, minute_start: Seconds, off: Floats) -> None:
        """Name those that are off by a factor which many share, and let go who is no more."""
        factor = self.state["factor"]
        least = max(
            self._settings.share * int(np.isfinite(off).sum()), self._settings.least_detectors
        )
        for number, one in enumerate(FACTORS, 1):
            mine = factor == number
            with np.errstate(invalid="ignore"):
                factor[mine & (off / one.log < 0.5)] = 0.0
            near = np.abs(off - one.log) < 1.5 * _WIDTH
            if near.sum() < least:
                continue
            if (factor == number).sum() < least and not self._is_apart(off, near, one, least):
                continue
            is_new = near & (factor == 0)
            factor[is_new], self.state["since"][is_new] = number, minute_start

    def _is_apart(self, off: Floats, near: Flags, one: _Factor, least: float) -> bool:
        """Tell whether those near a factor are a crowd of their own that traffic does not make."""
        middle = float(np.median(off[near]))
        crowd = np.abs(off - middle) < _WIDTH
        between = np.abs(off - middle / 2.0) < _WIDTH
        is_of_speed = one.of == "speed"
        apart = _APART_BY_SPEED if is_of_speed else _APART
        if abs(middle - one.log) > _EXACT or crowd.sum() < max(least, apart * between.sum()):
            return False
        slower, busier = self._beside("speed", crowd), self._beside("flow", crowd)
        if slower is None or busier is None or (slower / one.log >= 0.5) != is_of_speed:
            return False
        if is_of_speed:
            return True
        is_known = np.isfinite(off)
        are_mixed = all(_is_mixed(kind, crowd, is_known) for kind in self._kinds)
        return are_mixed and (-busier / one.log >= 0.5) == (one.of == "count")

    def _beside(self, name: str, crowd: Flags) -> float | None:
        """Give ln of what a crowd tells as shares of what others around do; None if unknown."""
        told = self.state[name]
        others = np.where(crowd, np.nan, told)
        near = self._around[crowd]
        beside = np.where(near != NONE, others[near], np.nan)
        has_any = np.isfinite(beside).any(axis=1)
        if has_any.sum() < _BESIDE_COUNT:
            return None
        return float(np.median(told[crowd][has_any] - np.nanmedian(beside[has_any], axis=1)))


def _nothing(count: int) -> dict[str, Floats]:
    none = dict.fromkeys(("open_m", "vehicles", "seconds", "minutes", "factor", "since"), 0.0)
    values = {**none, **dict.fromkeys(("length", "speed", "flow"), np.nan)}
    return {name: np.full(count, value) for name, value in values.items()}


def _is_mixed(kind: Int64s, crowd: Flags, known: Flags) -> bool:
    """Tell whether a crowd is of every kind alike, lanes or classes of roads."""
    counts = np.bincount(kind[known])
    is_many = counts >= _KIND_COUNT
    shares = np.bincount(kind[crowd], minlength=len(counts))[is_many] / counts[is_many]
    return len(shares) == 0 or bool(shares.min() >= _MIXED * shares.max())
