"""A learnt sum of trees, shipped as a readable file that says how it was learnt."""

from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from congestion.kernels.trees import sum_trees

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.uint32]

FORMAT = 2
# Speeds given are never outside these shares of the limit.
_LEAST, _MOST = 0.02, 1.15
# What is told to be slow, though its speed was read as just over, gets this share of the bound.
_JUST_UNDER = 0.97
MODEL = Path(__file__).parent / "profiles" / "speed_model.json"


class Tree(msgspec.Struct, frozen=True):
    """One tree in arrays of equal length, node 0 the root.

    A row goes to node `child` if its number of `feature` (an index into the model's features) is
    at most `threshold`, else to the node after it; where its number is missing, as `nan_left`
    says. A leaf has feature -1 and a `value`.
    """

    feature: list[int]
    threshold: list[float]
    nan_left: list[bool]
    child: list[int]
    value: list[float]

    def depth(self) -> int:
        """Give the number of steps from the root to the deepest leaf."""
        depths = [0] * len(self.feature)
        for node in reversed(range(len(self.feature))):
            if self.feature[node] >= 0:
                first = self.child[node]
                depths[node] = 1 + max(depths[first], depths[first + 1])
        return depths[0]


class TreeSum(msgspec.Struct, frozen=True):
    """What is added up: a start value and trees."""

    start: float
    trees: list[Tree]


class SpeedModel(msgspec.Struct, frozen=True):
    """How speed over limit and its error are read off a segment's features, and how learnt.

    Whether a segment is slower than `slow_kmh` is what a command centre decides by, and is learnt
    by itself: it is where the log odds of that are over `slow_from`.
    """

    format: int
    learnt_from: str
    learnt_how: str
    features: list[str]
    speed: TreeSum  # speed over the limit
    error: TreeSum  # logarithm of the error's standard deviation, over the limit
    slow: TreeSum  # log odds of a speed under slow_kmh
    slow_kmh: float
    slow_from: float


def read_model(path: Path = MODEL) -> SpeedModel:
    """Give the model in a file. Raises ValueError where it is none, or of another format."""
    try:
        model = msgspec.json.decode(path.read_bytes(), type=SpeedModel)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{path}: no speed model: {error}") from error
    if model.format != FORMAT:
        raise ValueError(f"{path}: speed model of format {model.format}, expected {FORMAT}")
    return model


@dataclass(frozen=True)
class Forest:
    """A sum of trees laid out flat for the kernel; see `sum_trees` for its arrays."""

    start: float
    roots: Counts
    depths: Counts
    column: Counts
    threshold: npt.NDArray[np.float32]
    nan_goes_right: Counts
    child: Counts
    value: Floats

    @classmethod
    def of(cls, trees: TreeSum) -> "Forest":
        """Lay the trees out one after another; a child comes after its parent."""
        sizes = [len(tree.feature) for tree in trees.trees]
        roots = np.cumsum([0, *sizes])[:-1].astype(np.uint32)

        def flat(name: str, dtype: type) -> npt.NDArray:
            return np.array([x for tree in trees.trees for x in getattr(tree, name)], dtype)

        feature = flat("feature", np.int32)
        is_leaf = feature < 0
        child = flat("child", np.uint32) + np.repeat(roots, sizes)
        largest = np.finfo(np.float32).max
        threshold = np.clip(flat("threshold", np.float64), -largest, largest).astype(np.float32)
        return cls(
            start=trees.start,
            roots=roots,
            depths=np.array([tree.depth() for tree in trees.trees], np.uint32),
            column=np.where(is_leaf, 0, feature).astype(np.uint32),
            threshold=np.where(is_leaf, np.float32(np.inf), threshold),
            nan_goes_right=np.where(is_leaf | flat("nan_left", np.bool_), 0, 1).astype(np.uint32),
            child=np.where(is_leaf, np.arange(len(feature), dtype=np.uint32), child),
            value=flat("value", np.float64),
        )

    def __call__(self, rows: npt.NDArray[np.float32]) -> Floats:
        """Give the sum for each row of features."""
        sums = np.full(len(rows), self.start)
        sum_trees(
            rows,
            self.roots,
            self.depths,
            self.column,
            self.threshold,
            self.nan_goes_right,
            self.child,
            self.value,
            sums,
        )
        return sums


class ModelReader:
    """Reads speeds and their standard deviations off rows of features, by a model's trees."""

    def __init__(self, model: SpeedModel) -> None:
        self._speed, self._error = Forest.of(model.speed), Forest.of(model.error)
        self._slow = Forest.of(model.slow)
        self._slow_mps, self._slow_from = model.slow_kmh / 3.6, model.slow_from

    def __call__(self, rows: npt.NDArray[np.float32], limit_mps: Floats) -> tuple[Floats, Floats]:
        """Give speed and standard deviation (m/s) of each row, a segment of the limit given."""
        speed = np.clip(self._speed(rows), _LEAST, _MOST) * limit_mps
        std = np.exp(self._error(rows)) * limit_mps
        is_slow = self._slow(rows) > self._slow_from
        at_most = np.minimum(speed, _JUST_UNDER * self._slow_mps)
        at_least = np.maximum(speed, np.minimum(self._slow_mps, _MOST * limit_mps))
        return np.where(is_slow, at_most, at_least), std
