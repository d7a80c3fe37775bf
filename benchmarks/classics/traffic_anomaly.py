"""The open package traffic-anomaly (Oregon DOT, MIT): speeds far from what other days had then.

It runs in a process of its own, with the packages of the folder that the environment variable
CLEARWAY_TRAFFIC_ANOMALY names (`pip install --target FOLDER traffic-anomaly`).
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.classics.minutes import SegmentMinutes
from mapmatch.network import Network

PACKAGES = "CLEARWAY_TRAFFIC_ANOMALY"
PROCESS = Path(__file__).with_name("traffic_anomaly_process.py")
SWEPT = (2.0, 3.5, 5.0, 8.0)
"""Deviations beyond which a speed is an anomaly; 3.5 is the package's own."""
STEP = 5
"""It is given means of so many minutes, and tells at their end. Source: chosen, the shortest that
detectors are usually read in; single minutes are mostly noise to it."""
DAY_S, WEEK_S = 86_400.0, 7 * 86_400.0


def packages() -> Path | None:
    """Give the folder of its packages, None where it is not installed."""
    named = os.environ.get(PACKAGES)
    folder = Path(named) if named else None
    return folder if folder and (folder / "traffic_anomaly").is_dir() else None


def traffic_anomaly(
    network: Network, minutes: SegmentMinutes, past: Sequence[SegmentMinutes], folder: Path
) -> dict[float, npt.NDArray[np.bool_]]:
    """Give m x n alarms by deviation: anomalies that no segment ahead shows too, and slow ones.

    `past` are other mornings of the network, which stand for the same weekday of weeks before.
    Files are written into `folder`.
    """
    days = [*past, minutes]
    rows = pd.concat(
        [_rows(network, day, week, len(days)) for week, day in enumerate(days)], ignore_index=True
    )
    rows.to_parquet(folder / "speeds.parquet")
    low, high = network.successor_offsets[:-1], network.successor_offsets[1:]
    roads = pd.DataFrame(
        {"id": np.repeat(np.arange(network.segment_count), high - low),
         "next_id": network.successors}
    )  # fmt: skip
    roads.to_parquet(folder / "roads.parquet")
    own = {**os.environ, "PYTHONPATH": str(packages())}
    command = [sys.executable, "-P", str(PROCESS), str(folder), *map(str, SWEPT)]
    subprocess.run(command, check=True, env=own)
    last = _ends(minutes, len(days) - 1, len(days))
    found = {}
    for deviation in SWEPT:
        flags = np.zeros(minutes.speed_kmh.shape, np.bool_)
        odd = pd.read_parquet(folder / f"{deviation}.parquet")
        odd = odd[odd.timestamp >= last[0]]
        step = last.get_indexer(pd.DatetimeIndex(odd.timestamp))
        flags[(step + 1) * STEP - 1, odd.id.to_numpy()] = True
        found[deviation] = flags
    return found


def _rows(network: Network, day: SegmentMinutes, week: int, weeks: int) -> pd.DataFrame:
    ends = _ends(day, week, weeks)
    pieces = day.speed_kmh[: len(ends) * STEP].reshape(len(ends), STEP, network.segment_count)
    known = np.isfinite(pieces).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(pieces, axis=1) / known
    rows = pd.DataFrame(
        {"id": np.tile(np.arange(network.segment_count), len(ends)),
         "timestamp": np.repeat(ends, network.segment_count),
         "speed": mean.ravel()}
    )  # fmt: skip
    return rows.dropna()


def _ends(day: SegmentMinutes, week: int, weeks: int) -> pd.DatetimeIndex:
    """Give the last minute of each step of a day, put on one weekday of successive weeks."""
    last = day.minute_start[STEP - 1 :: STEP]
    seconds = last % DAY_S + (week - weeks + 52) * WEEK_S
    return pd.DatetimeIndex(pd.to_datetime(seconds, unit="s"))
