"""The way around a queue, at the speeds of now."""

import pytest

from incidents.response.detour import detour
from tests.drawing import draw
from tests.incidents.response.town import NETWORK, case, speeds


def test_the_way_around_leads_from_before_the_queue_to_behind_its_root() -> None:
    found = detour(NETWORK, case(), speeds(CD=3.6, BC=3.6, FG=9.0))
    assert found is not None
    assert found.segment_ids == ["BH", "HI", "ID", "DE"]  # FG is slow
    assert found.road_names[-1] == "Long Street"
    assert found.length_m == 600
    assert found.time_s == 60  # 600 m at 10 m/s
    assert found.queue_time_s == 200  # 100 m each at 1 m/s


def test_where_the_other_way_is_quicker_it_is_that() -> None:
    found = detour(NETWORK, case(), speeds(CD=3.6, BC=3.6, HI=9.0))
    assert found is not None and found.segment_ids == ["BF", "FG", "GD", "DE"]


def test_a_banned_turn_is_not_driven() -> None:
    banned = draw(
        """
        F---G
        |   |
    A---B---D---E
        """,
        cell_m=50,
        banned=[("AB", "BF")],
    ).network
    closed = case(segment_id="BD", queue_segment_ids=["BD"])
    assert detour(banned, closed, speeds()[: banned.segment_count]) is None


@pytest.mark.parametrize("segment_id", ["nowhere", "DE"])
def test_without_a_way_around_there_is_none(segment_id: str) -> None:
    assert detour(NETWORK, case(segment_id=segment_id, queue_segment_ids=[]), speeds()) is None
