"""One minute of the whole city as arrays over all segments and detectors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from incidents.signs.lane_detectors import LaneDetectors
from ingest.kernels.arrays import Flags, Floats
from ingest.units import KMH, Seconds
from mapmatch.network import NONE, Network


@dataclass(frozen=True)
class CityArrays:
    """The states of n segments and the readings of d detectors in one minute.

    NaN where nothing is known. Speeds in m/s, flow in veh/s, occupancy 0..1, counts in vehicles.
    """

    minute_start: Seconds
    speed: Floats  # n, the estimate
    free_speed: Floats  # n
    level: Floats  # n, 0..5
    probe_count: Floats  # n
    probe_speed: Floats  # n
    flow: Floats  # n
    occupancy: Floats  # n
    queued_m: Floats  # n, from the downstream end to where the segment's own queue reaches
    lane_counts: Floats  # d
    lane_occupancies: Floats  # d
    lane_speeds: Floats  # d
    is_doubted: Flags  # d, sent but not believed
    has_sent: Flags  # d
    lanes_doubted: Flags  # d, nobody knows which lane is which


def city_arrays(
    network: Network,
    detectors: LaneDetectors,
    minute_start: Seconds,
    batches: Sequence[pa.RecordBatch],
) -> CityArrays:
    """Spread the state rows of every region over the city's segments and detectors.

    A segment without a row is NaN throughout; a row of an unknown segment is left out. Where a
    row's lists are not as long as its segment has detectors, they are left out, and so is what a
    detector sent that is not believed.
    """
    no_rows = pa.table({"segment_id": pa.array([], pa.string())})
    table = pa.Table.from_batches(batches) if batches else no_rows
    places = detectors.places.of(table["segment_id"])
    rows = np.flatnonzero(places != NONE)
    segments = places[rows].astype(np.int64)

    def column(name: str, scale: float = 1.0) -> Floats:
        values = np.full(network.segment_count, np.nan)
        if len(rows):
            values[segments] = _numbers(table[name])[rows] / scale
        return values

    # Where the only sensors are not believed nobody knows whether the road is free.
    unknown = np.zeros(network.segment_count, np.bool_)
    if len(rows) and "quality" in table.column_names:
        is_unknown = pc.is_in(table["quality"], pa.array(["unknown"]))
        unknown[segments] = is_unknown.to_numpy(zero_copy_only=False)[rows]
    lists = [
        _lists(table, name, detectors, rows, segments)
        for name in ("lane_counts", "lane_occupancies", "lane_speeds_kmh")
    ]
    is_doubted = _lists(table, "lane_believed", detectors, rows, segments) == 0.0
    counts, occupancies, speeds = (np.where(is_doubted, np.nan, values) for values in lists)
    return CityArrays(
        minute_start=minute_start,
        speed=np.where(unknown, np.nan, column("speed_kmh", KMH)),
        free_speed=column("free_flow_kmh", KMH),
        level=np.where(unknown, np.nan, column("level")),
        probe_count=np.nan_to_num(column("probe_count")),
        probe_speed=column("probe_speed_kmh", KMH),
        flow=column("flow_veh_h", 3600.0),
        occupancy=column("occupancy"),
        queued_m=column("queue_length_m"),
        lane_counts=counts,
        lane_occupancies=occupancies,
        lane_speeds=speeds / KMH,
        is_doubted=is_doubted,
        has_sent=np.logical_or.reduce([np.isfinite(values) for values in lists]),
        lanes_doubted=(column("lanes_doubted") == 1.0)[detectors.segment],
    )


def _numbers(column: pa.ChunkedArray) -> Floats:
    return pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False).astype(np.float64)


def _lists(
    table: pa.Table,
    name: str,
    detectors: LaneDetectors,
    rows: npt.NDArray[np.int64],
    segments: npt.NDArray[np.int64],
) -> Floats:
    values = np.full(len(detectors), np.nan)
    if not len(rows) or not len(detectors) or name not in table.column_names:
        return values
    column = table[name].combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks)
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    flat = column.flatten().cast(pa.float64()).to_numpy(zero_copy_only=False)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    expected = detectors.first[segments + 1] - detectors.first[segments]
    is_whole = (lengths[rows] == expected) & (expected > 0)
    length = expected[is_whole]
    within = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    target = np.repeat(detectors.first[segments[is_whole]], length) + within
    values[target] = flat[np.repeat(starts[rows[is_whole]], length) + within]
    return values
