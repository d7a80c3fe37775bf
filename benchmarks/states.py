"""How far are the published speeds from the true ones, and how honest is the stated deviation?

Runs the whole chain (matching included) over the labelled recordings in the folder of large ones
(`CLEARWAY_SHARED_DATA`) and compares with the truth on segments and minutes with at least 3
vehicles: 3 that entered in the minute, or 3 that left. Baselines are computed from the same run.
"""

import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.peers.adaptive_smoothing import smoothed
from benchmarks.recordings import network_of, recordings, run
from benchmarks.result import write_result
from incidents.scoring.speed import JAM_KMH, scored_minutes

SLOW_KMH = 20.0
"""A published speed under this says that there is a jam. Source: chosen, the model's own bound."""


def with_truth(states: pd.DataFrame, feed_path: Path) -> pd.DataFrame:
    """Give the true segment-minutes of at least 3 vehicles with the state published for them."""
    truth = pd.read_parquet(feed_path / "truth" / "segment_minutes.parquet")
    truth = scored_minutes(truth).rename(columns={"link_id": "segment_id", "speed_kmh": "true_kmh"})
    return truth.merge(states, on=["segment_id", "interval_start"], how="left")


def measure(joined: pd.DataFrame, speed: pd.Series, std: pd.Series | None = None) -> dict[str, Any]:
    """Give the errors of one way to tell the speed."""
    error, true = speed - joined.true_kmh, joined.true_kmh
    known = speed.notna()
    is_seen = joined.quality.isin(["observed", "fused"]) & known
    jammed, called = true < JAM_KMH, speed < SLOW_KMH
    row = {
        "coverage": _mean(known),
        "error_seen_kmh": _mean(error[is_seen].abs()),
        "error_all_kmh": _mean(error[known].abs()),
        "bias_kmh": _mean(error[known]),
        "error_under_15_kmh": _mean(error[known & jammed].abs()),
        "recall_under_15_at_20": _mean(called[known & jammed]),
        "precision_at_20": _mean((true < SLOW_KMH)[known & called]),
        "precision_under_15_at_20": _mean(jammed[known & called]),
        "within_1_std": None,
        "within_2_std": None,
    }
    if std is not None:
        row["within_1_std"] = _mean((error.abs() < std)[known])
        row["within_2_std"] = _mean((error.abs() < 2 * std)[known])
    return row


def _mean(values: pd.Series) -> float | None:
    return round(float(values.mean()), 3) if len(values) else None


def main() -> None:
    """Measure every recording and write the result."""
    rows, feeds = [], recordings()
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
    write_result(
        "states",
        "How far are the published speeds from the true ones? The learnt model has seen these "
        "recordings; benchmarks/learn/speed_model.py leaves each out.",
        rows,
        [feed / "truth" / "segment_minutes.parquet" for feed in feeds[:1]],
        segments=network_of(feeds[0]).segment_count,
    )


if __name__ == "__main__":
    main()
