"""The rectangle in which a vehicle may be on a network's roads."""

import numpy as np

from ingest.checks.check import Bounds
from mapmatch.network import Network
from mapmatch.projection import LocalPlane

MARGIN_M = 500.0
"""How far outside the outermost point of a road a fix may lie. Unit: m. Source: chosen, more than
twice the error of a fix between tall buildings."""


def fix_bounds(network: Network) -> Bounds:
    """Give the rectangle in degrees that fixes must lie in: all roads with MARGIN_M around them."""
    xs = np.array([network.vertex_x.min() - MARGIN_M, network.vertex_x.max() + MARGIN_M])
    ys = np.array([network.vertex_y.min() - MARGIN_M, network.vertex_y.max() + MARGIN_M])
    longitudes, latitudes = LocalPlane(network).to_degrees(xs, ys)
    return Bounds(longitudes[0], latitudes[0], longitudes[1], latitudes[1])
