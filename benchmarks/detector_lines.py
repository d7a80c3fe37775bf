"""How far is a segment's speed by detectors alone, and by probes alone, from the true one?

Runs the chain over each labelled recording, learns detectors' lines from the states and traversals
of the others as `clearway profile build` does, and compares with the truth on segments and minutes
with at least 3 vehicles. Beside the lines of single detectors stand those of their class.
"""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.recordings import network_of, recordings, run
from benchmarks.result import write_result
from congestion.detectors.settings.health import HealthSettings
from congestion.detectors.spot_relation import Lines, segment_speeds
from congestion.profile_build.stored_states import Detectors, detectors_of, stored_readings
from congestion.profile_build.stored_traversals import driven
from congestion.roadside import place_roadside
from incidents.scoring.speed import JAM_KMH
from ingest.recorded.feed import open_feed
from ingest.units import KMH
from mapmatch.network import Network
from streams.lake.detector_profile import DetectorProfile, build_detectors

AT = ["segment", "minute"]


def keep(feed: Path, folder: Path) -> None:
    """Run the chain over a recording and keep every column, as a lake does."""
    folder.mkdir()
    run(feed, folder)


def truth_of(feed: Path, network: Network) -> pd.DataFrame:
    """Give the true speeds (km/h) by segment and minute."""
    truth = pd.read_parquet(feed / "truth" / "segment_minutes.parquet")
    truth = truth[np.maximum(truth.entered, truth.left) >= 3]
    place = {name: number for number, name in enumerate(network.segment_ids)}
    minute = truth.interval_start.astype("datetime64[ms, UTC]").astype("int64") // 1000
    return pd.DataFrame(
        {"segment": truth.link_id.map(place), "minute": minute, "true": truth.speed_kmh}
    )


def by_detectors(
    folder: Path, detectors: Detectors, made: DetectorProfile, network: Network
) -> pd.DataFrame:
    """Give the speed (km/h) by each way of reading detectors, by segment and minute."""
    read, _ = stored_readings(folder / "segment_states.parquet", detectors)
    read = read.only((read.counts > 0) & np.isfinite(read.speeds))
    spot, occupancy = read.speeds.astype(np.float64), read.occupancies.astype(np.float64)
    segment = detectors.segment[read.detector]
    signal = network.node_has_signal[network.to_node]
    kind = (2 * network.road_class.astype(np.int64) + signal)[segment]

    def by_line(lines: Lines, at: np.ndarray) -> np.ndarray:
        limit = detectors.limit_mps[read.detector]
        return segment_speeds(lines.terms[at], spot, occupancy, limit) * KMH

    table = pd.DataFrame(
        {
            "segment": segment, "minute": read.minute, "n": read.counts,
            "spot speed": spot * KMH,
            "its class's line": by_line(made.lines.of_class, kind),
            "each detector's line": by_line(made.lines.relation.lines, read.detector),
        }
    )  # fmt: skip
    ways = list(table.columns[3:])
    table[ways] = table[ways].mul(table.n, axis=0)
    summed = table.groupby(AT)[["n", *ways]].sum()
    return summed[ways].div(summed.n, axis=0).reset_index()


def by_probes(folder: Path, network: Network) -> pd.DataFrame:
    """Give the speed (km/h) of the probes that drove a segment whole, by segment and minute."""
    table = pd.DataFrame(driven([folder / "traversals.parquet"], network, 0.0, 4e9)._asdict())
    metres = table.vehicles * network.length_m[table.segment]
    return table[AT].assign(**{"whole probes": KMH * metres / table.seconds})


def errors(feed: str, way: str, speed: pd.Series, true: pd.Series) -> dict[str, Any]:
    """Give a row of the errors of one way to tell the speed."""
    error, is_jam = speed - true, true < JAM_KMH
    return {
        "feed": feed, "way": way, "minutes": len(error),
        "error_kmh": round(float(error.abs().mean()), 2),
        "bias_kmh": round(float(error.mean()), 2),
        "error_under_15_kmh": round(float(error[is_jam].abs().mean()), 2),
    }  # fmt: skip


def rows_of(
    feed: Path, folder: Path, made: DetectorProfile, detectors: Detectors, network: Network
) -> list[dict[str, Any]]:
    """Give the errors of each way in one recording."""
    truth = truth_of(feed, network)
    rows = []
    for read in (by_detectors(folder, detectors, made, network), by_probes(folder, network)):
        both = read.merge(truth, on=AT)
        rows += [errors(feed.name, way, both[way], both.true) for way in read.columns[2:]]
    return rows


def main() -> None:
    """Run all, learn on the others, compare."""
    feeds = recordings()
    first = open_feed(feeds[0])
    network = network_of(feeds[0])
    detectors = detectors_of(network, place_roadside(network, first.assets))
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as scratch:
        folders = {feed: Path(scratch) / feed.name for feed in feeds}
        for feed, folder in folders.items():
            keep(feed, folder)
        for feed, folder in folders.items():
            others = [of for name, of in folders.items() if name != feed]
            made = build_detectors(
                [of / "segment_states.parquet" for of in others],
                [of / "traversals.parquet" for of in others],
                network, first.assets, "Asia/Shanghai", HealthSettings(),
            )  # fmt: skip
            found = rows_of(feed, folder, made, detectors, network)
            rows += found
            print(pd.DataFrame(found).to_string(index=False))
    write_result(
        "detector_lines",
        "How far is a segment's speed by detectors alone, and by probes alone, from the true one, "
        "with lines learnt on the other recordings?",
        rows,
        [feed / "truth" / "segment_minutes.parquet" for feed in feeds[:1]],
    )


if __name__ == "__main__":
    main()
