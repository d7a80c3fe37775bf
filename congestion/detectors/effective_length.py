"""Do the vehicles of a detector keep their length? A sequential test of occupancy against flow."""

from typing import Annotated

import msgspec
import numpy as np
import numpy.typing as npt

from congestion.kernels.lengths import weigh_lengths
from ingest.kernels.arrays import Floats, Floats32
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import MINUTE_S

MetresPerSecond = Annotated[float, msgspec.Meta(ge=0, le=100)]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Minutes = Annotated[float, msgspec.Meta(gt=0, le=10_080)]
LogOdds = Annotated[float, msgspec.Meta(gt=0, le=1000)]

_BINS_PER_DOUBLING = 6
"""Classes of length to a doubling. Unit: count. Source: chosen, 12 % a class; cars differ by
more."""
_SHORTEST_M = 0.5
"""Where the first class begins. Unit: m. Source: chosen, a tenth of a car."""
_BINS = 72
"""Classes of length, up to 2 km. Unit: count. Source: chosen, a hundred times a lorry in
percent."""
SHIFTS = np.array([-8, -6, -4, 6, 8, 12, 40])
"""What a fault does to the length: 0.4, 0.5, 0.63, 2, 2.5, 4 and (percent) 100 times. Unit:
classes. Source: chosen, counts doubled or halved, occupancies scaled or in percent."""
_ABSURD_M = 100.0
"""A length beyond this is a fault at any occupancy. Unit: m. Source: chosen, longer than any train
of vehicles that drives over a detector without a gap."""
_USUAL_LENGTH_M = 5.0
"""A car and the zone that detects it, until the city's own lengths are known. Unit: m. Source:
chosen, a car of 4 to 5 m."""
_USUAL_WEIGHT = 20.0
"""How much that counts against lengths measured in the city. Unit: min. Source: chosen, soon
outweighed by a city's detectors."""
_NEIGHBOUR_CLASSES = np.array([0.25, 0.5, 0.25])
"""How the city's lengths are spread over the classes beside theirs. Unit: share. Source: chosen, as
in the kernel."""
_LENGTH_GAIN = 0.2
"""What the latest length of a detector takes of a new one, by logarithm; only for its evidence in
words. Unit: share. Source: chosen, the mean of about five minutes."""
_LEAST_LENGTH_M = 1e-3
"""A length is taken for at least this, so that its logarithm is a number. Unit: m. Source:
chosen."""


class LengthSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The test of lengths: a detector whose vehicles became shorter or longer has a fault."""

    least_speed_mps: MetresPerSecond = 25.0 / 3.6
    """Lengths are measured in free traffic, at spot speeds above this: a vehicle that stands on the
    detector seems as long as the red. Unit: m/s. Source: chosen, 25 km/h."""
    most_occupancy: Share = 0.25
    """Lengths are measured where the detector is occupied for less of the minute, and where they
    are beyond 100 m. Unit: share. Source: chosen, about the occupancy at which flow is at
    capacity."""
    prior_minutes: Minutes = 3.0
    """A detector's own lengths count against so many minutes of all detectors'. Unit: min. Source:
    chosen on the recordings of shanghai-core with faults put in (benchmarks/detector_faults.py)."""
    memory_minutes: Minutes = 240.0
    """So many minutes with a length are remembered of a detector, older ones fade. Unit: min.
    Source: chosen, a morning."""
    least_share: Share = 0.72
    """What is shorter than this share of the city's median length is no vehicle, and never learnt
    as usual. Unit: share. Source: chosen, half way by logarithm to the half that a double count
    makes."""
    evidence: LogOdds = 12.0
    """At this log likelihood ratio for a change of length the detector is accused. Unit: log odds.
    Source: chosen on the recordings of shanghai-core with faults put in
    (benchmarks/detector_faults.py)."""
    most_evidence: LogOdds = 3.0
    """One minute adds at most so much to the evidence for a change of length. Unit: log odds.
    Source: chosen, a fault takes four minutes at least."""
    slack: Share = 0.1
    """This share of a detector's lengths may be of any class, with or without a fault. Unit: share.
    Source: chosen on the recordings of shanghai-core with faults put in
    (benchmarks/detector_faults.py)."""


class _LengthTestState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    lengths: Floats32
    others: dict[str, Floats]


class LengthTest:
    """Remembers the lengths that each detector measured, and the evidence that they have changed.

    The effective length is occupancy x speed / flow: vehicle and detection zone together. No state
    of traffic changes it while traffic moves (Dailey 1999). A double count halves it, a scaled
    occupancy scales it. For each shift a cumulative sum of log likelihood ratios (Page 1954) weighs
    "lengths as before" against "lengths as before, shifted". A detector whose sum has crossed the
    bound teaches nothing until its sums have fallen to 0 again.
    """

    def __init__(self, count: int, settings: LengthSettings | None = None) -> None:
        self._settings = settings or LengthSettings()
        self.state = _nothing(count)

    def step(self, minute: float, counts: Floats, occupancies: Floats, speeds: Floats) -> None:
        """Take what each detector reported in a minute, NaN where it reported nothing."""
        state, settings = self.state, self._settings
        with np.errstate(invalid="ignore", divide="ignore"):
            length = np.maximum(occupancies * MINUTE_S * speeds / counts, _LEAST_LENGTH_M)
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
            np.isfinite(recent), recent + _LENGTH_GAIN * (log_length - recent), log_length
        )

    def begin_day(self) -> None:
        """Forget the lengths of detectors that are not accused; the others keep theirs."""
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

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._saved())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._saved())
        self.state = {"lengths": state.lengths, **state.others}

    def _saved(self) -> _LengthTestState:
        others = {name: values for name, values in self.state.items() if name != "lengths"}
        return _LengthTestState(self.state["lengths"], others)

    def _usual(self) -> Floats:
        """Give the share of each class among the lengths measured in the city."""
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
