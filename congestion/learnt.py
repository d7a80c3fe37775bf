"""A learnt sum of trees, shipped as a readable file that says how it was learnt."""

from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from congestion.kernels.trees import sum_trees

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

MODEL = Path(__file__).parent / "profiles" / "speed_model.json"


class Tree(msgspec.Struct, frozen=True):
    """One tree in arrays of equal length, node 0 the root.

    `feature` is an index into the model's features, -1 in a leaf; a row goes `left` if its number
    is at most `threshold` (missing: as `nan_left` says), else `right`; `value` is a leaf's.
    """

    feature: list[int]
    threshold: list[float]
    nan_left: list[bool]
    left: list[int]
    right: list[int]
    value: list[float]


class TreeSum(msgspec.Struct, frozen=True):
    """What is added up: a start value and trees."""

    start: float
    trees: list[Tree]


class SpeedModel(msgspec.Struct, frozen=True):
    """How speed over limit and its error are read off a segment's features, and how learnt."""

    format: int
    learnt_from: str
    learnt_how: str
    features: list[str]
    speed: TreeSum  # speed over the limit
    error: TreeSum  # logarithm of the error's standard deviation, over the limit


def read_model(path: Path = MODEL) -> SpeedModel:
    """Give the model in a file. Raises ValueError where it is none, or of another format."""
    try:
        model = msgspec.json.decode(path.read_bytes(), type=SpeedModel)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{path}: no speed model: {error}") from error
    if model.format != 1:
        raise ValueError(f"{path}: speed model of format {model.format}, expected 1")
    return model


@dataclass(frozen=True)
class Forest:
    """A sum of trees laid out flat for the kernel."""

    start: float
    roots: Ints
    column: Ints
    threshold: npt.NDArray[np.float32]
    nan_goes_left: npt.NDArray[np.bool_]
    left: Ints
    right: Ints
    value: Floats

    @classmethod
    def of(cls, trees: TreeSum) -> "Forest":
        """Lay the trees out one after another."""
        sizes = [len(tree.feature) for tree in trees.trees]
        roots = np.cumsum([0, *sizes])[:-1].astype(np.int32)
        shift = np.repeat(roots, sizes)

        largest = np.finfo(np.float32).max

        def flat(name: str, dtype: type) -> npt.NDArray:
            return np.array([x for tree in trees.trees for x in getattr(tree, name)], dtype)

        threshold = np.clip(flat("threshold", np.float64), -largest, largest).astype(np.float32)
        return cls(
            start=trees.start,
            roots=roots,
            column=flat("feature", np.int32),
            threshold=threshold,
            nan_goes_left=flat("nan_left", np.bool_),
            left=flat("left", np.int32) + shift,
            right=flat("right", np.int32) + shift,
            value=flat("value", np.float64),
        )

    def __call__(self, rows: npt.NDArray[np.float32]) -> Floats:
        """Give the sum for each row of features."""
        sums = np.full(len(rows), self.start)
        sum_trees(
            rows,
            self.roots,
            self.column,
            self.threshold,
            self.nan_goes_left,
            self.left,
            self.right,
            self.value,
            sums,
        )
        return sums
