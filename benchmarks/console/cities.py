"""Cities of any size for the console: a small one laid side by side, with recorded minutes."""

import json
import multiprocessing
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa

from benchmarks.recordings import SMALL, run
from benchmarks.state_scale import tiled
from congestion.records import STATES
from ingest.frames import FrameHeader, encode_frame
from mapmatch.network import Network

FIRST, MINUTES = "2026-09-15T23:28:00", 6
"""Minutes of the recording in which much is measured."""
GAP_M = 200.0
SEED = 7


SIZES = (5_000, 60_000, 100_000)
"""Unit: segments."""

Measure = Callable[[int, pd.DataFrame], dict[str, Any]]


def of_each_size(measure: Measure) -> list[dict[str, Any]]:
    """Measure each size with what was recorded, in a process of its own; give the rows."""
    states, rows = recorded(), []
    context = multiprocessing.get_context("spawn")
    for segments in SIZES:
        with ProcessPoolExecutor(1, mp_context=context) as alone:
            rows.append(alone.submit(measure, segments, states).result())
        print(rows[-1], flush=True)
    return rows


def recorded() -> pd.DataFrame:
    """Give the states of some minutes of the recording that ships."""
    with tempfile.TemporaryDirectory() as folder:
        states, _ = run(SMALL, Path(folder) / "run")
    first = pd.Timestamp(FIRST, tz="UTC")
    times = pd.to_datetime(states.interval_start, utc=True)
    states = states.assign(minute=((times - first) / pd.Timedelta(minutes=1)).round().astype(int))
    return states[(states.minute >= 0) & (states.minute < MINUTES)]


def laid_out(city: Network, segments: int) -> Network:
    """Give a city of at least so many segments: copies beside each other, in a square."""
    whole = tiled(city, segments)
    tiles = whole.segment_count // city.segment_count
    across = int(np.ceil(np.sqrt(tiles)))
    column, row = np.arange(tiles) % across, np.arange(tiles) // across
    width = float(np.ptp(city.vertex_x)) + GAP_M
    height = float(np.ptp(city.vertex_y)) + GAP_M
    return replace(
        whole,
        names=list(city.names) * tiles,
        node_x=whole.node_x + np.repeat(column * width, len(city.node_x)),
        node_y=whole.node_y + np.repeat(row * height, len(city.node_y)),
        vertex_x=whole.vertex_x + np.repeat(column * width, len(city.vertex_x)),
        vertex_y=whole.vertex_y + np.repeat(row * height, len(city.vertex_y)),
    )


def frames(city: Network, whole: Network, states: pd.DataFrame) -> Iterator[tuple[float, bytes]]:
    """Give each minute of a laid out city, with when it begins.

    Each copy has the states of the recording's segments in an order of its own, so that no copy
    repeats what another says.
    """
    tiles = whole.segment_count // city.segment_count
    rng = np.random.default_rng(SEED)
    orders = [rng.permutation(city.segment_count) for _ in range(tiles)]
    for _, minute in states.groupby("minute"):
        by_segment = minute.set_index("segment_id").reindex(city.segment_ids).reset_index(drop=True)
        rows = pd.concat([by_segment.iloc[order] for order in orders], ignore_index=True)
        rows["segment_id"] = whole.segment_ids
        rows = rows[rows.quality.notna()]
        start = pd.Timestamp(minute.interval_start.iloc[0])
        columns = [
            pa.array(np.asarray(rows[field.name]), type=field.type, from_pandas=True)
            for field in STATES
        ]
        batch = pa.RecordBatch.from_arrays(columns, schema=STATES)
        payload = json.dumps({"region": 0, "minute": start.timestamp(), "sightings": []}).encode()
        header = FrameHeader(channel="estimate/0", payload=msgspec.Raw(payload))
        yield start.timestamp(), encode_frame(batch, header)
