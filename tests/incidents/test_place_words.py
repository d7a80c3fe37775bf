"""Points of the road in words."""

from types import SimpleNamespace

import numpy as np
import pytest

from incidents.case_records import PlaceText
from incidents.place_words import PlaceNames
from incidents.road_points import bearing_deg
from tests.drawing import draw

TOWN = draw(
    """
    D   G
    |   |
    A---B---C
    |   |
    E   F
    """,
    cell_m=50,
    names={
        "AB": "Long Street", "BA": "Long Street", "BC": "Long Street", "CB": "Long Street",
        "AD": "First Road", "AE": "First Road", "BG": "Second Road", "BF": "Second Road",
    },
)  # fmt: skip
NAMES = PlaceNames(TOWN.network)


@pytest.mark.parametrize(
    ("segment", "offset_m", "crossings", "zh", "en"),
    [
        ("AB", 80.0, ("First Road", "Second Road"),
         "Long Street，First Road至Second Road段，由西向东，距Second Road120米",
         "Long Street, from First Road to Second Road, eastbound, 120 m before Second Road"),
        ("BA", 150.0, ("Second Road", "First Road"),
         "Long Street，Second Road至First Road段，由东向西，距First Road50米",
         "Long Street, from Second Road to First Road, westbound, 50 m before First Road"),
        ("BC", 30.0, ("Second Road", None),
         "Long Street，由西向东，过Second Road30米",
         "Long Street, eastbound, 30 m after Second Road"),
        ("AB", 199.6, ("First Road", "Second Road"),
         "Long Street，First Road至Second Road段，由西向东，Second Road路口",
         "Long Street, from First Road to Second Road, eastbound, at Second Road"),
        ("BC", 0.0, ("Second Road", None),
         "Long Street，由西向东，Second Road路口",
         "Long Street, eastbound, at Second Road"),
        ("EA", 0.0, (None, "First Road"),
         "无名道路，由南向北，距First Road100米",
         "unnamed road, northbound, 100 m before First Road"),
    ],
)  # fmt: skip
def test_a_point_is_named_by_its_road_the_streets_around_and_the_way_it_is_driven(
    segment: str, offset_m: float, crossings: tuple[str | None, str | None], zh: str, en: str
) -> None:
    words = NAMES.words(TOWN.segment(segment), offset_m)
    assert (words.cross_from, words.cross_to) == crossings
    assert words.text == PlaceText(zh, en)


def test_between_two_crossings_with_one_road_is_not_said() -> None:
    loop = draw("A---B", cell_m=50, names={"AB": "Loop", "BA": "Loop"}).network
    names = PlaceNames(loop)
    names._crossing = lambda node, segment: "Ring Road"  # type: ignore[method-assign]
    assert names.words(0, 200.0).text.en == "Loop, eastbound, at Ring Road"


def test_a_line_that_doubles_back_at_its_end_is_driven_the_way_of_the_rest() -> None:
    line = SimpleNamespace(
        length_m=np.array([112.0]), vertex_offsets=np.array([0, 3]),
        vertex_distance_m=np.array([0.0, 106.0, 112.0]), vertex_x=np.array([0.0, 106.0, 100.0]),
        vertex_y=np.zeros(3),
    )  # fmt: skip
    for offset_m in (0.0, 60.0, 110.0, 112.0):
        assert bearing_deg(line, 0, offset_m) == pytest.approx(90.0)  # type: ignore[arg-type]
