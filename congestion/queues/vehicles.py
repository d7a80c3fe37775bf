"""How many vehicles are on each segment: from flow and travel time, and from occupancy."""

import tomllib
from pathlib import Path

import msgspec
import numpy as np

from congestion.indices import Numbers
from congestion.queues.queue_settings import VEHICLE_SPACING_M
from ingest.kernels.arrays import Floats
from mapmatch.network import ROAD_CLASSES, Network

PROFILE = Path(__file__).parents[1] / "shipped" / "lane_flows.toml"
COUNTED_SEGMENTS = 5
"""From so many counted segments of a class on, its flow is that of the city's own detectors. Unit:
count. Source: chosen, fewer are no sample of a class."""
MINUTES_IN_HOUR = 60.0
LEAST_MPS = 0.3
"""No traffic is reckoned with as slower, since the pace of what stands has no bound. Unit: m/s.
Source: chosen, a car's length in a quarter of a minute."""


class LaneFlows(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Vehicles an hour and lane in a usual peak hour by road class, and where the figures are from.

    They are of the peak at all hours: a flow matters only where traffic is slow.
    """

    source: str
    other: float
    by_class: dict[str, float]

    def of_classes(self) -> Floats:
        """Give the figure of each of ROAD_CLASSES; a link road has its road's."""
        return np.array(
            [self.by_class.get(c.removesuffix("_link"), self.other) for c in ROAD_CLASSES]
        )


def read_lane_flows(path: Path = PROFILE) -> LaneFlows:
    """Give the class profile of flows. Raises ValueError where the file is no such profile."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=LaneFlows)
    except (msgspec.ValidationError, tomllib.TOMLDecodeError, msgspec.DecodeError) as error:
        raise ValueError(f"{path}: no profile of lane flows: {error}") from error


def flow_everywhere(network: Network, flow_veh_h: Floats, profile: LaneFlows) -> Floats:
    """Give the flow of each of n segments: counted, else its class's lane flow times its lanes.

    A class's lane flow is the mean of those counted in the same minute where enough were, else
    the profile's. `flow_veh_h` is NaN where nothing is counted.
    """
    lanes = np.maximum(network.lanes, 1).astype(np.float64)
    is_counted = np.isfinite(flow_veh_h)
    classes, count = network.road_class, len(ROAD_CLASSES)
    counted = np.bincount(classes[is_counted], minlength=count)
    total = np.bincount(classes[is_counted], (flow_veh_h / lanes)[is_counted], count)
    by_class = profile.of_classes()
    by_class = np.where(counted >= COUNTED_SEGMENTS, total / np.maximum(counted, 1), by_class)
    return np.where(is_counted, flow_veh_h, by_class[classes] * lanes)


def vehicles_on(
    network: Network, speed_mps: Floats, flow_veh_h: Floats, occupancy: Floats
) -> Floats:
    """Give how many vehicles are on each of n segments, NaN where its speed is unknown.

    Little's law (1961) from flow and travel time. Where the occupancy is known (NaN elsewhere),
    the mean of that and of the density at which vehicles cover so much of the road.
    """
    by_flow = vehicles_by_flow(flow_veh_h, network.length_m, speed_mps)
    by_occupancy = occupancy / VEHICLE_SPACING_M * network.lanes * network.length_m
    return np.where(np.isfinite(occupancy), (by_flow + by_occupancy) / 2.0, by_flow)


def vehicles_by_flow(flow_veh_h: Numbers, length_m: Numbers, speed_mps: Numbers) -> Numbers:
    """Give how many vehicles are on segments: flow times travel time. Unit: vehicles.

    Source: Little 1961. Arrays, or columns of a query.
    """
    return flow_veh_h / 3600.0 * length_m / speed_mps.clip(LEAST_MPS, None)


def lost_share(speed: Numbers, free_flow: Numbers) -> Numbers:
    """Give the share of their time that vehicles lose against free flow: 1 - speed / free flow.

    0 where they drive faster. Speeds of any one unit. Arrays, or columns of a query.
    """
    return 1.0 - (speed / free_flow.clip(1e-6, None)).clip(None, 1.0)


def delay_veh_h(vehicles: Floats, speed_mps: Floats, free_flow_mps: Floats) -> Floats:
    """Give the vehicle-hours that n segments' vehicles lose in a minute against free flow."""
    return np.nan_to_num(vehicles * lost_share(speed_mps, free_flow_mps) / MINUTES_IN_HOUR)
