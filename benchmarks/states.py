"""How far are the published speeds from the true ones, and how honest is the stated deviation?

Runs the whole chain (matching included) over the labelled recordings in the folder of large ones
(`CLEARWAY_SHARED_DATA`) and compares with the truth on segments and minutes with at least 3
vehicles: 3 that entered in the minute, or 3 that left. Baselines are computed from the same run.
"""

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq
from adaptive_smoothing import smoothed
from result import write_result

from congestion.records import STATES
from congestion.region import Region
from congestion.states.estimator import StateEstimator
from congestion.states.features import rows_of
from congestion.states.fusion import Estimate, Fusion
from congestion.states.speed_model import FORMAT, SpeedModel
from congestion.states.trees import TreeSum
from ingest.recorded.feed import open_feed
from mapmatch.building.build import artefact_for
from mapmatch.network import load_network
from streams.chain import Chain, open_chain
from streams.cli.options import cache_folder
from streams.recorded import run as streams_run
from streams.settings import load_settings
from streams.stages.estimate import EstimateStage

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("CLEARWAY_SHARED_DATA", ROOT.parent / "shared" / "data"))
SLOW_KMH, JAM_KMH = 20.0, 15.0


def recordings() -> list[Path]:
    """Give the labelled recordings. Ends the program where there are none."""
    found = sorted((SHARED / "feeds").glob("shanghai-core-*"))
    if not found:
        raise SystemExit(f"no recordings at {SHARED}/feeds (set CLEARWAY_SHARED_DATA)")
    return found


class WatchedChain(Chain):
    """The chain of the product, whose estimators fuse with a given class."""

    fusion: type[Fusion] = Fusion

    def estimate_stage(self, partition: int) -> EstimateStage:
        """Make the estimate stage as the product does, but for the fusion."""

        def make(region: int) -> StateEstimator:
            city = self.city
            settings = self._settings
            return StateEstimator(
                city.network, region, city.roadside, settings.estimator, self.fusion,
                settings.clocks.settle_s,
            )  # fmt: skip

        clocks, count = self._settings.clocks, self._settings.topics.partitions
        return EstimateStage(partition, self.city, make, clocks, count)


def run(feed_path: Path, out: Path, fusion: type[Fusion] = Fusion) -> tuple[pd.DataFrame, Chain]:
    """Run the chain over a recording; give its states, every column of them, and the chain."""
    feed = open_feed(feed_path)
    settings = load_settings(None, overrides={"topics": {"partitions": 1}})
    network = feed.manifest.network
    assert network is not None
    made = open_chain(network, cache_folder(), feed.assets, settings)
    chain = WatchedChain(made.city, made._paths, settings)
    chain.fusion = fusion
    streams_run.STATE_COLUMNS = list(STATES.names)
    streams_run.run_feed(feed, chain, out, settings)
    return pq.read_table(out / "segment_states.parquet").to_pandas(), chain


NOTHING = TreeSum(0.0, [])
UNLEARNT = SpeedModel(FORMAT, "", "", [], NOTHING, NOTHING, NOTHING, SLOW_KMH, 0.0, 0.0)
# Of one region and minute: its n segments, and n rows of features.
Read = tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]


def keeping(names: list[str], kept: list[Read]) -> type[Fusion]:
    """Give a fusion that keeps the named features of every minute, and says nothing of them."""

    class Keeping(Fusion):
        def __init__(self, region: Region) -> None:
            super().__init__(region, UNLEARNT)

        def estimate(
            self, fresh: npt.NDArray[np.float64], memories: npt.NDArray[np.float64]
        ) -> Estimate:
            rows = rows_of(self.features(fresh, memories), names)
            kept.append((self._region.segment, rows))
            speed = np.array(self._region.limit_mps)
            return Estimate(speed, speed)

    return Keeping


def with_truth(states: pd.DataFrame, feed_path: Path) -> pd.DataFrame:
    """Give the true segment-minutes of at least 3 vehicles with the state published for them."""
    truth = pd.read_parquet(feed_path / "truth" / "segment_minutes.parquet")
    truth = truth[np.maximum(truth.entered, truth.left) >= 3]
    truth = truth.rename(columns={"link_id": "segment_id", "speed_kmh": "true_kmh"})
    return truth.merge(states, on=["segment_id", "interval_start"], how="left")


def measure(joined: pd.DataFrame, speed: pd.Series, std: pd.Series | None = None) -> dict[str, Any]:
    """Give the errors of one way to tell the speed."""
    error, true = speed - joined.true_kmh, joined.true_kmh
    told = speed.notna()
    is_seen = joined.quality.isin(["observed", "fused"]) & told
    jammed, said = true < JAM_KMH, speed < SLOW_KMH
    row = {
        "coverage": _mean(told),
        "error_seen_kmh": _mean(error[is_seen].abs()),
        "error_all_kmh": _mean(error[told].abs()),
        "bias_kmh": _mean(error[told]),
        "error_under_15_kmh": _mean(error[told & jammed].abs()),
        "recall_under_15_at_20": _mean(said[told & jammed]),
        "precision_at_20": _mean((true < SLOW_KMH)[told & said]),
        "precision_under_15_at_20": _mean(jammed[told & said]),
        "within_1_std": None,
        "within_2_std": None,
    }
    if std is not None:
        row["within_1_std"] = _mean((error.abs() < std)[told])
        row["within_2_std"] = _mean((error.abs() < 2 * std)[told])
    return row


def _mean(values: pd.Series) -> float | None:
    return round(float(values.mean()), 3) if len(values) else None


def by_level(joined: pd.DataFrame) -> dict[str, float | None]:
    """Give the error by level published, so that each colour of the map has its own."""
    error = (joined.speed_kmh - joined.true_kmh).abs()
    return {f"level_{k}": _mean(error[joined.level == k]) for k in range(6)}


def main() -> None:
    """Measure every recording and write the result."""
    rows, levels, feeds = [], {}, recordings()
    for feed in feeds:
        with tempfile.TemporaryDirectory() as out:
            states, chain = run(feed, Path(out))
        joined = with_truth(states, feed)
        sources = joined[["detector_speed_kmh", "probe_speed_kmh"]]
        medians = joined.groupby("segment_id").true_kmh.median()
        ways = {
            "clearway": joined.speed_kmh,
            "mean of detectors": joined.detector_speed_kmh,
            "probes alone": joined.probe_speed_kmh,
            "plain average of both": sources.mean(axis=1),
            "adaptive smoothing of both": smoothed(chain.city.network, states, joined),
            "segment's true median, knows the future": joined.segment_id.map(medians),
        }
        for way, speed in ways.items():
            std = joined.speed_std_kmh if way == "clearway" else None
            row = {"feed": feed.name, "way": way, **measure(joined, speed, std)}
            print(row)
            rows.append(row)
        levels[feed.name] = by_level(joined)
    network = load_network(artefact_for(open_feed(feeds[0]).manifest.network, cache_folder()))
    write_result(
        "states",
        "How far are the published speeds from the true ones? The learnt model has seen these "
        "recordings; benchmarks/learn_speed.py leaves each out.",
        rows,
        [feed / "truth" / "segment_minutes.parquet" for feed in feeds[:1]],
        error_by_level=levels,
        segments=network.segment_count,
    )


if __name__ == "__main__":
    main()
