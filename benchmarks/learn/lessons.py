"""What recordings teach: of each true segment-minute what the estimator read, and the truth.

Each recording is taken as it is, and again as poorer cities would have it.
"""

import multiprocessing
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.learn.districts import CORRIDORS
from benchmarks.learn.feature_reader import FeatureReader, Read
from benchmarks.recordings import district_of, run
from benchmarks.sensors.ablation import Ablation, ablated, drawn
from congestion.region import is_open_class
from congestion.states.trees import keys_of
from ingest.units import KMH

FREEWAYS = {corridor.name for corridor in CORRIDORS}
# How often each recording is taken again with sensors, fields and minutes left out at random, and
# which share of those segment-minutes is learnt from.
ABLATIONS, ABLATED_SHARE = 4, 0.4
# The same of the freeways, which are small.
FREEWAY_ABLATIONS, FREEWAY_ABLATED_SHARE = 14, 0.8


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


def half_of(lesson: Lesson) -> npt.NDArray[np.bool_]:
    """Choose half of the streets, by their names."""
    return pd.util.hash_array(lesson.frame.segment_id.to_numpy(object)) % 2 == 0


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


def processes() -> ProcessPoolExecutor:
    """Give a process for each core."""
    return ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn"))
