"""Learns the speed model that ships, and says how good it is where it did not learn.

Runs the chain over every labelled recording, and over those that `benchmarks.learn.districts` made
in the folder named; stores what the estimator read of each segment-minute; fits boosted trees
(LightGBM, extra `learn`); writes `congestion/shipped/speed_model.json`. A recording is called
DISTRICT-MORNING. Left out: each recording in turn; and, harder, each district of Shanghai
with all its recordings, so that the model is asked about streets it never saw.
"""

import multiprocessing
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm
import msgspec
import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.incident_detection import Recording
from benchmarks.learn.districts import CORRIDORS, districts
from benchmarks.learn.evidence import fit_evidence
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
from benchmarks.sensors.ablation import Ablation, ablated, drawn
from benchmarks.states import SLOW_KMH, measure
from congestion.states.plain_evidence import ROADS, is_open_class
from congestion.states.speed_model import (
    SCHEMA_VERSION,
    ModelReader,
    RoadTrees,
    SpeedModel,
    base_of,
    is_plain,
)
from congestion.states.trees import Tree, TreeSum, keys_of
from ingest.kernels.arrays import Floats
from ingest.units import KMH

FREEWAYS = {corridor.name for corridor in CORRIDORS}
MODEL = ROOT / "congestion" / "shipped" / "speed_model.json"
WANTED = Path(__file__).parent / "speed_features.txt"

# A tree of up to 32 leaves is read whole, see congestion/kernels/trees.py; so many trees are two
# million segment-minutes a second. Trees of 16 leaves erred more on streets left out.
TREES = {
    "num_leaves": 32, "learning_rate": 0.12, "min_data_in_leaf": 200, "max_bin": 63,
    "feature_fraction": 0.4,
}  # fmt: skip
TREE_COUNT = 160
# Where nothing interrupts traffic detectors read what a segment drives. There the trees correct the
# first of these that is known, and see no count, occupancy or shape of the road: of each freeway
# left out, they erred less than any others.
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
# How often each recording is taken again with sensors, fields and minutes left out at random, and
# which share of those segment-minutes is learnt from.
ABLATIONS, ABLATED_SHARE = 4, 0.4
# The same of the freeways, which are small.
FREEWAY_ABLATIONS, FREEWAY_ABLATED_SHARE = 14, 0.8
# Minutes of which something was left out count so much: most cities that ask have all.
ABLATED_WEIGHT = 0.3
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

    def store(self, folder: Path) -> None:
        """Write it into a folder, for other processes."""
        np.save(folder / "rows.npy", self.rows)
        self.frame.to_parquet(folder / "frame.parquet")

    @staticmethod
    def stored(folder: Path) -> "Lesson":
        """Give what was written into a folder, its rows mapped."""
        rows = np.load(folder / "rows.npy", mmap_mode="r")
        return Lesson(rows, pd.read_parquet(folder / "frame.parquet"))


def lesson_of(feed: Path, names: list[str], ablation: Ablation | None = None) -> Lesson:
    """Run the chain over a recording and keep what was read of each true segment-minute.

    Of what an ablation leaves only a share of the segment-minutes is kept.
    """
    seen: list[Read] = []
    less = ablation or Ablation("nothing")
    with tempfile.TemporaryDirectory() as folder:
        given = feed if ablation is None else ablated(feed, Path(folder) / "feeds", ablation)
        states, chain = run(
            given, Path(folder) / "run",
            lambda region: FeatureReader(
                region, names, seen, has_signals=less.has_signals, limit_factor=less.limit_factor
            ),
        )  # fmt: skip
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
    limit = pd.Series(chain.city.network.free_speed_mps * KMH * less.limit_factor, index=ids)
    joined["limit_kmh"] = joined.segment_id.map(limit)
    network = chain.city.network
    ends_at_signal = network.node_has_signal[network.to_node] & less.has_signals
    of_open = pd.Series(is_open_class(network.road_class) & ~ends_at_signal, index=ids)
    joined["is_open"] = joined.segment_id.map(of_open)
    joined["feed"], joined["district"] = feed.name, district_of(feed.name)
    joined["is_calibrated"] = not less.miscalibration
    joined["has_speeds"] = ablation is None or "speed" not in ablation.without
    joined["ablation"] = "" if ablation is None else ablation.name
    if ablation is not None:
        share = FREEWAY_ABLATED_SHARE if feed.name in FREEWAYS else ABLATED_SHARE
        joined = joined.sample(frac=share, random_state=ablation.seed).sort_index()
    rows = np.concatenate([rows for _, rows in seen])[joined.place.to_numpy()]
    return Lesson(least_of_key(rows), joined.reset_index(drop=True))


def least_of_key(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Give for each number the least of those that the product's trees take for the same.

    Learnt from these, a threshold lies between two keys and never within one.
    """
    ordered = keys_of(rows).astype(np.int32) << 16
    least = (ordered ^ ((ordered >> 31) & np.int32(0x7FFFFFFF))).view(np.float32)
    return np.where(np.isnan(rows), np.float32(np.nan), least)


def _weight(frame: pd.DataFrame) -> Floats:
    weight = np.sqrt(np.minimum(frame.vehicles.to_numpy(np.float64), 6.0))
    return weight * np.where(frame.ablation != "", ABLATED_WEIGHT, 1.0)


def fit_speed(lesson: Lesson, way: "Way") -> lightgbm.Booster:
    """Fit speed over limit, less the base, by absolute error."""
    lesson = lesson.where(way.is_corrected(lesson.rows))
    frame = lesson.frame
    weight = frame.limit_kmh / 50.0 * _weight(frame)
    weight *= np.where(frame.true_kmh < JAM_KMH, JAM_WEIGHT, 1.0)
    share = (frame.true_kmh / frame.limit_kmh).to_numpy() - base_of(lesson.rows, way.base)
    rows = lesson.rows
    if way.ignored:
        rows = rows.copy()
        rows[:, way.ignored] = np.nan
    data = lightgbm.Dataset(rows, share, weight=weight)
    return lightgbm.train({**COMMON, **way.trees, "objective": "l1"}, data, way.tree_count)


def fit_slow(lesson: Lesson) -> lightgbm.Booster:
    """Fit the log odds of being slow, jams weighed."""
    frame = lesson.frame
    weight = _weight(frame) * np.where(frame.true_kmh < JAM_KMH, MISSED_WEIGHT, 1.0)
    data = lightgbm.Dataset(lesson.rows, frame.true_kmh < SLOW_KMH, weight=weight)
    return lightgbm.train({**COMMON, **SLOW_TREES, "objective": "binary"}, data, SLOW_TREE_COUNT)


def fit_error(
    lesson: Lesson, half: npt.NDArray[np.bool_], way: "Way"
) -> tuple[lightgbm.Booster, float]:
    """Fit the size of errors on streets left out, and the factor that makes it a deviation."""
    guess, corrected = base_of(lesson.rows, way.base), way.is_corrected(lesson.rows)
    for side in (half, ~half):
        booster = fit_speed(lesson.where(side), way)
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


def road_trees(
    lesson: Lesson, names: list[str], half: npt.NDArray[np.bool_], road: str
) -> RoadTrees:
    """Give the trees learnt from the lesson of one kind of road."""
    way = way_of(road, names)
    if way.base:  # an error of detectors that are off would be taken for one of the base
        lesson, half = (
            lesson.where(lesson.frame.is_calibrated.to_numpy()),
            half[lesson.frame.is_calibrated],
        )
    error, factor = fit_error(lesson, half, way)
    return RoadTrees(
        base=[names[column] for column in way.base],
        speed=TreeSum(0.0, plain(fit_speed(lesson, way))),
        error=TreeSum(float(np.log(factor)), plain(error)),
        slow=None if way.base else TreeSum(0.0, plain(fit_slow(lesson))),
    )


def learn(lesson: Lesson, names: list[str], half: npt.NDArray[np.bool_]) -> SpeedModel:
    """Give the model learnt from a lesson."""
    open_road = lesson.frame.is_open.to_numpy()
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
        roads={
            road: road_trees(lesson.where(is_road), names, half[is_road], road)
            for road, is_road in zip(ROADS, (open_road, ~open_road), strict=True)
        },
        slow_kmh=SLOW_KMH,
        slow_from=float(np.log(SLOW_FROM / (1.0 - SLOW_FROM))),
        doubtful_kmh=DOUBTFUL_KMH,
        evidence=fit_evidence(
            lesson.rows,
            names,
            lesson.frame.true_kmh.to_numpy(),
            lesson.frame.limit_kmh.to_numpy(),
            lesson.frame.has_speeds.to_numpy(),
        ),
    )


def half_of(lesson: Lesson) -> npt.NDArray[np.bool_]:
    """Choose half of the streets, by their names."""
    return pd.util.hash_array(lesson.frame.segment_id.to_numpy(object)) % 2 == 0


def judged(model: SpeedModel, lesson: Lesson) -> dict[str, Any]:
    """Give the errors of a model on a lesson it did not learn from."""
    busy = (lesson.frame.vehicles >= 3).to_numpy()
    frame, rows = lesson.frame[busy], lesson.rows[busy]
    limit_mps = frame.limit_kmh.to_numpy() / KMH
    speed, std = ModelReader(model)(rows, limit_mps, frame.is_open.to_numpy())
    return measure(frame, pd.Series(speed * 3.6, frame.index), pd.Series(std * 3.6, frame.index))


def lessons_to_take(feeds: list[Path]) -> list[tuple[Path, Ablation | None]]:
    """Give each recording as it is, and with what is drawn to be left out of it."""
    rng = np.random.default_rng(0)
    again = [
        feed
        for feed in feeds
        for _ in range(FREEWAY_ABLATIONS if feed.name in FREEWAYS else ABLATIONS)
    ]
    return [
        *((feed, None) for feed in feeds),
        *((feed, drawn(rng, number)) for number, feed in enumerate(again)),
    ]


def whole_lesson(feeds: list[Path], names: list[str]) -> Lesson:
    """Give what all recordings teach, each as it is and as poorer cities would have it."""
    jobs = lessons_to_take(feeds)
    with processes() as pool:
        waiting = [pool.submit(lesson_of, feed, names, ablation) for feed, ablation in jobs]
        lessons = [of.result() for of in waiting]
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


def learn_without(folder: Path, names: list[str], feeds: frozenset[str]) -> SpeedModel:
    """Give the model learnt from a stored lesson without some recordings."""
    whole = Lesson.stored(folder)
    others = ~whole.frame.feed.isin(feeds).to_numpy()
    lesson = whole.where(others)
    return learn(lesson, names, half_of(lesson))


def leave_out(whole: Lesson, names: list[str], feeds: list[Path], shipped: SpeedModel) -> Judgement:
    """Leave out nothing, each recording and each district; judge model and chain on what was."""
    made, known = Judgement([], [], []), {feed.name for feed in recordings()}
    groups = [
        (kind, name, frozenset(whole.frame.feed[whole.frame[column] == name]))
        for kind, column in ((RECORDING, "feed"), (DISTRICT, "district"))
        for name in dict.fromkeys(whole.frame[column])
    ]
    sets = list(dict.fromkeys(of for _, _, of in groups))
    with tempfile.TemporaryDirectory() as folder, processes() as pool:
        whole.store(Path(folder))
        waiting = [pool.submit(learn_without, Path(folder), names, of) for of in sets]
        models = {of: future.result() for of, future in zip(sets, waiting, strict=True)}
        asks = [(feed, shipped, NOTHING) for feed in feeds]
        asks += [
            (feed, models[of], kind) for kind, _, of in groups for feed in feeds if feed.name in of
        ]
        rows = [
            pool.submit(row_of, *asked)
            for asked in asks
            if not (asked[2] == RECORDING and asked[0].name in known)
        ]
        for feed, model, kind in asks:
            if kind == RECORDING and feed.name in known:
                row, recording = ask(feed, model, kind)
                made.core.append(recording)
                made.chains.append(row)
        made.chains += [future.result() for future in rows]
    for kind, name, of in groups:
        mine = whole.where(whole.frame.feed.isin(of).to_numpy())
        for part, is_part in (
            ("", mine.frame.ablation == ""),
            (" ablated", mine.frame.ablation != ""),
        ):
            judgement = judged(models[of], mine.where(is_part.to_numpy()))
            made.models.append({"left out": f"{kind} {name}{part}", **judgement})
    print(*made.models, *made.chains, sep="\n", flush=True)
    return made


def row_of(feed: Path, model: SpeedModel, kind: str) -> dict[str, Any]:
    """Give the scores of the chain with a model over a recording."""
    return ask(feed, model, kind)[0]


def processes() -> ProcessPoolExecutor:
    """Give a process for each core."""
    return ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn"))


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
