"""Bus lines on drawn networks: which segments they drive, and what buses make of it."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from ingest.recorded.bus_lines import BusLine
from mapmatch import match_frame
from mapmatch.matcher_settings import MatcherSettings
from mapmatch.placing.bus_lines import place_bus_lines
from mapmatch.projection import LocalPlane
from mapmatch.records import BusLinePlacement
from tests.drawing import Drawing, draw
from tests.mapmatch.driving import Fix, answer, batch_of, drive, paths_of


def there(way: str) -> list[str]:
    """Give the segments between the nodes of a way."""
    return [a + b for a, b in pairwise(way)]


def line_along(
    drawing: Drawing, nodes: str, *, name: str = "71", shift_m: tuple[float, float] = (0.0, 0.0)
) -> BusLine:
    """Give a line drawn from node to node."""
    at = [drawing.node(letter) for letter in nodes]
    longitude, latitude = LocalPlane(drawing.network).to_degrees(
        drawing.network.node_x[at] + shift_m[0], drawing.network.node_y[at] + shift_m[1]
    )
    return BusLine(name, (tuple(zip(longitude.tolist(), latitude.tolist(), strict=True)),))


def placed(drawing: Drawing, *lines: BusLine) -> BusLinePlacement:
    """Place lines on a drawn network."""
    found = place_bus_lines(drawing.network, lines, paths_of(drawing))
    assert found is not None
    return found


def segments_of(drawing: Drawing, lines: BusLinePlacement) -> set[str]:
    """Give the ids of the segments that the lines drive."""
    return {drawing.network.segment_ids[s] for s in np.flatnonzero(lines.is_on_line)}


def test_each_line_has_the_segments_that_it_drives_itself() -> None:
    town = draw(
        """
        A---B---C
            |
            D
        """,
        cell_m=50,
    )
    ids = town.network.segment_ids
    lines = placed(
        town, line_along(town, "ABC"), line_along(town, "DBA", name="9"), line_along(town, "CB")
    )
    driven = {name: {ids[s] for s in segments} for name, segments in lines.driven.items()}
    assert driven == {"71": {"AB", "BC", "CB"}, "9": {"DB", "BA"}}


FRONTAGE = """
A-----B---------------------------------------------C-----D
       \\                                           /
        E-----------------------------------------F
"""


def frontage() -> Drawing:
    """Give a main road and, 16 m beside it, its frontage road."""
    return draw(FRONTAGE, cell_m=8, one_way=["AB", "BC", "CD", "BE", "EF", "FC"])


def between(road: Drawing, south_m: float) -> list[Fix]:
    """Give the fixes of a vehicle that is seen some metres south of BC, 16 m north of EF."""
    low, high = (road.network.node_x[road.node(letter)] for letter in "BC")
    return [
        replace(fix, y=fix.y - south_m * (low < fix.x < high))
        for fix in drive(road, "ABCD", noise_m=2)
    ]


GRID = """
A-----B-----C-----D
|     |     |     |
E-----F-----G-----H
"""


@pytest.mark.parametrize("shift_m", [(0.0, 0.0), (4.0, -5.0)])
def test_a_line_is_put_on_the_segments_it_is_drawn_along_and_no_others(
    shift_m: tuple[float, float],
) -> None:
    grid = draw(GRID, cell_m=20)
    lines = placed(grid, line_along(grid, "ABFGH", shift_m=shift_m))
    assert segments_of(grid, lines) == {"AB", "BF", "FG", "GH"}
    assert lines.placed_share == 1.0
    assert lines.line() == "1 bus lines on 4 segments, 100% of their length placed"


def test_the_ways_there_and_back_are_one_line_and_a_part_more_is_no_route_between_them() -> None:
    grid = draw(GRID, cell_m=20)
    there, back = line_along(grid, "AB"), line_along(grid, "HG")
    both = BusLine("71", there.parts + back.parts)
    lines = placed(grid, both, line_along(grid, "BA"))
    assert segments_of(grid, lines) == {"AB", "BA", "HG"}
    assert lines.names == ("71",)


def test_the_length_that_no_road_carries_is_reported() -> None:
    street = draw("A-----B-----C", cell_m=25)
    whole = line_along(street, "ABC")
    # 300 m on the street, then as far again over fields.
    ((start, *_, end),) = whole.parts
    beyond = (end[0] + (end[0] - start[0]), end[1])
    lines = placed(street, BusLine("72", ((start, end, beyond),)))
    assert segments_of(street, lines) == {"AB", "BC"}
    assert lines.placed_share == pytest.approx(0.5, abs=0.1)
    assert lines.doubtful == ("72",)
    assert lines.line().endswith("far from whole: 72")


def test_no_lines_are_no_prior() -> None:
    grid = draw(GRID, cell_m=20)
    assert place_bus_lines(grid.network, ()) is None


def test_lines_that_are_nowhere_near_change_nothing() -> None:
    road = frontage()
    away = placed(road, line_along(road, "AD", shift_m=(0.0, 5000.0)))
    assert away.segment_count == 0 and away.placed_share == 0.0
    fixes = drive(road, "ABEFCD", noise_m=4)
    given, without = (answer(road, fixes, fleet="bus", bus_lines=n) for n in (away, None))
    assert given.output.progress.equals(without.output.progress)


@pytest.mark.parametrize(("way", "south_m"), [("ABCD", 10.0), ("ABEFCD", 6.0)])
def test_a_bus_between_a_main_road_and_its_frontage_road_stays_on_its_line(
    way: str, south_m: float
) -> None:
    road = frontage()
    lines = placed(road, line_along(road, way))
    # Nearer to the road that its line does not drive.
    fixes = between(road, south_m)
    assert answer(road, fixes, fleet="bus", bus_lines=lines).route == there(way)
    assert answer(road, fixes, fleet="bus").route != there(way)


def test_a_taxi_is_not_moved_by_bus_lines() -> None:
    road = frontage()
    lines = placed(road, line_along(road, "ABEFCD"))
    fixes = between(road, 6.0)
    with_lines, without = answer(road, fixes, bus_lines=lines), answer(road, fixes)
    assert with_lines.segments == without.segments
    assert with_lines.output.progress.equals(without.output.progress)


def test_a_cost_of_0_forgets_the_lines() -> None:
    road = frontage()
    lines = placed(road, line_along(road, "ABEFCD"))
    fixes = between(road, 6.0)
    free = MatcherSettings(off_line_cost=0.0)
    given = answer(road, fixes, fleet="bus", settings=free, bus_lines=lines)
    assert given.segments == answer(road, fixes, fleet="bus", settings=free).segments


def test_a_bus_on_a_detour_60_m_off_its_line_is_where_it_is() -> None:
    grid = draw(GRID, cell_m=30)
    lines = placed(grid, line_along(grid, "ABCD"))
    given = answer(grid, drive(grid, "ABFGCD", noise_m=8), fleet="bus", bus_lines=lines)
    assert given.route == there("ABFGCD")
    assert None not in given.segments


def test_a_frame_of_buses_takes_lines_too() -> None:
    road = frontage()
    lines = placed(road, line_along(road, "ABEFCD"))
    fixes = between(road, 6.0)
    frame = batch_of(road.network, fixes, fleet="bus").to_pandas()
    _, traversals = match_frame(frame, road.network, bus_lines=lines)
    assert traversals.segment_id.tolist() == there("ABEFCD")
