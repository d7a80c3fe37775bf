"""How congested a city and its districts are: travel time index, performance index 0 to 10."""

import tomllib
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from congestion.levels import level_profile
from ingest.kernels.arrays import Floats
from ingest.units import KMH
from mapmatch.network import Network

PROFILES = Path(__file__).parent / "shipped" / "indices.toml"
GRADES = (0.0, 2.0, 4.0, 6.0, 8.0, 10.0)
Figures = tuple[float, float, float, float, float, float]


class IndexProfile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The figures at which the index is 0, 2, 4, 6, 8 and 10, and where they are from."""

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
    """One area in one minute; None where nothing of it is known.

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


class AreaIndexer:
    """Computes the indices of a network's areas; remembers only its profiles and weights."""

    def __init__(self, network: Network) -> None:
        profiles = index_profiles()
        self._mileage, self._time = profiles["mileage"], profiles["travel_time"]
        self._levels = level_profile(self._mileage.levels)
        self._road_class = network.road_class
        self._region, self._regions = network.region.astype(np.int64), network.region_count
        self._weight = network.length_m * np.maximum(network.lanes, 1)  # lane-metres

    def indices(self, speed_mps: Floats, free_flow_mps: Floats) -> list[AreaIndices]:
        """Give the city's indices, then each region's, from its n segments; NaN is unknown."""
        known = np.isfinite(speed_mps) & np.isfinite(free_flow_mps) & (speed_mps > 0)
        speed, free = np.where(known, speed_mps, 1.0), np.where(known, free_flow_mps, 1.0)
        free = np.maximum(free, speed)  # faster than free is no gain for others
        level = self._levels.levels(speed, free, self._road_class)
        weight = np.where(known, self._weight, 0.0)
        congested = weight * (level >= self._mileage.worst_level)
        rows = (weight, weight / speed, weight / free, congested, known.astype(np.float64))
        sums = np.stack([np.bincount(self._region, row, self._regions) for row in rows], axis=1)
        areas = [("city", sums.sum(axis=0))]
        areas += [(str(number), of_region) for number, of_region in enumerate(sums)]
        return [self._area(name, *of_area.tolist()) for name, of_area in areas]

    def _area(
        self, name: str, weight: float, time: float, free_time: float, slow: float, count: float
    ) -> AreaIndices:
        if weight <= 0.0:
            return AreaIndices(name, 0)
        tti, share = time / free_time, slow / weight
        return AreaIndices(
            area=name,
            segment_count=int(count),
            speed_kmh=round(weight / time * KMH, 1),
            tti=round(tti, 3),
            congested_share=round(share, 4),
            tpi_mileage=round(self._mileage.index(share), 2),
            tpi_travel_time=round(self._time.index(tti), 2),
        )
