"""How congested a city and its districts are: travel time index, performance index 0 to 10."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from congestion.levels import LevelProfile, level_profile
from ingest.kernels.arrays import Floats
from ingest.units import KMH
from mapmatch.network import Network

PROFILES = Path(__file__).parent / "shipped" / "indices.toml"
GRADES = (0.0, 2.0, 4.0, 6.0, 8.0, 10.0)
Figures = tuple[float, float, float, float, float, float]


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


def area_indices(network: Network, speed_mps: Floats, free_flow_mps: Floats) -> list[AreaIndices]:
    """Give the city's indices, then each region's, from its n segments; NaN is unknown."""
    profiles, levels = _shipped()
    known = np.isfinite(speed_mps) & np.isfinite(free_flow_mps) & (speed_mps > 0)
    speed, free = np.where(known, speed_mps, 1.0), np.where(known, free_flow_mps, 1.0)
    free = np.maximum(free, speed)  # faster than free is no gain for others
    level = levels.levels(speed, free, network.road_class)
    weight = np.where(known, network.length_m * np.maximum(network.lanes, 1), 0.0)  # lane-metres
    congested = weight * (level >= profiles["mileage"].worst_level)
    rows = (weight, weight / speed, weight / free, congested, known.astype(np.float64))
    region, count = network.region.astype(np.int64), network.region_count
    sums = np.stack([np.bincount(region, row, count) for row in rows], axis=1)
    areas = [("city", sums.sum(axis=0))]
    areas += [(str(number), of_region) for number, of_region in enumerate(sums)]
    return [_area(profiles, name, *of_area.tolist()) for name, of_area in areas]


@cache
def _shipped() -> tuple[dict[str, IndexProfile], LevelProfile]:
    """Give the shipped profiles of indices, and the levels by which roads count as congested."""
    profiles = index_profiles()
    return profiles, level_profile(profiles["mileage"].levels)


def _area(
    profiles: dict[str, IndexProfile],
    name: str,
    weight: float,
    time: float,
    free_time: float,
    congested: float,
    count: float,
) -> AreaIndices:
    if weight <= 0.0:
        return AreaIndices(name, 0)
    tti, share = time / free_time, congested / weight
    return AreaIndices(
        area=name,
        segment_count=int(count),
        speed_kmh=round(weight / time * KMH, 1),
        tti=round(tti, 3),
        congested_share=round(share, 4),
        tpi_mileage=round(profiles["mileage"].index(share), 2),
        tpi_travel_time=round(profiles["travel_time"].index(tti), 2),
    )
