"""Fixes must lie within half a kilometre of the roads, seen from all sides."""

import numpy as np
import pytest

from mapmatch.fix_bounds import MARGIN_M, fix_bounds
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
