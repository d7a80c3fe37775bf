"""Distance along the network between two points."""

import math

import pytest

from incidents.road_points import coordinates, driving_distance_m
from tests.incidents.streets import streets

CHAIN = streets(
    ("a", "A", "B", 100), ("b", "B", "C", 200), ("c", "C", "D", 100), ("r", "C", "B", 200)
)


def point(segment_id: str, offset_m: float) -> tuple[int, float]:
    index = CHAIN.index_of(segment_id)
    assert index is not None
    return index, offset_m


def test_on_one_segment_the_distance_is_the_difference_of_the_offsets() -> None:
    assert driving_distance_m(CHAIN, point("b", 150), point("b", 30), 300) == 120


@pytest.mark.parametrize("is_swapped", [False, True])
def test_the_distance_is_the_shorter_drive_whichever_place_is_upstream(is_swapped: bool) -> None:
    ends = (point("a", 80), point("c", 10))
    one, other = reversed(ends) if is_swapped else ends
    assert driving_distance_m(CHAIN, one, other, 300) == pytest.approx(20 + 200 + 10)


def test_a_place_beyond_the_limit_is_infinitely_far() -> None:
    assert math.isinf(driving_distance_m(CHAIN, point("a", 0), point("c", 50), 300))


def test_the_opposite_carriageway_is_as_far_as_it_takes_to_drive_there() -> None:
    assert math.isinf(driving_distance_m(CHAIN, point("b", 100), point("r", 100), 300))


def test_a_place_lies_on_its_polyline() -> None:
    assert coordinates(CHAIN, point("b", 50)) == (50.0, 0.0)
