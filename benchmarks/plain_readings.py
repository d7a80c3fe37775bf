"""What are detectors' and fleets' plain readings worth, by what a profile learnt of them?

Runs the chain over each labelled recording, learns detectors' lines and fleets' biases from the
states and traversals of the others as `clearway profile build` does, and compares with the truth
on segments and minutes with at least 3 vehicles. Beside the lines of single detectors those of
their class; beside probes as driven those with the fleets' biases taken out.
"""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from result import write_result
from states import JAM_KMH, recordings, run

from congestion.detectors.health import HealthSettings
from congestion.detectors.spot_relation import Lines, segment_speeds
from congestion.profile_build.stored_states import Detectors, detector_minutes
from congestion.profile_build.stored_traversals import KeptTraversals
from congestion.roadside import place_roadside
from ingest.checks.fixes import FLEETS
from ingest.recorded.feed import open_feed
from ingest.units import KMH
from mapmatch.building.build import artefact_for
from mapmatch.network import ROAD_CLASSES, Network, load_network
from mapmatch.records import TRAVERSALS
from streams.cli.options import cache_folder
from streams.lake.detector_profile import DetectorProfile, build_detectors
from streams.recorded import run as streams_run

AT = ["segment", "minute"]
# A ratio further from 1 (by logarithm) is of a stop, as where the biases are learnt.
MOST_LOG = 2.0
LEAST_MINUTES = 100


def keep(feed: Path, folder: Path) -> None:
    """Run the chain over a recording and keep every column, as a lake does."""
    streams_run.TRAVERSAL_COLUMNS = list(TRAVERSALS.names)
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
    told, _ = detector_minutes(folder / "segment_states.parquet", detectors)
    told = told.only((told.counts > 0) & np.isfinite(told.speeds))
    spot, occupancy = told.speeds.astype(np.float64), told.occupancies.astype(np.float64)
    segment = detectors.segment[told.detector]
    signal = network.node_has_signal[network.to_node]
    kind = (2 * network.road_class.astype(np.int64) + signal)[segment]

    def read(lines: Lines, at: np.ndarray) -> np.ndarray:
        limit = detectors.limit_mps[told.detector]
        return segment_speeds(lines.terms[at], spot, occupancy, limit) * KMH

    table = pd.DataFrame(
        {
            "segment": segment, "minute": told.minute, "n": told.counts,
            "spot speed": spot * KMH,
            "its class's line": read(made.plain.of_class, kind),
            "each detector's line": read(made.plain.relation.lines, told.detector),
        }
    )  # fmt: skip
    ways = list(table.columns[3:])
    table[ways] = table[ways].mul(table.n, axis=0)
    summed = table.groupby(AT)[["n", *ways]].sum()
    return summed[ways].div(summed.n, axis=0).reset_index()


def by_probes(folder: Path, made: DetectorProfile, network: Network) -> pd.DataFrame:
    """Give what fleets drove whole: metres, seconds, and seconds with their bias taken out."""
    driven = KeptTraversals([folder / "traversals.parquet"], network).driven(0.0, 4e9)
    table = pd.DataFrame(driven._asdict())
    table["metres"] = table.vehicles * network.length_m[table.segment]
    table["road_class"] = network.road_class[table.segment]
    ratio = {
        (FLEETS.index(row["fleet"]), ROAD_CLASSES.index(row["road_class"])): row["ratio"]
        for row in made.plain.bias.to_pylist()
    }
    bias = [ratio.get(key, 1.0) for key in zip(table.fleet, table.road_class, strict=True)]
    table["unbiased"] = table.seconds / np.array(bias)
    return table


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
) -> tuple[list[dict[str, Any]], pd.DataFrame]:
    """Give the errors of each way in one recording, and its fleets' paces over the true ones."""
    truth = truth_of(feed, network)
    read = by_detectors(folder, detectors, made, network).merge(truth, on=AT)
    rows = [errors(feed.name, way, read[way], read.true) for way in read.columns[2:-1]]
    probes = by_probes(folder, made, network)
    with_bus = probes.groupby(AT)[["metres", "seconds", "unbiased", "fleet"]].sum().reset_index()
    both = with_bus.merge(truth, on=AT)
    for name, column in (("whole probes", "seconds"), ("whole probes, unbiased", "unbiased")):
        rows.append(errors(feed.name, name, KMH * both.metres / both[column], both.true))
    beside = probes.merge(truth, on=AT)
    log_ratio = np.log(beside.seconds / beside.metres * beside.true.clip(lower=1.0) / KMH)
    return rows, beside.assign(log_ratio=log_ratio.clip(-MOST_LOG, MOST_LOG), feed=feed.name)


def biases(made: DetectorProfile, beside: pd.DataFrame) -> list[dict[str, Any]]:
    """Give learnt and true pace of each fleet and class over general traffic's."""
    found = []
    for row in made.plain.bias.to_pylist():
        fleet, road_class = FLEETS.index(row["fleet"]), ROAD_CLASSES.index(row["road_class"])
        mine = beside[(beside.fleet == fleet) & (beside.road_class == road_class)]
        if len(mine) >= LEAST_MINUTES:
            found.append(
                {
                    "feed": mine.feed.iloc[0], "fleet": row["fleet"],
                    "road_class": row["road_class"], "learnt": round(row["ratio"], 3),
                    "true": round(float(np.exp(mine.log_ratio.mean())), 3), "minutes": len(mine),
                }
            )  # fmt: skip
    return found


def main() -> None:
    """Run all, learn on the others, compare."""
    feeds = recordings()
    first = open_feed(feeds[0])
    assert first.manifest.network is not None
    network = load_network(artefact_for(first.manifest.network, cache_folder()))
    detectors = Detectors(network, place_roadside(network, first.assets))
    rows: list[dict[str, Any]] = []
    fleets: list[dict[str, Any]] = []
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
            told, beside = rows_of(feed, folder, made, detectors, network)
            rows, fleets = rows + told, fleets + biases(made, beside)
            print(pd.DataFrame(told).to_string(index=False))
            print(pd.DataFrame([f for f in fleets if f["feed"] == feed.name]).to_string())
    write_result(
        "plain_readings",
        "How far is a segment's speed by detectors alone, and by probes alone, from the true one, "
        "with lines and biases learnt on the other recordings?",
        rows,
        [feed / "truth" / "segment_minutes.parquet" for feed in feeds[:1]],
        fleet_bias=fleets,
    )


if __name__ == "__main__":
    main()
