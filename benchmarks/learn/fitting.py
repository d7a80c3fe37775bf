"""Fits the trees of each kind of road to a lesson (LightGBM)."""

from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.learn.lessons import Lesson
from benchmarks.states import SLOW_KMH
from congestion.states.plain_evidence import ROADS
from congestion.states.speed_model import LESS, RoadTrees, base_of, is_plain, lacks
from congestion.states.trees import Tree, TreeSum
from ingest.kernels.arrays import Floats

# A tree of up to 32 leaves is read whole, see congestion/kernels/trees.py; so many trees are two
# million segment-minutes a second. Trees of 16 leaves erred more on streets left out.
TREES = {
    "num_leaves": 32, "learning_rate": 0.12, "min_data_in_leaf": 200, "max_bin": 63,
    "feature_fraction": 0.4,
}  # fmt: skip
TREE_COUNT = 160
# Trees added where no detector is: the rest of one boosting, whose first trees are for all. Of a
# district left out all of them erred less everywhere; for every segment they would be too slow.
# Learnt from those segments alone they erred more on roads never seen.
BARE_TREE_COUNT = 320
# And those added where no probe drove, learnt there. A district left out: 1 % less error, known
# roads: a tenth less.
UNDRIVEN_TREE_COUNT, UNDRIVEN_ABLATED_WEIGHT = 400, 0.6
# Where nothing interrupts traffic detectors read what a segment drives. There the trees correct the
# first of these that is known, and see no count, occupancy or shape of the road. Of each freeway
# left out, trees on this base erred by 3.1 to 3.9 km/h, the base alone by 4.1 to 4.6, trees without
# it by 4.1 to 6.5. They are few: with 100 at a rate of 0.08 freeways left out gained 0.2 to 0.4
# km/h, and real detectors' free flow was published too slow.
OPEN_TREES = {
    "num_leaves": 16, "learning_rate": 0.05, "min_data_in_leaf": 200, "max_bin": 63,
    "feature_fraction": 0.4,
}  # fmt: skip
OPEN_TREE_COUNT = 40
OPEN_BASE = (
    "space_speed_now", "space_speed_short", "probe_speed_short", "space_speed_middle",
    "probe_speed_middle", "cold",
)  # fmt: skip
OPEN_IGNORED = (
    "occupancy", "dwell", "flow", "lanes", "limit_kmh", "length", "free_seconds", "ways", "signal",
    "count", "time", "class", "stops",
)  # fmt: skip
ERROR_TREES = {"num_leaves": 16, "learning_rate": 0.25, "min_data_in_leaf": 400, "max_bin": 63}
ERROR_TREE_COUNT = 20
# Read of a third of the segments at most, see DOUBTFUL_KMH, there may be many.
SLOW_TREES = {
    "num_leaves": 32, "learning_rate": 0.06, "min_data_in_leaf": 500, "max_bin": 63,
    "feature_fraction": 0.25, "path_smooth": 30,
}  # fmt: skip
SLOW_TREE_COUNT = 300
COMMON = {
    "verbose": -1, "num_threads": 1, "deterministic": True, "force_row_wise": True, "seed": 0,
    "feature_fraction": 0.5, "bagging_fraction": 0.7, "bagging_freq": 1,
}  # fmt: skip
# Errors in jams cost more: they are few, and they are what a command centre looks at. A jam that
# is missed costs more than a street just under the bound.
JAM_KMH, JAM_WEIGHT, MISSED_WEIGHT = 15.0, 3.5, 3.0
# Minutes of which something was left out count so much: most cities that ask have all.
ABLATED_WEIGHT = 0.3
# The share of errors that should lie within one stated deviation, on streets left out.
WITHIN_ONE = 0.65


@dataclass(frozen=True)
class Way:
    """How the speed of a kind of road is learnt: by which trees, on what base, without what."""

    names: list[str]
    trees: dict[str, Any]
    tree_count: int
    base: list[int]
    ignored: list[int]

    def is_corrected(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
        """Tell for which rows the trees are asked."""
        if not self.base:
            return np.ones(len(rows), np.bool_)
        return ~is_plain(rows, self.names, base_of(rows, self.base))


def way_of(road: str, names: list[str]) -> Way:
    """Give how a kind of road is learnt; base and what is ignored are columns of the rows."""
    if road != ROADS[0]:
        return Way(names, TREES, TREE_COUNT, [], [])
    ignored = [i for i, name in enumerate(names) if any(part in name for part in OPEN_IGNORED)]
    base = [names.index(name) for name in OPEN_BASE]
    return Way(names, OPEN_TREES, OPEN_TREE_COUNT, base, ignored)


def _weight(frame: pd.DataFrame, ablated: float = ABLATED_WEIGHT) -> Floats:
    weight = np.sqrt(np.minimum(frame.vehicles.to_numpy(np.float64), 6.0))
    return weight * np.where(frame.ablation != "", ablated, 1.0)


def fit_speed(lesson: Lesson, way: Way, tree_count: int) -> lightgbm.Booster:
    """Fit speed over limit, less the base, by absolute error."""
    lesson = lesson.where(way.is_corrected(lesson.rows))
    rows, base = lesson.rows, base_of(lesson.rows, way.base)
    if way.ignored:
        rows = rows.copy()
        rows[:, way.ignored] = np.nan
    return _fit(rows, lesson.frame, base, way.trees, tree_count)


def fit_undriven(lesson: Lesson, speed: lightgbm.Booster, names: list[str]) -> lightgbm.Booster:
    """Fit what a speed's trees leave over where no probe drove."""
    lesson = lesson.where(lacks(lesson.rows, names, LESS[0]))
    known = np.asarray(speed.predict(lesson.rows, num_iteration=TREE_COUNT))
    weight = UNDRIVEN_ABLATED_WEIGHT
    return _fit(lesson.rows, lesson.frame, known, TREES, UNDRIVEN_TREE_COUNT, weight)


def _fit(
    rows: npt.NDArray[np.float32],
    frame: pd.DataFrame,
    known: Floats,
    trees: dict[str, Any],
    tree_count: int,
    ablated_weight: float = ABLATED_WEIGHT,
) -> lightgbm.Booster:
    weight = frame.limit_kmh / 50.0 * _weight(frame, ablated_weight)
    weight *= np.where(frame.true_kmh < JAM_KMH, JAM_WEIGHT, 1.0)
    share = (frame.true_kmh / frame.limit_kmh).to_numpy() - known
    data = lightgbm.Dataset(rows, share, weight=weight)
    return lightgbm.train({**COMMON, **trees, "objective": "l1"}, data, tree_count)


def fit_slow(lesson: Lesson) -> lightgbm.Booster:
    """Fit the log odds of being slow, jams weighed."""
    frame = lesson.frame
    weight = _weight(frame) * np.where(frame.true_kmh < JAM_KMH, MISSED_WEIGHT, 1.0)
    data = lightgbm.Dataset(lesson.rows, frame.true_kmh < SLOW_KMH, weight=weight)
    return lightgbm.train({**COMMON, **SLOW_TREES, "objective": "binary"}, data, SLOW_TREE_COUNT)


def fit_error(
    lesson: Lesson, half: npt.NDArray[np.bool_], way: Way
) -> tuple[lightgbm.Booster, float]:
    """Fit the size of errors on streets left out, and the factor that makes it a deviation.

    There the trees for all err as much as with those that are added.
    """
    guess, corrected = base_of(lesson.rows, way.base), way.is_corrected(lesson.rows)
    for side in (half, ~half):
        booster = fit_speed(lesson.where(side), way, way.tree_count)
        at = ~side & corrected
        guess[at] += booster.predict(lesson.rows[at])
    frame = lesson.frame
    error = np.abs(guess - (frame.true_kmh / frame.limit_kmh).to_numpy())
    busy = (frame.vehicles >= 3).to_numpy()
    data = lightgbm.Dataset(lesson.rows[busy], np.maximum(error[busy], 0.003))
    model = lightgbm.train({**COMMON, **ERROR_TREES, "objective": "gamma"}, data, ERROR_TREE_COUNT)
    ratio = error[busy] / np.asarray(model.predict(lesson.rows[busy]))
    return model, float(np.quantile(ratio, WITHIN_ONE))


def plain(model: lightgbm.Booster) -> list[Tree]:
    """Give a booster's trees as the product reads them."""
    return [_plain_tree(tree["tree_structure"]) for tree in model.dump_model()["tree_info"]]


def _plain_tree(structure: dict[str, Any]) -> Tree:
    tree, waiting = Tree([], [], [], [], []), [structure]
    for node in waiting:  # grows as it is read: children follow their parents
        is_leaf = "leaf_value" in node
        tree.feature.append(-1 if is_leaf else node["split_feature"])
        tree.threshold.append(0.0 if is_leaf else float(f"{node['threshold']:.6g}"))
        if is_leaf:
            tree.nan_left.append(False)
        elif node["missing_type"] == "NaN":
            tree.nan_left.append(node["default_left"])
        else:
            tree.nan_left.append(node["threshold"] >= 0.0)
        tree.child.append(0 if is_leaf else len(waiting))
        tree.value.append(float(f"{node['leaf_value']:.5g}") if is_leaf else 0.0)
        if not is_leaf:
            waiting += [node["left_child"], node["right_child"]]
    return tree


def road_trees(
    lesson: Lesson, names: list[str], half: npt.NDArray[np.bool_], road: str
) -> RoadTrees:
    """Give the trees learnt from the lesson of one kind of road."""
    way = way_of(road, names)
    if way.base:  # an error of detectors that are off would be taken for one of the base
        sound = lesson.frame.is_calibrated.to_numpy()
        lesson, half = lesson.where(sound), half[sound]
    error, factor = fit_error(lesson, half, way)
    base = [names[column] for column in way.base]
    deviation = TreeSum(float(np.log(factor)), plain(error))
    if base:
        speed = fit_speed(lesson, way, way.tree_count)
        return RoadTrees(base, TreeSum(0.0, plain(speed)), {}, deviation, None)
    speed = fit_speed(lesson, way, way.tree_count + BARE_TREE_COUNT)
    trees, undriven = plain(speed), fit_undriven(lesson, speed, names)
    more = dict(zip(LESS, (plain(undriven), trees[way.tree_count :]), strict=True))
    return RoadTrees(
        base,
        TreeSum(0.0, trees[: way.tree_count]),
        {less: TreeSum(0.0, added) for less, added in more.items()},
        deviation,
        TreeSum(0.0, plain(fit_slow(lesson))),
    )
