"""Levels 0 (free) to 5 (blocked): named profiles of bands, read from a file."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from congestion.level_bounds import PROFILES, LevelBounds, read_bounds
from ingest.kernels.arrays import Floats
from ingest.units import KMH
from mapmatch.network import ROAD_CLASSES

Levels = npt.NDArray[np.int8]

LEVEL_COUNT = 6
NO_LEVEL = -1
"""Of a segment that had no minute before."""
_OTHER_CLASS = "tertiary"
"""A class that a table by class does not name is judged as this one. Source: chosen, the lowest
that tables name."""


class LevelProfile(LevelBounds, frozen=True, forbid_unknown_fields=True):
    """Five bounds between six levels, with which speeds become levels."""

    def levels(
        self, speed_mps: Floats, free_flow_mps: Floats, road_class: npt.NDArray[np.int8]
    ) -> Levels:
        """Give the level of each of n segments."""
        if self.measure == "kmh":
            figure, bounds = speed_mps * KMH, self.lower_bounds_kmh()[road_class]
        else:
            figure = speed_mps / np.maximum(free_flow_mps, 1e-6)
            ordered = np.array(self.bounds)
            bounds = np.broadcast_to(
                1.0 / ordered if self.measure == "delay_index" else ordered,
                (len(speed_mps), LEVEL_COUNT - 1),
            )
        return np.asarray((figure[:, None] < bounds).sum(axis=1), np.int8)

    def settled(
        self,
        before: Levels,
        speed_mps: Floats,
        free_flow_mps: Floats,
        road_class: npt.NDArray[np.int8],
        margin: float,
    ) -> Levels:
        """Give the level of each of n segments that had one, or NO_LEVEL, a minute before.

        A level is left once the speed is past its bound by a share, the margin, so that a speed at
        a bound does not change it every minute.
        """
        least, now, most = (
            self.levels(speed_mps * factor, free_flow_mps, road_class)
            for factor in (1.0 + margin, 1.0, 1.0 - margin)
        )
        return np.where(before == NO_LEVEL, now, np.clip(before, least, most)).astype(np.int8)

    def lower_bounds_kmh(self) -> Floats:
        """Give the five lower bounds of each of ROAD_CLASSES, best level first. Unit: km/h."""
        table = self.bounds_by_class or {}
        other = table[_OTHER_CLASS]
        return np.array([table.get(c.removesuffix("_link"), other) for c in ROAD_CLASSES])


def level_profile(name: str, path: Path = PROFILES) -> LevelProfile:
    """Give a named profile. Raises ValueError where the file has no such profile or a bad one."""
    return read_bounds(name, path, LevelProfile)
