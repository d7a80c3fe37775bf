"""A region's minute as rows of STATES."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from congestion.kernels.probes import DISTANCE, TIME, VEHICLES
from congestion.records import STATES
from congestion.region import Region
from congestion.seen.readings import MinuteReadings
from congestion.seen.sums import DETECTORS, probe_sum
from congestion.states.features import flow, occupancy
from congestion.states.fusion import Estimate
from ingest.kernels.arrays import Flags, Floats
from ingest.units import KMH, MINUTE_S, Seconds

QUALITIES = pa.array(["fused", "observed", "filled", "historic", "unknown"])
"""From the best: several kinds of sensors saw the segment, one did, those around it were seen, or
nothing was and the state is what is usual. `unknown`: its only sensors are not believed, so that
the state in the row is a guess against what they say."""
FILLED, HISTORIC, UNKNOWN = 2, 3, 4
LEAST_PROBE_S = 0.5
"""Shorter driving gives no speed. Unit: s. Source: chosen, so short a piece is mostly rounding."""


@dataclass(frozen=True)
class SegmentStates:
    """What was made of all that was seen in a minute, n segments each; speeds in m/s."""

    estimate: Estimate
    free_flow_mps: Floats
    usual_mps: Floats
    level: npt.NDArray[np.int8]
    queue_m: Floats
    quality: pa.Array
    free_flow_rung: npt.NDArray[np.int8]
    lanes_doubted: Flags


def state_rows(
    region: Region,
    segment_ids: pa.Array,
    minute_start: Seconds,
    sums: Floats,
    readings: MinuteReadings,
    is_believed: Flags,
    by_detectors_mps: Floats,
    segments: SegmentStates,
) -> pa.RecordBatch:
    """Give one row a segment: the estimate, and what each source gives by itself.

    `is_believed` says it of each detector.
    """
    n = len(region)
    start = pa.scalar(int(minute_start * 1000), pa.timestamp("ms", tz="UTC"))
    vehicles = probe_sum(sums, VEHICLES)
    with np.errstate(invalid="ignore", divide="ignore"):
        probe_time = probe_sum(sums, TIME)
        probe_time = np.where(probe_time >= LEAST_PROBE_S, probe_time, np.nan)
        probe = (probe_sum(sums, DISTANCE)) / probe_time
    columns = [
        pa.repeat(start, n),
        pa.repeat(pa.scalar(int(MINUTE_S), pa.int32()), n),
        segment_ids,
        _f32(segments.estimate.speed_mps * KMH),
        _f32(segments.estimate.std_mps * KMH),
        _f32(segments.free_flow_mps * KMH),
        pa.array(segments.level, pa.int8()),
        pa.array(vehicles.astype(np.int32)),
        pa.array(sums[:, DETECTORS].astype(np.int32)),
        segments.quality,
        _f32(segments.queue_m),
        _f32(segments.usual_mps * KMH),
        pa.array(segments.free_flow_rung, pa.int8()),
        _f32(flow(sums)),
        _f32(occupancy(sums)),
        _f32(by_detectors_mps * KMH),
        _f32(probe * KMH),
        _by_lane(region, readings.counts),
        _by_lane(region, readings.occupancies),
        _by_lane(region, np.where(readings.has_ended, readings.speeds * KMH, np.nan)),
        pa.ListArray.from_arrays(_lane_starts(region), pa.array(is_believed)),
        pa.array(segments.lanes_doubted),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=STATES)


def _by_lane(region: Region, values: Floats) -> pa.Array:
    lanes = pa.array(values.astype(np.float32), from_pandas=True)
    return pa.ListArray.from_arrays(_lane_starts(region), lanes)


def _lane_starts(region: Region) -> pa.Array:
    """Give where the list of each segment begins, null where it has no detector."""
    offsets = region.detector_offsets
    return pa.array(offsets, mask=np.r_[offsets[1:] == offsets[:-1], False])


def _f32(values: Floats) -> pa.Array:
    return pa.array(values.astype(np.float32))
