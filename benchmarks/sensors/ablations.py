"""How far are the published speeds from the true ones in a city poorer in sensors?

Takes sources, fields, minutes and sensors out of the labelled recordings, runs the whole chain and
compares with the truth as benchmarks/states.py does. The shipped model has seen the recordings;
with a folder of districts (`make learn` writes one), also those.
"""

import multiprocessing
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.recordings import recordings, run
from benchmarks.result import write_result
from benchmarks.sensors.ablation import Ablation, ablated
from benchmarks.states import measure, with_truth

ABLATIONS = (
    Ablation("everything"),
    Ablation("without detectors", detector_share=0.0),
    Ablation("detectors alone", fleets=(), has_cameras=False),
    Ablation("detectors alone, 300 s", fleets=(), has_cameras=False, interval_s=300),
    Ablation("cameras alone", fleets=(), detector_share=0.0),
    Ablation("buses alone", fleets=("bus",), detector_share=0.0, has_cameras=False),
    Ablation("taxis alone", fleets=("taxi",), detector_share=0.0, has_cameras=False),
    Ablation("without cameras", has_cameras=False),
    Ablation("a tenth of the detectors", detector_share=0.1),
    Ablation("a fifth of the vehicles", vehicle_share=0.2),
    Ablation("readings of 300 s", interval_s=300),
    Ablation("readings of 900 s", interval_s=900),
    Ablation("without occupancy", without=("occupancy",)),
    Ablation("without count", without=("count",)),
    Ablation("without speed", without=("speed",)),
    Ablation("speed of detectors alone", without=("occupancy", "count")),
    Ablation("whole percents", is_percent=True),
    Ablation("stations", is_station=True),
)


def asked(feed: Path, ablation: Ablation) -> dict[str, Any]:
    """Give the errors where a recording lacks what an ablation takes."""
    with tempfile.TemporaryDirectory() as folder:
        given = ablated(feed, Path(folder) / "feeds", ablation)
        states, _ = run(given, Path(folder) / "run")
    joined = with_truth(states, feed)
    return {
        "feed": feed.name, "ablation": ablation.name,
        "seen": round(float(states.quality.isin(["observed", "fused"]).mean()), 3),
        **measure(joined, joined.speed_kmh, joined.speed_std_kmh),
    }  # fmt: skip


def by_sensors(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give a line for each ablation: the mean over the recordings."""
    wanted = {
        "seen": "segment-minutes seen", "error_all_kmh": "error, km/h",
        "error_under_15_kmh": "under 15 km/h", "recall_under_15_at_20": "jams found",
        "precision_at_20": "published jams that are true",
        "within_1_std": "errors within one deviation",
    }  # fmt: skip
    table = pd.DataFrame(rows).groupby("ablation", sort=False)[list(wanted)].mean().round(2)
    lines = table.rename(columns=wanted).reset_index(names="a city with").to_dict("records")
    return [{str(name): value for name, value in line.items()} for line in lines]


def main() -> None:
    """Measure every ablation of every recording and write the result."""
    more = sorted((Path(sys.argv[1]) / "feeds").iterdir()) if len(sys.argv) > 1 else []
    feeds = [*recordings(), *more]
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting = [pool.submit(asked, feed, less) for feed in feeds for less in ABLATIONS]
        rows = [of.result() for of in waiting]
    print(*rows, sep="\n")
    write_result(
        "ablations",
        "How far are the published speeds from the true ones in a city poorer in sensors? The "
        "learnt model has seen these recordings.",
        rows,
        [feed / "truth" / "segment_minutes.parquet" for feed in feeds[:1]],
        by_sensors=by_sensors(rows),
    )


if __name__ == "__main__":
    main()
