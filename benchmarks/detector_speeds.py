"""How far is a single sensor's speed, made of flow and occupancy, from the spot speed measured?

Takes the speeds out of the labelled recordings' magnetometers, lets the g-factor make them anew
minute by minute, and compares with what was taken out, weighed by vehicle. Beside it the limit's
usual share, which needs no detector, and one length for all.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from benchmarks.recordings import network_of, recordings
from benchmarks.result import write_result
from benchmarks.states import SLOW_KMH
from congestion.detectors.g_factor import GFactor
from congestion.detectors.settings.g_factor import GFactorSettings
from congestion.region import region_of
from congestion.roadside import place_roadside
from congestion.seen.readings import MinuteReadings, minute_readings
from ingest.frames import READINGS
from ingest.recorded.feed import open_feed
from ingest.units import KMH

LEARNING_MINUTES = 15


def rows_of(path: Path) -> list[dict[str, Any]]:
    """Give the errors of each way to tell the speed in one recording, after some minutes."""
    feed, network = open_feed(path), network_of(path)
    assert feed.readings is not None
    roadside = place_roadside(network, feed.assets)
    readings = feed.readings.to_pandas().sort_values(["interval_start", "detector_id"])
    found = []
    for number in range(network.region_count):
        region = region_of(network, number, roadside)
        factor, settings = GFactor(region), GFactorSettings()
        limit = region.limit_mps[region.detector_segment]
        for minute, (_, rows) in enumerate(readings.groupby("interval_start")):
            read = minute_readings(region, pa.Table.from_pandas(rows, READINGS))
            unspoken = np.full(len(limit), np.nan)
            made = factor.fill(MinuteReadings(read.counts, read.occupancies, unspoken))
            if minute < LEARNING_MINUTES:
                continue
            with np.errstate(invalid="ignore", divide="ignore"):
                one = settings.usual_length_m * read.counts / read.occupancies / 60.0
            columns = {
                "count": read.counts, "true": read.speeds,
                "g-factor of each detector": made.speeds,
                "one length for all": np.minimum(one, settings.most_speed_share * limit),
                "share of the limit": settings.free_speed_share * limit,
            }  # fmt: skip
            found.append(pd.DataFrame(columns))
    table = pd.concat(found)
    table = table[(table["count"] > 0) & table.true.notna() & made_all(table)]
    slow = table[table.true * KMH < SLOW_KMH]
    return [
        {"feed": path.name, "way": way, "minutes": len(table), "error_kmh": _error(table, way),
         "bias_kmh": _bias(table, way), "error_under_20_kmh": _error(slow, way)}
        for way in table.columns[2:]
    ]  # fmt: skip


def made_all(table: pd.DataFrame) -> "pd.Series[bool]":
    """Tell where every way gives a speed."""
    return table.iloc[:, 2:].notna().all(axis=1)


def _error(table: pd.DataFrame, way: str) -> float:
    return round(
        KMH * float(np.average((table[way] - table.true).abs(), weights=table["count"])), 2
    )


def _bias(table: pd.DataFrame, way: str) -> float:
    return round(KMH * float(np.average(table[way] - table.true, weights=table["count"])), 2)


def main() -> None:
    """Take out, make anew and compare."""
    rows = []
    for path in recordings():
        rows += rows_of(path)
        print(pd.DataFrame(rows[-3:]).to_string(index=False))
    write_result(
        "detector_speeds",
        "How far is a speed made of flow and occupancy from the spot speed measured (mean over "
        "vehicles)?",
        rows,
        [path / "magnetometer.parquet" for path in recordings()],
    )


if __name__ == "__main__":
    main()
