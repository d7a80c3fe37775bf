"""Distance along the network between two points."""

import math

import pytest

from incidents.road_points import coordinates, driving_distance_m
from tests.drawing import draw

# Of 100, 200 and 100 m; BC is driven both ways, and nobody may turn back at B.
DRAWING = draw("A-a>B-------C-c>D", cell_m=25, banned=[("CB", "BC")])
CHAIN = DRAWING.network


def point(segment_id: str, offset_m: float) -> tuple[int, float]:
    index = CHAIN.index_of(segment_id)
    assert index is not None
    return index, offset_m


def test_on_one_segment_the_distance_is_the_difference_of_the_offsets() -> None:
    assert driving_distance_m(CHAIN, point("BC", 150), point("BC", 30), 300) == 120


@pytest.mark.parametrize("is_swapped", [False, True])
def test_the_distance_is_the_shorter_drive_whichever_place_is_upstream(is_swapped: bool) -> None:
    ends = (point("a", 80), point("c", 10))
    one, other = reversed(ends) if is_swapped else ends
    assert driving_distance_m(CHAIN, one, other, 300) == pytest.approx(20 + 200 + 10)


def test_a_place_beyond_the_limit_is_infinitely_far() -> None:
    assert math.isinf(driving_distance_m(CHAIN, point("a", 0), point("c", 50), 300))


def test_the_opposite_carriageway_is_as_far_as_it_takes_to_drive_there() -> None:
    assert math.isinf(driving_distance_m(CHAIN, point("BC", 100), point("CB", 100), 300))


def test_a_place_lies_on_its_polyline() -> None:
    start = DRAWING.node("B")
    x, y = coordinates(CHAIN, point("BC", 50))
    assert x - CHAIN.node_x[start] == pytest.approx(50.0)
    assert y == pytest.approx(CHAIN.node_y[start], abs=0.01)
