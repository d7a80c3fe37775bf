"""Fixes must lie within half a kilometre of the roads, seen from all sides."""

from dataclasses import replace

import numpy as np
import pytest

from ingest.checks.check import place_checks
from mapmatch.fix_bounds import MARGIN_M, fix_bounds
from mapmatch.network import Network
from mapmatch.projection import LocalPlane
from tests.drawing import draw

# A is the west of all, B the north, C the east and D the south.
TOWN = draw(
    """
      B
      |
    A-E---C
      |
      D
    """,
    cell_m=100,
).network


@pytest.mark.parametrize(
    ("side", "is_east_west"), [("west", True), ("east", True), ("south", False), ("north", False)]
)
def test_a_fix_a_little_within_the_margin_is_inside_and_a_little_beyond_it_outside(
    side: str, is_east_west: bool
) -> None:
    plane, bounds = LocalPlane(TOWN), fix_bounds(TOWN)
    across = TOWN.vertex_x if is_east_west else TOWN.vertex_y
    sign = 1.0 if side in ("east", "north") else -1.0
    outermost = across.max() if sign > 0 else across.min()
    for metres, is_inside in ((MARGIN_M - 1.0, True), (MARGIN_M + 1.0, False)):
        at = outermost + sign * metres
        x, y = (at, TOWN.vertex_y.mean()) if is_east_west else (TOWN.vertex_x.mean(), at)
        longitude, latitude = plane.to_degrees(np.array([x]), np.array([y]))
        found = bounds.west <= longitude[0] <= bounds.east
        found &= bounds.south <= latitude[0] <= bounds.north
        assert found == is_inside


def wide_network(longitude: float, latitude: float, half_m: float) -> Network:
    """A square of roads about a place, drawn in its own plane."""
    drawn = draw("A-B\n| |\nC-D", cell_m=1).network
    scale = 2.0 * half_m / np.ptp(drawn.vertex_x)
    network = replace(drawn, origin_longitude=longitude, origin_latitude=latitude)
    x = (drawn.vertex_x - drawn.vertex_x.min()) * scale - half_m
    y = (drawn.vertex_y - drawn.vertex_y.min()) / np.ptp(drawn.vertex_y) * 2 * half_m - half_m
    return replace(network, vertex_x=x, vertex_y=y)


@pytest.mark.parametrize(("longitude", "latitude"), [(121.5, 31.2), (25.0, 60.2), (-70.0, -53.0)])
def test_every_road_of_a_wide_network_lies_inside(longitude: float, latitude: float) -> None:
    network = wide_network(longitude, latitude, 100_000.0)
    bounds = fix_bounds(network)
    edge = np.linspace(-100_000.0, 100_000.0, 101)
    side = np.full(101, 100_000.0)
    for x, y in ((edge, side), (edge, -side), (side, edge), (-side, edge)):
        longitudes, latitudes = LocalPlane(network).to_degrees(x, y)
        assert bounds.west < longitudes.min() and longitudes.max() < bounds.east
        assert bounds.south < latitudes.min() and latitudes.max() < bounds.north


@pytest.mark.parametrize("longitude", [179.95, -179.95])
def test_over_the_antimeridian_fixes_on_both_sides_are_inside(longitude: float) -> None:
    bounds = fix_bounds(wide_network(longitude, -17.0, 20_000.0))
    longitudes = np.array([179.9, -179.9, 179.5, -179.5, 0.0])
    checks = place_checks(longitudes, np.full(5, -17.0), bounds)
    bad = np.any([check.bad for check in checks], axis=0)
    assert bad.tolist() == [False, False, True, True, True]
