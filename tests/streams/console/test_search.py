"""What is found by what it is called."""

import pytest

from ingest.recorded.assets import Assets, Camera
from streams.console.board import Board
from streams.console.places import Places
from streams.console.search import MOST_OF_A_KIND, Search
from tests.drawing import draw
from tests.streams.console.messages import alert
from tests.streams.console.serving import Console, serving

DRAWN = draw(
    """
    A---B---C
        |
        D
    """,
    names={"AB": "中山东路", "BC": "中山东路", "BD": "Long Street"},
)
NETWORK = DRAWN.network


@pytest.fixture
def search() -> Search:
    cameras = tuple(Camera("k12", "a1", lane, 121.5, 31.2, None) for lane in (1, 2))
    board = Board(NETWORK)
    board.take_alert(alert("incident-7", NETWORK.segment_ids[0], road_name="中山东路"))
    return Search(board, Places(NETWORK, None, Assets(cameras=cameras)))


def kinds(search: Search, question: str) -> list[tuple[str, str]]:
    return [(one.kind, one.title) for one in search.find(question)]


def test_a_road_is_found_with_its_segments_its_crossings_and_its_alert(search: Search) -> None:
    found = search.find("中山")
    assert [one.kind for one in found] == ["alert", "road", "crossing"]
    assert (found[0].id, found[2].title) == ("incident-7", "Long Street / 中山东路")
    roads = {
        name
        for name, road in zip(NETWORK.segment_ids, NETWORK.names, strict=True)
        if road == "中山东路"
    }
    assert set(found[1].segment_ids) == roads


def test_case_width_and_order_of_words_do_not_matter(search: Search) -> None:
    assert kinds(search, "  LONG ｓtreet ")[0] == ("road", "Long Street")
    assert ("crossing", "Long Street / 中山东路") in kinds(search, "中山东路 long")


def test_a_camera_of_many_lanes_is_found_once_and_a_segment_by_its_id(search: Search) -> None:
    assert kinds(search, "k12") == [("camera", "k12")]
    (first, *_) = NETWORK.segment_ids
    assert any(one.kind == "segment" and one.id == first for one in search.find(first))


def test_nothing_is_found_for_nothing_and_not_too_much_for_little(search: Search) -> None:
    assert search.find("  ") == [] and search.find("nowhere") == []
    assert len([one for one in search.find("a") if one.kind == "segment"]) <= MOST_OF_A_KIND
    assert search.find("x" * 10_000) == []


def test_the_route_answers_what_is_asked() -> None:
    async def test(console: Console) -> None:
        async with console.session.get("/api/search", params={"q": "中山"}) as answer:
            assert [one["kind"] for one in await answer.json()] == ["road"]
        async with console.session.get("/api/search") as answer:
            assert await answer.json() == []

    serving(test)
