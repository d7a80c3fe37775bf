"""The rectangle in which a vehicle may be on a network's roads."""

import numpy as np

from ingest.checks.check import Bounds
from mapmatch.network import Network
from mapmatch.projection import LocalPlane

MARGIN_M = 500.0
"""How far outside the outermost point of a road a fix may lie. Unit: m. Source: chosen, more than
twice the error of a fix between tall buildings."""
PLACES = 33
"""Places looked at on each side of the roads' rectangle. Unit: count. Source: chosen; of 500 km at
60 degrees north a parallel bends by 8 m between two of them."""


def fix_bounds(network: Network) -> Bounds:
    """Give the rectangle in degrees that fixes must lie in: all roads with MARGIN_M around them.

    The plane's north is not a meridian but in its middle, so that the widest place of its rectangle
    may lie anywhere on its edge. Past the antimeridian `east` is more than 180.
    """
    x = np.linspace(network.vertex_x.min() - MARGIN_M, network.vertex_x.max() + MARGIN_M, PLACES)
    y = np.linspace(network.vertex_y.min() - MARGIN_M, network.vertex_y.max() + MARGIN_M, PLACES)
    low, high = np.full(PLACES, y[0]), np.full(PLACES, y[-1])
    left, right = np.full(PLACES, x[0]), np.full(PLACES, x[-1])
    edge_x, edge_y = np.concatenate((x, x, left, right)), np.concatenate((low, high, y, y))
    longitude, latitude = LocalPlane(network).to_line_degrees(edge_x, edge_y)
    turn = 360.0 if longitude.min() < -180.0 else 0.0
    return Bounds(
        float(longitude.min()) + turn,
        float(latitude.min()),
        float(longitude.max()) + turn,
        float(latitude.max()),
    )
