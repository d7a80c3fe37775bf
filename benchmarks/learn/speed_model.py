"""Learns the speed model that ships, and says how good it is where it did not learn.

Takes the lessons of every labelled recording, and of those that `benchmarks.learn.districts` made
in the folder named; fits boosted trees (LightGBM, extra `learn`); writes
`congestion/shipped/speed_model.json`. A recording is called DISTRICT-MORNING. Left out: each
recording in turn; and, harder, each district with all its recordings, so that the model is asked
about roads it never saw.
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

from benchmarks.incidents.recording import Recording
from benchmarks.learn.districts import districts
from benchmarks.learn.evidence import fit_evidence
from benchmarks.learn.fitting import (
    ABLATED_WEIGHT,
    JAM_WEIGHT,
    MISSED_WEIGHT,
    WITHIN_ONE,
    road_trees,
)
from benchmarks.learn.left_out import (
    DISTRICT,
    NOTHING,
    RECORDING,
    TABLES,
    ask,
    beside,
    incident_total,
)
from benchmarks.learn.lessons import Lesson, half_of, processes, whole_lesson
from benchmarks.recordings import ROOT, recordings
from benchmarks.result import write_result
from benchmarks.states import SLOW_KMH, measure
from congestion.states.plain_evidence import ROADS
from congestion.states.speed_model import SCHEMA_VERSION, ModelReader, SpeedModel
from ingest.units import KMH

MODEL = ROOT / "congestion" / "shipped" / "speed_model.json"
WANTED = Path(__file__).parent / "speed_features.txt"

# A segment is called slow from this weighed probability on: there, on recordings left out, some
# 80 % of what is called slow is so.
SLOW_FROM = 0.59
# Where more is read, hardly any is slow: of the jams of a district left out, one to five in a
# thousand are missed for it.
DOUBTFUL_KMH = 28.0


def learn(lesson: Lesson, names: list[str], half: npt.NDArray[np.bool_]) -> SpeedModel:
    """Give the model learnt from a lesson."""
    open_road = lesson.frame.is_open.to_numpy()
    return SpeedModel(
        format=SCHEMA_VERSION,
        learnt_from="simulated mornings of parts of Shanghai and of drawn freeways (SUMO, 70 to 90 "
        "minutes each), each as it is and with sensors, fields and minutes left out: "
        + ", ".join(sorted(lesson.frame.feed.unique())),
        learnt_how="benchmarks/learn/speed_model.py: boosted trees (LightGBM, absolute error) on "
        f"segment-minutes with at least 2 vehicles, those under 15 km/h weighted {JAM_WEIGHT}, "
        f"those of which something was left out {ABLATED_WEIGHT}; trees of open roads correct what "
        "detectors read; error trees (gamma) on streets left out, scaled so that "
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


def judged(model: SpeedModel, lesson: Lesson) -> dict[str, Any]:
    """Give the errors of a model on a lesson it did not learn from."""
    busy = (lesson.frame.vehicles >= 3).to_numpy()
    frame, rows = lesson.frame[busy], lesson.rows[busy]
    limit_mps = frame.limit_kmh.to_numpy() / KMH
    speed, std = ModelReader(model)(rows, limit_mps, frame.is_open.to_numpy())
    return measure(frame, pd.Series(speed * KMH, frame.index), pd.Series(std * KMH, frame.index))


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
