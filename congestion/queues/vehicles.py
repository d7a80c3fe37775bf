"""How many vehicles are on each segment: from flow and travel time, and from occupancy."""

import tomllib
from pathlib import Path

import msgspec
import numpy as np

from ingest.kernels.arrays import Floats
from mapmatch.network import ROAD_CLASSES, Network

PROFILE = Path(__file__).parents[1] / "shipped" / "lane_flows.toml"
# A class's flow is taken from the city's own detectors where this many segments of it were heard.
HEARD_SEGMENTS = 5
# Road a queued vehicle takes up (m); its inverse is the jam density of a lane.
VEHICLE_SPACING_M = 7.5
_LEAST_MPS = 0.3


class LaneFlows(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Vehicles an hour and lane by road class, and where the figures are from."""

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
    heard = np.isfinite(flow_veh_h)
    classes, count = network.road_class, len(ROAD_CLASSES)
    counted = np.bincount(classes[heard], minlength=count)
    total = np.bincount(classes[heard], (flow_veh_h / lanes)[heard], count)
    by_class = profile.of_classes()
    by_class = np.where(counted >= HEARD_SEGMENTS, total / np.maximum(counted, 1), by_class)
    return np.where(heard, flow_veh_h, by_class[classes] * lanes)


def vehicles_on(
    network: Network, speed_mps: Floats, flow_veh_h: Floats, occupancy: Floats
) -> Floats:
    """Give how many vehicles are on each of n segments, NaN where its speed is unknown.

    Little's law (1961) from flow and travel time; where detectors tell occupancy (NaN elsewhere),
    the mean of that and of the density at which vehicles cover the road so long.
    """
    by_flow = flow_veh_h / 3600.0 * network.length_m / np.maximum(speed_mps, _LEAST_MPS)
    by_occupancy = occupancy / VEHICLE_SPACING_M * network.lanes * network.length_m
    return np.where(np.isfinite(occupancy), (by_flow + by_occupancy) / 2.0, by_flow)


def delay_veh_h(vehicles: Floats, speed_mps: Floats, free_flow_mps: Floats) -> Floats:
    """Give the vehicle-hours that n segments' vehicles lose in a minute against free flow."""
    lost_share = 1.0 - np.minimum(speed_mps / np.maximum(free_flow_mps, 1e-6), 1.0)
    return np.nan_to_num(vehicles * lost_share / 60.0)
