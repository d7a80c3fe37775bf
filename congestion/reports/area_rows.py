"""The indices of every district and minute, with the sums that they are made of, as stored rows."""

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from congestion.indices import (
    AreaSums,
    congested_below_kmh,
    indices_of,
    lane_metres,
    reachable_speed,
)
from congestion.queues.vehicles import (
    MINUTES_IN_HOUR,
    lost_share,
    read_lane_flows,
    vehicles_by_flow,
)
from congestion.records import MEASURED
from ingest.kernels.arrays import Flags, Floats, Int64s
from ingest.units import KMH
from mapmatch.network import Network

if TYPE_CHECKING:
    from congestion.reports.area_minutes import AreaMinutes

UNKNOWN = "unknown"
"""The quality of a state whose only sensors are not believed."""
SUMS = ("weight_m", "time_lane_s", "free_time_lane_s", "congested_m", "delay_veh_h")
AREA_MINUTES = pa.schema(
    [
        ("interval_start", pa.timestamp("ms", tz="UTC")),
        ("area", pa.string()),  # a region's number
        ("segment_count", pa.int32()),  # of known state
        ("speed_kmh", pa.float32()),
        ("tti", pa.float32()),
        ("congested_share", pa.float32()),
        ("tpi_mileage", pa.float32()),
        ("tpi_travel_time", pa.float32()),
        ("row_count", pa.int32()),  # states
        ("observed_count", pa.int32()),  # of these known and seen in the minute
        *((name, pa.float64()) for name in SUMS),
    ]
)
"""Rows of several minutes or regions are joined by adding their counts and sums; see `AreaSums`."""


def area_rows(network: Network, states: pa.Table) -> pa.Table:
    """Give a row of AREA_MINUTES for each region and minute that has states, in that order.

    States of segments that the network has not are left out.
    """
    place = pc.index_in(states["segment_id"], value_set=pa.array(network.segment_ids, pa.string()))
    states = states.filter(place.is_valid())
    segment = place.drop_null().to_numpy().astype(np.int64)
    minute = states["interval_start"].cast(pa.int64()).to_numpy()
    region = network.region[segment].astype(np.int64)
    keys, row = np.unique(minute * network.region_count + region, return_inverse=True)
    quality = states["quality"]
    is_measured = pc.is_in(quality, value_set=pa.array(sorted(MEASURED))).to_numpy()
    is_known, sums = summands(network, segment, states)

    def summed(values: Floats | Flags) -> Floats:
        return np.bincount(row, values, len(keys)).astype(np.float64)

    counts = [summed(flags) for flags in (is_known, np.ones(len(row)), is_measured & is_known)]
    return _table(*np.divmod(keys, network.region_count), [summed(v) for v in sums], counts)


def stored_rows(minutes: "AreaMinutes") -> pa.Table:
    """Give the minutes of districts as rows of AREA_MINUTES, in their order."""
    counts = [minutes.known, minutes.row_count, minutes.observed]
    sums = [*minutes.sums.T[:4], minutes.delay_veh_h]
    return _table(minutes.minute * 1000, minutes.region, sums, counts)


def _table(
    minute_ms: Int64s, region: Int64s, sums: list[Floats], counts: list[np.ndarray]
) -> pa.Table:
    """Give rows of AREA_MINUTES; counts are of states known, of all, and of those observed."""
    known, row_count, observed = counts
    found = [
        indices_of(str(number), AreaSums(*figures))
        for number, *figures in zip(
            region.tolist(), *(of.tolist() for of in sums[:4]), known.tolist(), strict=True
        )
    ]
    columns = [
        pa.array(minute_ms, pa.timestamp("ms", tz="UTC")),
        *(pa.array([getattr(a, f.name) for a in found], f.type) for f in list(AREA_MINUTES)[1:8]),
        *(pa.array(count.astype(np.int32)) for count in (row_count, observed)),
        *(pa.array(of) for of in sums),
    ]
    return pa.Table.from_arrays(columns, schema=AREA_MINUTES)


def summands(network: Network, segment: np.ndarray, states: pa.Table) -> tuple[Flags, list[Floats]]:
    """Tell which states are known, and give what each adds to SUMS; see `stored.on_segments`."""
    speed_kmh, free_kmh = (
        states[name].cast(pa.float64()).to_numpy() for name in ("speed_kmh", "free_flow_kmh")
    )
    is_unknown = pc.equal(states["quality"], UNKNOWN).fill_null(False).to_numpy()
    driven = [np.isfinite(speed) & (speed > 0.0) for speed in (speed_kmh, free_kmh)]
    known = driven[0] & driven[1] & ~is_unknown
    speed_kmh, free_kmh = np.where(known, speed_kmh, 1.0), np.where(known, free_kmh, 1.0)
    speed = speed_kmh / KMH
    weight = np.where(known, lane_metres(network)[segment], 0.0)
    lanes = np.maximum(network.lanes, 1)
    flow = (read_lane_flows().of_classes()[network.road_class] * lanes)[segment]
    if "flow_veh_h" in states.column_names:
        counted = states["flow_veh_h"].cast(pa.float64()).to_numpy()
        flow = np.where(np.isfinite(counted), counted, flow)
    vehicles = vehicles_by_flow(flow, network.length_m[segment], speed)
    delay = np.where(known, vehicles * lost_share(speed_kmh, free_kmh) / MINUTES_IN_HOUR, 0.0)
    is_congested = speed_kmh < congested_below_kmh(network)[segment]
    free = reachable_speed(speed_kmh, free_kmh) / KMH
    return known, [weight, weight / speed, weight / free, weight * is_congested, delay]
