"""How congested a city and its districts are: travel time index, performance index 0 to 10."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import msgspec
import numpy as np

from congestion.levels import LevelProfile, level_profile
from ingest.kernels.arrays import Floats
from ingest.units import KMH
from mapmatch.network import Network

PROFILES = Path(__file__).parent / "shipped" / "indices.toml"
CITY = "city"
"""The area that is the whole network."""
GRADES = (0.0, 2.0, 4.0, 6.0, 8.0, 10.0)
Figures = tuple[float, float, float, float, float, float]
Numbers = TypeVar("Numbers", bound=Any)
"""An array of numbers, or a column of a query: a definition written once serves both."""


class IndexProfile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The figures at which an index is 0, 2, 4, 6, 8 and 10, and where they are from."""

    measure: Literal["congested_share", "travel_time_index"]
    figures: Figures
    source: str
    text_read: bool
    levels: str = "beijing"  # whose worst grade counts as congested
    worst_level: int = 4

    def index(self, figure: float) -> float:
        """Give the performance index of a figure."""
        return float(np.interp(figure, self.figures, GRADES))


class AreaIndices(msgspec.Struct, frozen=True):
    """One area in one minute; None where none of its segments has a known state.

    `area` is `city` or a region's number, `tti` the time needed over the time needed when free,
    `tpi_mileage` and `tpi_travel_time` the two forms of the performance index.
    """

    area: str
    segment_count: int  # of known state
    speed_kmh: float | None = None
    tti: float | None = None
    congested_share: float | None = None
    tpi_mileage: float | None = None
    tpi_travel_time: float | None = None


def index_profiles(path: Path = PROFILES) -> dict[str, IndexProfile]:
    """Give the named profiles. Raises ValueError where the file holds a bad one."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=dict[str, IndexProfile])
    except (msgspec.MsgspecError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path}: no profiles of indices: {error}") from error


class AreaSums(NamedTuple):
    """What an area's indices are made of: sums over the segments of known state, and minutes.

    A segment's weight is its lane-metres. `time` is the sum of weight over speed, `free_time` of
    weight over free-flow speed, `congested` of the weights of congested segments.
    """

    weight: float
    time: float  # lane-m s/m
    free_time: float
    congested: float
    known_count: float  # segments, or segments and minutes


def area_indices(network: Network, speed_mps: Floats, free_flow_mps: Floats) -> list[AreaIndices]:
    """Give the city's indices, then each region's, from its n segments; NaN is unknown."""
    known = np.isfinite(speed_mps) & np.isfinite(free_flow_mps) & (speed_mps > 0)
    speed, free = np.where(known, speed_mps, 1.0), np.where(known, free_flow_mps, 1.0)
    free = reachable_speed(speed, free)
    weight = np.where(known, lane_metres(network), 0.0)
    congested = weight * (speed * KMH < congested_below_kmh(network))
    rows = (weight, weight / speed, weight / free, congested, known.astype(np.float64))
    region, count = network.region.astype(np.int64), network.region_count
    sums = np.stack([np.bincount(region, row, count) for row in rows], axis=1)
    areas = [(CITY, sums.sum(axis=0))]
    areas += [(str(number), of_region) for number, of_region in enumerate(sums)]
    return [indices_of(name, AreaSums(*of_area.tolist())) for name, of_area in areas]


def reachable_speed(speed: Numbers, free_flow: Numbers) -> Numbers:
    """Give the speed that a segment is free at: driving faster is no gain for others elsewhere.

    Numbers of any unit; arrays, or columns of a query.
    """
    return free_flow.clip(speed, None)


def lane_metres(network: Network) -> Floats:
    """Give the weight of each of n segments: its length times its lanes, at least one. Unit: m."""
    return network.length_m * np.maximum(network.lanes, 1)


def congested_below_kmh(network: Network) -> Floats:
    """Give the speed below which each of n segments counts as congested. Unit: km/h.

    Source: the worst grade of the profile `mileage` in congestion/shipped/indices.toml.
    """
    profiles, levels = _shipped()
    return levels.lower_bounds_kmh()[network.road_class, profiles["mileage"].worst_level - 1]


@cache
def _shipped() -> tuple[dict[str, IndexProfile], LevelProfile]:
    """Give the shipped profiles of indices, and the levels by which roads count as congested."""
    profiles = index_profiles()
    return profiles, level_profile(profiles["mileage"].levels)


def indices_of(area: str, sums: AreaSums) -> AreaIndices:
    """Give an area's indices from its sums, of a minute or of many.

    TTI: the time needed over the time needed when free, each lane-metre once: time / free_time.
    TPI by mileage: the share of lane-metres congested, on the shipped scale 0 to 10. TPI by travel
    time: the TTI on its own scale. Speed: space-mean, weight / time. Units: 1, 0 to 10, km/h.
    Sources: FHWA, Travel Time Reliability Measures (TTI); congestion/shipped/indices.toml (TPI).
    """
    if sums.weight <= 0.0:
        return AreaIndices(area, 0)
    profiles, _ = _shipped()
    tti, share = sums.time / sums.free_time, sums.congested / sums.weight
    return AreaIndices(
        area=area,
        segment_count=int(sums.known_count),
        speed_kmh=round(sums.weight / sums.time * KMH, 1),
        tti=round(tti, 3),
        congested_share=round(share, 4),
        tpi_mileage=round(profiles["mileage"].index(share), 2),
        tpi_travel_time=round(profiles["travel_time"].index(tti), 2),
    )
