"""How far are the published speeds from the true ones, and how honest is the stated deviation?

Runs the whole chain (matching included) over the labelled recordings in the folder of large ones
(`CLEARWAY_SHARED_DATA`) and compares with the truth on segments and minutes with at least 3
vehicles: 3 that entered in the minute, or 3 that left. Baselines are computed from the same run.
"""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.peers.adaptive_smoothing import smoothed
from benchmarks.recordings import network_of, recordings, run
from benchmarks.result import write_result
from congestion.region import Region
from congestion.states.features import rows_of
from congestion.states.fusion import Estimate, Fusion
from congestion.states.speed_model import FORMAT, SpeedModel
from congestion.states.trees import TreeSum
from ingest.kernels.arrays import Floats

SLOW_KMH, JAM_KMH = 20.0, 15.0


NOTHING = TreeSum(0.0, [])
UNLEARNT = SpeedModel(FORMAT, "", "", [], NOTHING, NOTHING, NOTHING, SLOW_KMH, 0.0, 0.0)
# Of one region and minute: its n segments, and n rows of features.
Read = tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]


class FeatureReader(Fusion):
    """Keeps the named features of every minute in a list, and gives the limit as the speed."""

    def __init__(self, region: Region, names: list[str], read: list[Read]) -> None:
        super().__init__(region, UNLEARNT)
        self._at, self._wanted, self._list = region, names, read

    def estimate(self, fresh: Floats, memories: Floats) -> Estimate:
        """Give the limits, having read the features."""
        rows = rows_of(self.features(fresh, memories), self._wanted)
        self._list.append((self._at.segment, rows))
        speed = np.array(self._at.limit_mps)
        return Estimate(speed, speed)


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
    write_result(
        "states",
        "How far are the published speeds from the true ones? The learnt model has seen these "
        "recordings; benchmarks/learn/speed_model.py leaves each out.",
        rows,
        [feed / "truth" / "segment_minutes.parquet" for feed in feeds[:1]],
        error_by_level=levels,
        segments=network_of(feeds[0]).segment_count,
    )


if __name__ == "__main__":
    main()
