"""Do the vehicles of a detector keep their lengths? A sequential test of occupancy against flow."""

from typing import Annotated

import msgspec
import numpy as np
import numpy.typing as npt

from congestion.kernels.lengths import weigh_lengths
from ingest.kernels.arrays import Floats

MetresPerSecond = Annotated[float, msgspec.Meta(ge=0, le=100)]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Minutes = Annotated[float, msgspec.Meta(gt=0, le=10_080)]
LogOdds = Annotated[float, msgspec.Meta(gt=0, le=1000)]

# Lengths by logarithm, six classes to a doubling, from 0.5 m to 2 km.
_BINS_PER_DOUBLING = 6
_SHORTEST_M, _BINS = 0.5, 72
# What a fault does to the length, in classes: 0.4, 0.5, 0.63, 2, 2.5, 4 and (percent) 100 times.
SHIFTS = np.array([-8, -6, -4, 6, 8, 12, 40])
# Longer than any train of vehicles over a detector that all drive: at any occupancy a fault.
_ABSURD_M = 100.0
# A car and the zone that feels it, until the city's own median is known.
_USUAL_LENGTH_M, _USUAL_WEIGHT = 5.0, 20.0
_NEIGHBOUR_CLASSES = np.array([0.25, 0.5, 0.25])


class LengthSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a length may be measured, and how sure the test must be.

    Only in free traffic: a vehicle standing on the detector is as long as the red. A detector's
    own lengths count against `prior_minutes` of all detectors'; what is shorter than `least_share`
    of the city's median is no vehicle and never learnt as usual. `evidence` is the log likelihood
    ratio at which the detector is accused, `most_evidence` what one minute may add to it, and
    `slack` the share of a detector's lengths that are nobody's, in either case.
    """

    least_speed_mps: MetresPerSecond = 25.0 / 3.6
    most_occupancy: Share = 0.25
    prior_minutes: Minutes = 3.0
    memory_minutes: Minutes = 240.0
    least_share: Share = 0.72
    evidence: LogOdds = 12.0
    most_evidence: LogOdds = 3.0
    slack: Share = 0.1


class LengthTest:
    """Remembers the lengths each detector has measured, and the evidence that they have changed.

    The effective length is occupancy x speed / flow: vehicle and detection zone together, which no
    traffic state changes while traffic moves (Dailey 1999).
    Counting double halves it, scaled occupancy scales it. For each shift a cumulative sum of log
    likelihood ratios (Page 1954) weighs "lengths as before" against "lengths as before, shifted";
    a detector whose sum has crossed the bound is not learnt from until it has fallen to 0 again.
    """

    def __init__(self, count: int, settings: LengthSettings | None = None) -> None:
        self._settings = settings or LengthSettings()
        self.state = _nothing(count)

    def step(self, minute: float, counts: Floats, occupancies: Floats, speeds: Floats) -> None:
        """Take what each detector said in a minute, NaN where nothing."""
        state, settings = self.state, self._settings
        with np.errstate(invalid="ignore", divide="ignore"):
            length = np.maximum(occupancies * 60.0 * speeds / counts, 1e-3)
            is_free = (counts >= 1) & (speeds > settings.least_speed_mps)
            is_free &= (occupancies < settings.most_occupancy) | (length > _ABSURD_M)
        at = np.flatnonzero(is_free)
        if not len(at):
            return
        known = self._usual()
        median = _length_of(np.searchsorted(np.cumsum(known), 0.5))
        is_vehicle = (length[at] >= settings.least_share * median) & (length[at] <= _ABSURD_M)
        weigh_lengths(
            at.astype(np.int64), _class_of(length[at]), is_vehicle, float(minute),
            settings.prior_minutes * known, SHIFTS, settings.slack, settings.most_evidence,
            settings.evidence, 1.0 - 1.0 / settings.memory_minutes, state["lengths"],
            state["shifted"], state["shifted_since"], state["is_off"],
        )  # fmt: skip
        recent = state["log_length"][at]
        log_length = np.log(length[at])
        state["log_length"][at] = np.where(
            np.isfinite(recent), recent + 0.2 * (log_length - recent), log_length
        )

    def begin_day(self) -> None:
        """Forget the detectors that are not accused; the others are held against their lengths."""
        is_open = self.state["is_off"] > 0
        for name, none in _nothing(len(is_open)).items():
            self.state[name][~is_open] = none[~is_open]

    @property
    def verdicts(self) -> npt.NDArray[np.int64]:
        """Give -1 where vehicles have become too short, 1 where too long, 0 elsewhere."""
        best = SHIFTS[self.state["shifted"].argmax(axis=1)]
        return np.where(self.state["is_off"] > 0, np.sign(best), 0)

    def since(self) -> Floats:
        """Give when the likeliest change of each detector began (start of a minute)."""
        best = self.state["shifted"].argmax(axis=1)
        return self.state["shifted_since"][np.arange(len(best)), best]

    def evidence(self, detector: int) -> str:
        """Give what was seen of one detector, for a person."""
        usual = self.state["lengths"][detector] + self._settings.prior_minutes * self._usual()
        middle = _length_of(np.searchsorted(np.cumsum(usual), 0.5 * usual.sum()))
        now = np.exp(self.state["log_length"][detector])
        sure = self.state["shifted"][detector].max()
        return f"vehicles of {now:.1f} m, usual {middle:.1f} m (log odds {sure:.0f})"

    def _usual(self) -> Floats:
        """Give how often each class of length is measured in the city."""
        everywhere = self.state["lengths"].sum(axis=0, dtype=np.float64)
        everywhere[_class_of(np.array([_USUAL_LENGTH_M]))] += _USUAL_WEIGHT
        smooth = np.convolve(everywhere, _NEIGHBOUR_CLASSES, "same")
        return np.asarray(smooth / smooth.sum())


def _nothing(count: int) -> dict[str, npt.NDArray]:
    return {
        "lengths": np.zeros((count, _BINS), np.float32),
        "shifted": np.zeros((count, len(SHIFTS))),
        "shifted_since": np.zeros((count, len(SHIFTS))),
        "log_length": np.full(count, np.nan),
        "is_off": np.zeros(count),
    }


def _class_of(length_m: Floats) -> npt.NDArray[np.int64]:
    place = np.log2(length_m / _SHORTEST_M) * _BINS_PER_DOUBLING
    return np.clip(np.floor(place), 0, _BINS - 1).astype(np.int64)


def _length_of(length_class: int | np.integer) -> float:
    return float(_SHORTEST_M * 2.0 ** ((float(length_class) + 0.5) / _BINS_PER_DOUBLING))
