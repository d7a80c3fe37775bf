"""Learns the speed model that ships, and says how good it is where it did not learn.

Runs the chain over every labelled recording, and over those that `benchmarks.learn.districts` made
in the folder named; stores what the estimator read of each segment-minute; fits boosted trees
(LightGBM, extra `learn`); writes `congestion/shipped/speed_model.json`. A recording is called
DISTRICT-MORNING. Left out: each recording in turn; and, harder, each district of Shanghai
with all its recordings, so that the model is asked about streets it never saw.
"""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm
import msgspec
import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.incident_detection import Recording
from benchmarks.learn.districts import districts
from benchmarks.learn.feature_reader import FeatureReader, Read
from benchmarks.learn.left_out import (
    DISTRICT,
    NOTHING,
    RECORDING,
    TABLES,
    ask,
    beside,
    incident_total,
)
from benchmarks.recordings import ROOT, district_of, recordings, run
from benchmarks.result import write_result
from benchmarks.states import SLOW_KMH, measure
from congestion.states.speed_model import SCHEMA_VERSION, ModelReader, SpeedModel
from congestion.states.trees import Tree, TreeSum, keys_of

MODEL = ROOT / "congestion" / "shipped" / "speed_model.json"
WANTED = Path(__file__).parent / "speed_features.txt"

# A tree of up to 32 leaves is read whole, see congestion/kernels/trees.py; so many trees are two
# million segment-minutes a second. Trees of 16 leaves erred more on streets left out.
TREES = {
    "num_leaves": 32, "learning_rate": 0.12, "min_data_in_leaf": 200, "max_bin": 63,
    "feature_fraction": 0.4,
}  # fmt: skip
TREE_COUNT = 160
ERROR_TREES = {"num_leaves": 16, "learning_rate": 0.25, "min_data_in_leaf": 400, "max_bin": 63}
ERROR_TREE_COUNT = 20
# Read of a third of the segments at most, see DOUBTFUL_KMH, there may be many.
SLOW_TREES = {
    "num_leaves": 32, "learning_rate": 0.06, "min_data_in_leaf": 500, "max_bin": 63,
    "feature_fraction": 0.25, "path_smooth": 30,
}  # fmt: skip
SLOW_TREE_COUNT = 300
# A segment is called slow from this weighed probability on: there, on recordings left out, some
# 80 % of what is called slow is so.
SLOW_FROM = 0.59
# Where more is read, hardly any is slow: of the jams of a district left out, one to five in a
# thousand are missed for it.
DOUBTFUL_KMH = 28.0
COMMON = {
    "verbose": -1, "num_threads": 1, "deterministic": True, "force_row_wise": True, "seed": 0,
    "feature_fraction": 0.5, "bagging_fraction": 0.7, "bagging_freq": 1,
}  # fmt: skip
# Errors in jams cost more: they are few, and they are what a command centre looks at. A jam that
# is missed costs more than a street just under the bound.
JAM_KMH, JAM_WEIGHT, MISSED_WEIGHT = 15.0, 3.5, 3.0
# The share of errors that should lie within one stated deviation, on streets left out.
WITHIN_ONE = 0.65


@dataclass
class Lesson:
    """Segment-minutes to learn from: n rows of features, the truth and where they are from."""

    rows: npt.NDArray[np.float32]
    frame: pd.DataFrame  # feed, district, segment_id, true_kmh, limit_kmh, vehicles, quality

    def where(self, chosen: npt.NDArray[np.bool_]) -> "Lesson":
        """Give some of the rows."""
        return Lesson(self.rows[chosen], self.frame[chosen])


def lesson_of(feed: Path, names: list[str]) -> Lesson:
    """Run the chain over a recording and keep what was read of each true segment-minute."""
    seen: list[Read] = []
    with tempfile.TemporaryDirectory() as out:
        states, chain = run(feed, Path(out), lambda region: FeatureReader(region, names, seen))
    ids = np.array(chain.city.network.segment_ids)
    read = states[["interval_start", "segment_id", "quality"]].copy()
    assert (read.segment_id.to_numpy() == ids[np.concatenate([s for s, _ in seen])]).all()
    read["place"] = np.arange(len(read))
    truth = pd.read_parquet(feed / "truth" / "segment_minutes.parquet")
    truth["vehicles"] = np.maximum(truth.entered, truth.left)
    truth = truth[truth.vehicles >= 2].rename(columns={"speed_kmh": "true_kmh"})
    joined = truth.merge(
        read, left_on=["link_id", "interval_start"], right_on=["segment_id", "interval_start"]
    )
    limit = pd.Series(chain.city.network.free_speed_mps * 3.6, index=ids)
    joined["limit_kmh"] = joined.segment_id.map(limit)
    joined["feed"], joined["district"] = feed.name, district_of(feed.name)
    rows = np.concatenate([rows for _, rows in seen])[joined.place.to_numpy()]
    return Lesson(least_of_key(rows), joined.reset_index(drop=True))


def least_of_key(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Give for each number the least of those that the product's trees take for the same.

    Learnt from these, a threshold lies between two keys and never within one.
    """
    ordered = keys_of(rows).astype(np.int32) << 16
    least = (ordered ^ ((ordered >> 31) & np.int32(0x7FFFFFFF))).view(np.float32)
    return np.where(np.isnan(rows), np.float32(np.nan), least)


def fit_speed(lesson: Lesson) -> lightgbm.Booster:
    """Fit speed over limit by absolute error."""
    frame = lesson.frame
    weight = frame.limit_kmh / 50.0 * np.sqrt(np.minimum(frame.vehicles, 6))
    weight *= np.where(frame.true_kmh < JAM_KMH, JAM_WEIGHT, 1.0)
    data = lightgbm.Dataset(lesson.rows, frame.true_kmh / frame.limit_kmh, weight=weight)
    return lightgbm.train({**COMMON, **TREES, "objective": "l1"}, data, TREE_COUNT)


def fit_slow(lesson: Lesson) -> lightgbm.Booster:
    """Fit the log odds of being slow, jams weighed."""
    frame = lesson.frame
    weight = np.sqrt(np.minimum(frame.vehicles, 6))
    weight *= np.where(frame.true_kmh < JAM_KMH, MISSED_WEIGHT, 1.0)
    data = lightgbm.Dataset(lesson.rows, frame.true_kmh < SLOW_KMH, weight=weight)
    return lightgbm.train({**COMMON, **SLOW_TREES, "objective": "binary"}, data, SLOW_TREE_COUNT)


def fit_error(lesson: Lesson, half: npt.NDArray[np.bool_]) -> tuple[lightgbm.Booster, float]:
    """Fit the size of errors on streets left out, and the factor that makes it a deviation."""
    guess = np.empty(len(lesson.rows))
    for side in (half, ~half):
        guess[~side] = fit_speed(lesson.where(side)).predict(lesson.rows[~side])
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


def learn(lesson: Lesson, names: list[str], half: npt.NDArray[np.bool_]) -> SpeedModel:
    """Give the model learnt from a lesson."""
    error, factor = fit_error(lesson, half)
    return SpeedModel(
        format=SCHEMA_VERSION,
        learnt_from="simulated mornings of parts of Shanghai (SUMO, 70 to 90 minutes each): "
        + ", ".join(sorted(lesson.frame.feed.unique())),
        learnt_how="benchmarks/learn/speed_model.py: boosted trees (LightGBM, absolute error) on "
        f"segment-minutes with at least 2 vehicles, those under 15 km/h weighted {JAM_WEIGHT}; "
        "error trees (gamma) on streets left out, scaled so that "
        f"{WITHIN_ONE:.0%} of errors lie within one deviation; slow: log odds of a speed under "
        f"20 km/h (LightGBM), those under 15 km/h weighted {MISSED_WEIGHT}, called slow from "
        f"a probability so weighed of {SLOW_FROM:.0%}. "
        f"Seed 0, lightgbm {lightgbm.__version__}, numpy {np.__version__}",
        features=names,
        speed=TreeSum(0.0, plain(fit_speed(lesson))),
        error=TreeSum(float(np.log(factor)), plain(error)),
        slow=TreeSum(0.0, plain(fit_slow(lesson))),
        slow_kmh=SLOW_KMH,
        slow_from=float(np.log(SLOW_FROM / (1.0 - SLOW_FROM))),
        doubtful_kmh=DOUBTFUL_KMH,
    )


def half_of(lesson: Lesson) -> npt.NDArray[np.bool_]:
    """Choose half of the streets, by their names."""
    return pd.util.hash_array(lesson.frame.segment_id.to_numpy(object)) % 2 == 0


def judged(model: SpeedModel, lesson: Lesson) -> dict[str, Any]:
    """Give the errors of a model on a lesson it did not learn from."""
    busy = (lesson.frame.vehicles >= 3).to_numpy()
    frame, rows = lesson.frame[busy], lesson.rows[busy]
    speed, std = ModelReader(model)(rows, frame.limit_kmh.to_numpy() / 3.6)
    return measure(frame, pd.Series(speed * 3.6, frame.index), pd.Series(std * 3.6, frame.index))


def whole_lesson(feeds: list[Path], names: list[str]) -> Lesson:
    """Give what all recordings teach."""
    lessons = [lesson_of(feed, names) for feed in feeds]
    return Lesson(
        np.concatenate([lesson.rows for lesson in lessons]),
        pd.concat([lesson.frame for lesson in lessons], ignore_index=True),
    )


@dataclass
class Judgement:
    """What models are worth where they did not learn: by themselves, and in the whole chain."""

    models: list[dict[str, Any]]
    chains: list[dict[str, Any]]
    core: list[Recording]  # the labelled ones, each by a model that learnt from the others


def leave_out(whole: Lesson, names: list[str], feeds: list[Path], shipped: SpeedModel) -> Judgement:
    """Leave out nothing, each recording and each district; judge model and chain on what was."""
    made, models = Judgement([], [], []), {}
    for feed in feeds:
        made.chains.append(ask(feed, shipped, NOTHING)[0])
        print(made.chains[-1], flush=True)
    known = {feed.name for feed in recordings()}
    half, recording = half_of(whole), whole.frame.feed.to_numpy()
    for kind, group in ((RECORDING, recording), (DISTRICT, whole.frame.district.to_numpy())):
        for name in dict.fromkeys(group):
            mine = group == name
            of = frozenset(recording[mine])
            if of not in models:
                models[of] = learn(whole.where(~mine), names, half[~mine])
            row = {"left out": f"{kind} {name}", **judged(models[of], whole.where(mine))}
            print(row, flush=True)
            made.models.append(row)
            for feed in (feed for feed in feeds if feed.name in of):
                row, asked = ask(feed, models[of], kind)
                print(row, flush=True)
                made.chains.append(row)
                if kind == RECORDING and feed.name in known:
                    made.core.append(asked)
    return made


def main() -> None:
    """Learn, judge on what was left out, and write model and results."""
    names = WANTED.read_text().split()
    feeds = [*recordings(), *districts(Path(sys.argv[1]))]
    whole = whole_lesson(feeds, names)
    model = learn(whole, names, half_of(whole))
    MODEL.write_bytes(msgspec.json.encode(model))
    judgement = leave_out(whole, names, feeds, model)
    data = [feed / "truth" / "segment_minutes.parquet" for feed in feeds[:1]]
    write_result(
        "learn_speed",
        "How far are the speeds of a model from the true ones on recordings, and in whole "
        "districts of Shanghai, that it did not learn from?",
        judgement.models,
        data,
    )
    write_result(
        "left_out",
        "How good is the whole chain on recordings, and in whole districts of Shanghai, that its "
        "speed model did not learn from?",
        judgement.chains,
        data,
        total=[incident_total(judgement.core)],
        **{name: beside(judgement.chains, figures) for name, figures in TABLES.items()},
    )


if __name__ == "__main__":
    main()
