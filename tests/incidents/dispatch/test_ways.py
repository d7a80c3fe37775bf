"""The way of a patrol to a case, by permitted turns and the speeds of now."""

import numpy as np
import pytest

from incidents.dispatch.settings import DispatchSettings
from incidents.dispatch.ways import Ways
from tests.incidents.dispatch.test_patrols import NETWORK, at, case_on, patrols, speeds

UNKNOWN = np.full(NETWORK.segment_count, np.nan)
WAYS = Ways(NETWORK, DispatchSettings())


def at_speeds(**kmh: float) -> np.ndarray:
    speed = UNKNOWN.copy()
    for segment, value in kmh.items():
        speed[NETWORK.index_of(segment)] = value / 3.6
    return speed


def test_the_way_follows_the_streets_to_the_point() -> None:
    way = WAYS.way(at("A", "p1"), case_on("CD", 50.0), UNKNOWN)
    assert way is not None and way.segment_ids == ["AB", "BC", "CD"]
    assert sum(street.length_m for street in way.streets) == pytest.approx(
        2 * NETWORK.length_m[0] + 50.0, abs=2.0
    )


def test_a_jam_is_driven_around() -> None:
    way = WAYS.way(at("B", "p1"), case_on("CD", 50.0), at_speeds(BC=1.0))
    assert way is not None and way.segment_ids[-4:] == ["BE", "EF", "FC", "CD"]


def test_a_case_ahead_on_the_same_segment_is_reached_along_it() -> None:
    way = WAYS.way(at("A", "p1"), case_on("AB", 60.0), UNKNOWN)
    assert way is not None and way.segment_ids == ["AB"]
    assert way.streets[0].length_m == 60


@pytest.mark.parametrize("segment", ["AB", "BC", "CD", "EF", "FC", "BA"])
@pytest.mark.parametrize("node", list("ABCDEF"))
def test_the_way_takes_as_long_as_the_proposal_says(node: str, segment: str) -> None:
    desk = patrols(at(node, "p1"))
    desk.pass_minute(at(node, "p1").event_time, speeds(BC=7.0, EF=20.0))
    case = case_on(segment, 30.0)
    proposed = desk.propose(case, at(node, "p1").event_time)
    way = WAYS.way(at(node, "p1"), case, at_speeds(BC=7.0, EF=20.0))
    assert (proposed is None) == (way is None)
    if proposed is not None and way is not None:
        assert way.eta_s == proposed.eta_s
        assert way.segment_ids[-1] == segment
        for one, other in zip(way.segment_ids, way.segment_ids[1:], strict=False):
            assert one[1] == other[0], way.segment_ids


def test_there_is_no_way_from_off_the_roads_or_to_a_road_that_is_not_there() -> None:
    far = at("A", "p1", latitude=31.5)
    assert WAYS.way(far, case_on("CD", 50.0), UNKNOWN) is None
    assert WAYS.way(at("A", "p1"), case_on("nowhere", 50.0), UNKNOWN) is None
