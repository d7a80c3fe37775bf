"""The speed model: sums of regression trees, shipped as a readable file with its origin."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from congestion.states.plain_evidence import ROADS, PlainEvidence
from congestion.states.trees import Forest, TreeSum
from ingest.kernels.arrays import Flags, Floats
from ingest.units import KMH

SCHEMA_VERSION = 5
_LEAST, _MOST = 0.02, 1.15
"""The speeds given are between these shares of the limit. Unit: share. Source: chosen, a crawl and
the fastest of free traffic."""
_MOST_READ = 1.3
"""Where trees correct what sensors read, a speed is at most this share of the limit. Unit: share.
Source: chosen, free traffic where the map knows too low a limit."""
_HELD_MINUTES = 2.0
"""Readings whose middle is older are held. Unit: min. Source: chosen; those of a minute are half a
minute old."""
_FREE_BASE = 0.85
"""Traffic is free from this share of the limit on. Unit: share. Source: Highway Capacity Manual,
where level of service A begins on streets."""
_JUST_UNDER = 0.97
"""A segment judged slow whose speed was read as over the bound gets this share of the bound. Unit:
share. Source: chosen, under it by more than rounding."""
MODEL = Path(__file__).parents[1] / "shipped" / "speed_model.json"
LESS = ("no probes", "no detectors")
"""What may lack on a segment: probes lately; or detectors, on it and where it is entered and left,
though probes drove it. There more trees are added up than where all is seen."""
_PROBES = "probe_time_long"
_DETECTORS = (
    "flow_now", "occupancy_long", "spot_speed_long", "down_occupancy_short", "up_occupancy_short",
    "down_spot_now", "up_spot_now",
)  # fmt: skip


class RoadTrees(msgspec.Struct, frozen=True):
    """Trees for the speed of a kind of road, its error and whether it is slow.

    `base` are features, each a speed over the limit; the first of them that is known is what the
    trees correct, except where it is plain (see `is_plain`). Without any the trees give the speed
    by themselves. `more` are trees added where something lacks, see LESS. Where nothing says
    whether a segment is slow, its speed is as it was read.
    """

    base: list[str]
    speed: TreeSum  # speed over the limit, less the base
    more: dict[str, TreeSum]
    error: TreeSum  # logarithm of the error's standard deviation, over the limit
    slow: TreeSum | None  # log odds of a speed under slow_kmh


class SpeedModel(msgspec.Struct, frozen=True):
    """Trees for a segment's speed, by kind of road (see ROADS), and how they were learnt.

    Whether a segment is slower than `slow_kmh` is what a command centre decides by, so it is learnt
    by itself: a segment is slow where the log odds of that are over `slow_from`. That takes many
    trees; they are read only where the speed was read as under `doubtful_kmh`. `evidence` bounds
    the speed by what sensors read.
    """

    format: int
    learnt_from: str
    learnt_how: str
    features: list[str]
    roads: dict[str, RoadTrees]
    slow_kmh: float
    slow_from: float
    doubtful_kmh: float
    evidence: PlainEvidence


def read_model(path: Path = MODEL) -> SpeedModel:
    """Give the model in a file. Raises ValueError where it is none, or of another format."""
    try:
        model = msgspec.json.decode(path.read_bytes(), type=SpeedModel)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{path}: no speed model: {error}") from error
    if model.format != SCHEMA_VERSION:
        raise ValueError(f"{path}: speed model of format {model.format}, expected {SCHEMA_VERSION}")
    return model


class ModelReader:
    """Reads speeds and their deviations off rows of features; holds a model's trees laid out."""

    def __init__(self, model: SpeedModel) -> None:
        self._roads = {road: _RoadReader(model, trees) for road, trees in model.roads.items()}

    def __call__(
        self, rows: npt.NDArray[np.float32], limit_mps: Floats, is_open: Flags
    ) -> tuple[Floats, Floats]:
        """Give speed and standard deviation (m/s) of each row, a segment of the limit given."""
        speed, std = np.array(limit_mps), np.array(limit_mps)
        for road, is_road in zip(ROADS, (is_open, ~is_open), strict=True):
            at = np.flatnonzero(is_road)
            if len(at):
                speed[at], std[at] = self._roads[road].read(_rows_at(rows, at), limit_mps[at])
        return speed, std


class _RoadReader:
    """The trees of one kind of road, laid out."""

    def __init__(self, model: SpeedModel, trees: RoadTrees) -> None:
        self._names = model.features
        self._base = [model.features.index(name) for name in trees.base]
        self._most = _MOST_READ if trees.base else _MOST
        self._speeds = Forest.of(trees.speed, trees.error)
        self._more = {less: Forest.of(more) for less, more in trees.more.items()}
        self._slow = None if trees.slow is None else Forest.of(trees.slow)
        self._slow_mps, self._slow_from = model.slow_kmh / KMH, model.slow_from
        self._doubtful_mps = model.doubtful_kmh / KMH

    def read(self, rows: npt.NDArray[np.float32], limit_mps: Floats) -> tuple[Floats, Floats]:
        share, error = self._speeds(rows)
        for less, more in self._more.items():
            at = np.flatnonzero(lacks(rows, self._names, less))
            share[at] += more(_rows_at(rows, at))[0]
        if self._base:
            base = base_of(rows, self._base)
            share = base + np.where(is_plain(rows, self._names, base), 0.0, share)
        speed, std = np.clip(share, _LEAST, self._most) * limit_mps, np.exp(error) * limit_mps
        if self._slow is None:
            return speed, std
        doubtful = np.flatnonzero(speed < self._doubtful_mps)
        (log_odds,) = self._slow(_rows_at(rows, doubtful))
        is_slow = np.zeros(len(rows), np.bool_)
        is_slow[doubtful] = log_odds > self._slow_from
        at_most = np.minimum(speed, _JUST_UNDER * self._slow_mps)
        at_least = np.maximum(speed, np.minimum(self._slow_mps, self._most * limit_mps))
        return np.where(is_slow, at_most, at_least), std


@cache
def shipped_model() -> tuple[SpeedModel, ModelReader]:
    """Give the model that ships and what reads it, laid out once for all regions."""
    model = read_model()
    return model, ModelReader(model)


def lacks(rows: npt.NDArray[np.float32], names: Sequence[str], less: str) -> Flags:
    """Tell where something of LESS lacks, from n rows of named features."""
    is_driven = rows[:, names.index(_PROBES)] > 0
    if less == LESS[0]:
        return ~is_driven
    is_bare = is_driven
    for name in _DETECTORS:
        is_bare = is_bare & np.isnan(rows[:, names.index(name)])
    return is_bare


def is_plain(rows: npt.NDArray[np.float32], names: Sequence[str], base: Floats) -> Flags:
    """Tell where detectors read a base that nothing should correct: a free one, or a held one.

    What detectors read of free traffic is what a segment drives. What is held from minutes ago is
    the last that is known, and the trees have learnt from what is fresh.
    """
    is_read = np.isfinite(rows[:, names.index("space_speed_now")])
    with np.errstate(invalid="ignore"):
        is_held = rows[:, names.index("reading_age_now")] > _HELD_MINUTES
    return np.asarray(is_read & (is_held | (base >= _FREE_BASE)))


def base_of(rows: npt.NDArray[np.float32], columns: Sequence[int]) -> Floats:
    """Give the first of some columns that is known in each row, 0 without; at most _MOST_READ."""
    base = np.full(len(rows), np.nan)
    for column in columns:
        base = np.where(np.isnan(base), rows[:, column], base)
    return np.minimum(np.nan_to_num(base), _MOST_READ)


def _rows_at(rows: npt.NDArray[np.float32], at: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
    """Give some of the rows, taken by column, as they lie; an index would lay them by row."""
    return rows if len(at) == len(rows) else np.take(rows.T, at, axis=1).T
