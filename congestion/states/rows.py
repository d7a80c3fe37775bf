"""A region's minute as rows of STATES."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from congestion.kernels.probes import DISTANCE, TIME, VEHICLES
from congestion.records import STATES
from congestion.region import Region
from congestion.seen import observation as o
from congestion.states.fusion import Estimate
from ingest.kernels.arrays import Floats
from ingest.units import KMH, MINUTE_S, Seconds

QUALITIES = pa.array(["fused", "observed", "filled", "historic"])
HISTORIC = 3
# Driving of less than this (s) tells no speed.
LEAST_PROBE_S = 0.5


@dataclass(frozen=True)
class SegmentStates:
    """What was made of a minute's observations, n segments each; speeds in m/s."""

    estimate: Estimate
    free_flow_mps: Floats
    usual_mps: Floats
    level: npt.NDArray[np.int8]
    queue_m: Floats
    quality: pa.Array
    free_flow_rung: npt.NDArray[np.int8]


def state_rows(
    region: Region,
    segment_ids: pa.Array,
    minute_start: Seconds,
    sums: Floats,
    heard: o.MinuteReadings,
    by_detectors_mps: Floats,
    judged: SegmentStates,
) -> pa.RecordBatch:
    """Give one row a segment: the estimate and what each source said by itself."""
    n = len(region)
    start = pa.scalar(int(minute_start * 1000), pa.timestamp("ms", tz="UTC"))
    vehicles = sums[:, o.TAXI + VEHICLES] + sums[:, o.BUS + VEHICLES]
    with np.errstate(invalid="ignore", divide="ignore"):
        probe_time = sums[:, o.TAXI + TIME] + sums[:, o.BUS + TIME]
        probe_time = np.where(probe_time >= LEAST_PROBE_S, probe_time, np.nan)
        probe = (sums[:, o.TAXI + DISTANCE] + sums[:, o.BUS + DISTANCE]) / probe_time
    reports = sums[:, o.REPORTED] > 0
    columns = [
        pa.repeat(start, n),
        pa.repeat(pa.scalar(int(MINUTE_S), pa.int32()), n),
        segment_ids,
        _f32(judged.estimate.speed_mps * KMH),
        _f32(judged.estimate.std_mps * KMH),
        _f32(judged.free_flow_mps * KMH),
        pa.array(judged.level, pa.int8()),
        pa.array(vehicles.astype(np.int32)),
        pa.array(sums[:, o.DETECTORS].astype(np.int32)),
        judged.quality,
        _f32(judged.queue_m),
        _f32(judged.usual_mps * KMH),
        pa.array(judged.free_flow_rung, pa.int8()),
        _f32(np.where(reports, sums[:, o.FLOW], np.nan)),
        _f32(np.where(reports, sums[:, o.OCCUPANCY], np.nan)),
        _f32(by_detectors_mps * KMH),
        _f32(probe * KMH),
        _by_lane(region, heard.counts),
        _by_lane(region, heard.occupancies),
        _by_lane(region, heard.speeds * KMH),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=STATES)


def _by_lane(region: Region, values: Floats) -> pa.Array:
    offsets = region.detector_offsets
    starts = pa.array(offsets, mask=np.r_[offsets[1:] == offsets[:-1], False])
    return pa.ListArray.from_arrays(starts, pa.array(values.astype(np.float32), from_pandas=True))


def _f32(values: Floats) -> pa.Array:
    return pa.array(values.astype(np.float32))
