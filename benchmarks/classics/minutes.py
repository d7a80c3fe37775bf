"""What the classics are given: a recording's states as arrays, and who is downstream of whom."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ingest.kernels.arrays import Floats
from mapmatch.network import NONE, Network
from streams.stages.city_minute import CityMinute

REACH_M = 600.0
"""The next detectors downstream are looked for so far. Unit: m. Source: chosen, the spacing of
stations on the freeways that the comparing algorithms were made for (half a mile) less a little."""


@dataclass(frozen=True)
class SegmentMinutes:
    """The states of m minutes on n segments, NaN where nothing is known."""

    minute_start: Floats  # m
    event_time: Floats  # m, when the minute was there to be judged
    speed_kmh: Floats  # m x n
    usual_kmh: Floats  # m x n, free flow where nothing is usual yet
    flow_veh_h: Floats  # m x n, by detectors
    occupancy: Floats  # m x n, by detectors
    downstream: npt.NDArray[np.int64]  # n, the nearest segment ahead with detectors, or NONE

    def ahead(self, values: Floats) -> Floats:
        """Give m x n of the next segment with detectors, NaN where there is none."""
        return np.where(self.downstream == NONE, np.nan, values[:, self.downstream])


def segment_minutes(network: Network, minutes: Sequence[CityMinute]) -> SegmentMinutes:
    """Give a recording's minutes as arrays."""
    columns = ("speed_kmh", "usual_kmh", "free_flow_kmh", "flow_veh_h", "occupancy")
    shape = (len(minutes), network.segment_count)
    found = {name: np.full(shape, np.nan) for name in columns}
    ids = pa.array(network.segment_ids)
    for at, minute in enumerate(minutes):
        table = pa.Table.from_batches(minute.states)
        segments = pc.index_in(table["segment_id"], value_set=ids).to_numpy()
        for name, values in found.items():
            values[at, segments] = table[name].to_numpy()
    usual = found["usual_kmh"]
    return SegmentMinutes(
        np.array([minute.minute_start for minute in minutes]),
        np.array([minute.event_time for minute in minutes]),
        found["speed_kmh"],
        np.where(np.isfinite(usual), usual, found["free_flow_kmh"]),
        found["flow_veh_h"],
        found["occupancy"],
        downstream_of(network, np.isfinite(found["occupancy"]).any(axis=0)),
    )


def downstream_of(network: Network, has_detectors: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Give for each of n segments the nearest one ahead with detectors, NONE where none is near."""
    found = np.full(network.segment_count, NONE, np.int64)
    for segment in np.flatnonzero(has_detectors).tolist():
        edge, seen = [(0.0, segment)], {segment}
        while edge:
            away, at = heapq.heappop(edge)
            if at != segment and has_detectors[at]:
                found[segment] = at
                break
            low, high = network.successor_offsets[at], network.successor_offsets[at + 1]
            for after in network.successors[low:high].tolist():
                reach = away + float(network.length_m[after])
                if after in seen or after == network.reverse_segment[at] or reach > REACH_M:
                    continue
                seen.add(after)
                heapq.heappush(edge, (reach, after))
    return found


def lasting(flags: npt.NDArray[np.bool_], count: int) -> npt.NDArray[np.bool_]:
    """Give m x n: true where a flag was so in each of the last `count` minutes."""
    held = flags.copy()
    for back in range(1, count):
        held[back:] &= flags[:-back]
        held[:back] = False
    return held


def before(values: Floats, count: int) -> Floats:
    """Give m x n: the values `count` minutes ago, NaN where there were none."""
    shifted = np.full_like(values, np.nan)
    shifted[count:] = values[:-count]
    return shifted
