"""The roads near a place that was told roughly: by a caller, or on a list of works."""

import math
from typing import NamedTuple

import numpy as np

from ingest.units import Metres
from mapmatch.network import Network
from mapmatch.sources.roads import row_ranges


class RoadNear(NamedTuple):
    """A segment near a place: where on it the nearest point lies, and how far away."""

    segment: int
    offset_m: Metres
    away_m: Metres


class NearbyRoads:
    """Looks up the segments around places; remembers nothing."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def near(self, x: Metres, y: Metres, reach_m: Metres) -> tuple[RoadNear, ...]:
        """Give the segments within reach of a place (local metres), the nearest first."""
        if not (math.isfinite(x) and math.isfinite(y)):
            return ()  # beyond what the city's plane can show
        network, segments = self._network, self._segments_in_cells(x, y, reach_m)
        if not len(segments):
            return ()
        starts = network.vertex_offsets[segments]
        counts = network.vertex_offsets[segments + 1] - starts - 1
        v = row_ranges(starts, counts)
        of = np.repeat(np.arange(len(segments)), counts)
        ax, ay = network.vertex_x[v], network.vertex_y[v]
        dx, dy = network.vertex_x[v + 1] - ax, network.vertex_y[v + 1] - ay
        square = np.maximum(dx**2 + dy**2, 1e-9)
        share = np.clip(((x - ax) * dx + (y - ay) * dy) / square, 0.0, 1.0)
        away = np.hypot(x - ax - share * dx, y - ay - share * dy)
        along, beyond = network.vertex_distance_m[v], network.vertex_distance_m[v + 1]
        offset = along + share * (beyond - along)
        nearest: dict[int, RoadNear] = {}
        for edge in np.lexsort((segments[of], away)).tolist():
            if away[edge] > reach_m:
                break
            segment = int(segments[of[edge]])
            nearest.setdefault(segment, RoadNear(segment, float(offset[edge]), float(away[edge])))
        return tuple(nearest.values())

    def _segments_in_cells(self, x: Metres, y: Metres, reach_m: Metres) -> np.ndarray:
        """Give the segments of all cells that a square around the place touches, ascending."""
        network = self._network
        low, high = (
            np.floor(
                (np.array([x + side, y + side]) - [network.grid_x0, network.grid_y0])
                / network.grid_cell_m
            ).astype(np.int64)
            for side in (-reach_m, reach_m)
        )
        most = np.array([network.grid_columns, network.grid_rows]) - 1
        low, high = np.maximum(low, 0), np.minimum(high, most)
        if (low > high).any():
            return np.zeros(0, np.int64)
        columns, rows = np.arange(low[0], high[0] + 1), np.arange(low[1], high[1] + 1)
        cells = (rows[:, None] * network.grid_columns + columns).ravel()
        starts = network.grid_offsets[cells]
        listed = row_ranges(starts, network.grid_offsets[cells + 1] - starts)
        return np.unique(network.grid_segments[listed]).astype(np.int64)
