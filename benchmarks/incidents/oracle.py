"""The same judge on the true minutes of segments, not on estimates: the most sensing can give."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.incidents.recording import Recording
from congestion.levels import level_profile
from congestion.queues.queue_settings import VEHICLE_SPACING_M
from congestion.roadside import RoadsideAssets
from congestion.settings import EstimatorSettings
from ingest.kernels.arrays import Floats, Int64s
from ingest.units import KMH, MINUTE_S
from mapmatch.network import NONE, Network
from streams.stages.city_minute import CityMinute

STANDS = 0.25
"""Slower than this share of free flow a segment is full of its queue. Source: data/README.md, what
the truth calls congested."""
AT_LINE_M = 5.0
"""Detectors are put so far before the end of a segment. Unit: m. Source: chosen, the stop line."""


def oracle_of(recording: Recording) -> Recording:
    """Give a recording whose minutes hold the true speed and flow of every segment driven.

    A segment without detectors has one that counts who truly leaves it, and is occupied as the
    vehicles truly in it occupy its lanes. Detectors that are there, cameras and vehicles that stand
    stay as they were seen. Levels and queues follow from the true speeds.
    """
    truth = pq.read_table(
        recording.folder / "truth" / "segment_minutes.parquet",
        columns=["link_id", "interval_start", "speed_kmh", "entered", "left"],
    ).to_pandas()
    network, detectors = recording.network, recording.roadside.detectors
    truth["segment"] = pd.Index(network.segment_ids).get_indexer(pd.Index(truth.link_id))
    truth = truth[truth.segment >= 0].sort_values("interval_start")
    change = truth.entered - truth.left
    present = change.groupby(truth.segment).cumsum()
    truth["present"] = present - present.groupby(truth.segment).transform("min").clip(upper=0)
    by_minute = {time.timestamp(): rows for time, rows in truth.groupby("interval_start")}
    without = np.setdiff1d(np.arange(network.segment_count), detectors.segment)

    def truly(minute: CityMinute) -> CityMinute:
        rows = by_minute.get(minute.minute_start)
        if rows is None:
            return minute
        return minute._replace(states=[_truly(network, without, b, rows) for b in minute.states])

    minutes = [truly(minute) for minute in recording.minutes]
    roadside = replace(recording.roadside, detectors=_more(network, detectors, without))
    return replace(recording, roadside=roadside, minutes=minutes)


def _more(network: Network, detectors: RoadsideAssets[str], without: Int64s) -> RoadsideAssets[str]:
    """Give the detectors with one more on each segment that has none."""
    on_road = detectors.segment != NONE
    return RoadsideAssets(
        tuple(np.array(detectors.ids)[on_road]) + tuple(f"true-{s}" for s in without.tolist()),
        np.concatenate([detectors.segment[on_road], without]).astype(np.int32),
        np.concatenate(
            [detectors.offset_m[on_road], np.maximum(network.length_m[without] - AT_LINE_M, 0.0)]
        ),
        np.concatenate([detectors.lane[on_road], np.zeros(len(without))]).astype(np.int32),
    )


def _truly(
    network: Network, without: Int64s, batch: pa.RecordBatch, rows: pd.DataFrame
) -> pa.RecordBatch:
    """Give a region's states of a minute, with the truth in place of what was estimated."""
    segments = pc.index_in(batch["segment_id"], value_set=pa.array(network.segment_ids)).to_numpy()
    speed, left, present = (_spread(network, rows, c) for c in ("speed_kmh", "left", "present"))
    own, free = speed[segments], batch["free_flow_kmh"].to_numpy().astype(np.float64)
    is_driven = np.isfinite(own)
    profile = level_profile(EstimatorSettings().level_profile)
    road_class = network.road_class[segments]
    lanes_m = network.length_m * np.maximum(network.lanes, 1)
    occupancy = np.minimum(np.nan_to_num(present) * VEHICLE_SPACING_M / lanes_m, 1.0)[segments]
    new = {
        "speed_kmh": own,
        "level": profile.levels(own / KMH, free / KMH, road_class).astype(np.float64),
        "queue_length_m": np.where(own < STANDS * free, network.length_m[segments], 0.0),
        "flow_veh_h": left[segments] * 3600.0 / MINUTE_S,
        "probe_speed_kmh": own,
        "probe_count": np.ones(len(own)),
    }
    bare = np.isin(segments, without)
    counted = {
        "lane_counts": np.nan_to_num(left[segments]).tolist(),
        "lane_occupancies": occupancy.tolist(),
        "lane_speeds_kmh": [
            value if known else None for value, known in zip(own, is_driven, strict=True)
        ],
        "lane_believed": [True] * len(own),
    }
    columns = []
    for field in batch.schema:
        column = batch[field.name]
        if field.name in new:
            told = pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False)
            true = np.where(is_driven, new[field.name], told)
            column = pa.array(true, from_pandas=True).cast(field.type)
        elif field.name in counted:
            own_lists = [[value] for value in counted[field.name]]
            pairs = zip(bare, own_lists, column.to_pylist(), strict=True)
            column = pa.array([true if b else told for b, true, told in pairs], field.type)
        columns.append(column)
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def _spread(network: Network, rows: pd.DataFrame, column: str) -> Floats:
    values = np.full(network.segment_count, np.nan)
    values[rows.segment] = rows[column]
    return values
