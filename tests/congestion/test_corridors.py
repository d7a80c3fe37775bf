"""Corridors of a file: chains that connect, or an error that names the gap."""

from pathlib import Path

import pytest

from congestion.corridors import CorridorError, read_corridors
from tests.drawing import draw

# b cannot be reached from a: the turn is banned. d lies apart, 75 m east of c's end.
CITY = draw("A-a>B-b>C-c>D  E-d>F", cell_m=25, banned=[("a", "b")])


def corridors(tmp_path: Path, text: str) -> list[list[str]]:
    file = tmp_path / "corridors.toml"
    file.write_text(text)
    ids = CITY.network.segment_ids
    return [[ids[s] for s in c.segments] for c in read_corridors(file, CITY.network)]


def test_segments_in_driven_order_are_a_corridor(tmp_path: Path) -> None:
    assert corridors(tmp_path, '[one]\nsegments = ["b", "c"]') == [["b", "c"]]


def test_two_points_are_joined_by_the_quickest_way(tmp_path: Path) -> None:
    ways = draw("A-a>1B-b>C-2c>D", cell_m=25)
    file = tmp_path / "corridors.toml"
    one, two = (ways.fixes[digit] for digit in "12")
    file.write_text(f"[one]\nfrom = {list(one)}\nto = {list(two)}")
    (found,) = read_corridors(file, ways.network)
    assert [ways.network.segment_ids[s] for s in found.segments][-1] == "c"


def test_a_corridor_has_thresholds_of_its_own_in_minutes(tmp_path: Path) -> None:
    file = tmp_path / "corridors.toml"
    file.write_text('[one]\nsegments = ["b", "c"]\nslow_above_min = 4\nalarm_above_min = 6.5')
    (found,) = read_corridors(file, CITY.network)
    assert (found.slow_above_s, found.alarm_above_s) == (240.0, 390.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[x]\nsegments = ["c", "d"]', "'c' does not lead to 'd', a gap of 75 m is between"),
        ('[x]\nsegments = ["a", "b"]', "'a' does not lead to 'b', a turn that is not permitted"),
        ('[x]\nsegments = ["q"]', "corridor 'x': segment 'q', expected one of the network"),
        ("[x]\nfrom = [0, 0]\nto = [0, 0]", "point 0.0, 0.0 is .* m from the nearest road"),
        (
            "[x]\nfrom = [31.2, 121.5]\nto = [0, 0]",
            "point 31.2, 121.5 is far more than 100 m from the nearest road, expected longitude",
        ),
        ("[x]\nfrom = [0, 0]", "expected either segments, or from and to"),
        ("", "no corridor, expected"),
        ("[x", "no corridors: "),
        ('[x]\nsegment = ["a"]', "no corridors: .*segment"),
        ('[x]\nsegments = ["b"]\nslow_above_min = 0', "no corridors: .*slow_above_min"),
        (
            '[x]\nsegments = ["b"]\nslow_above_min = 5\nalarm_above_min = 5',
            "corridor 'x': slow_above_min 5, expected less than alarm_above_min 5",
        ),
    ],
)
def test_what_is_no_corridor_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(CorridorError, match=f"(?s)corridors.toml.*{said}"):
        corridors(tmp_path, text)


def test_a_file_of_corridors_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(CorridorError, match=r"c\.toml: no corridors: .*can't decode byte"):
        read_corridors(tmp_path / "c.toml", draw("A-a>B", cell_m=25).network)


def test_two_points_without_a_way_between_are_an_error(tmp_path: Path) -> None:
    ways = draw("A1a>B  C2b>D", cell_m=25)
    one, two = (list(ways.fixes[digit]) for digit in "12")
    (tmp_path / "c.toml").write_text(f"[x]\nfrom = {one}\nto = {two}")
    with pytest.raises(CorridorError, match="no way leads from 'a' to 'b', expected one"):
        read_corridors(tmp_path / "c.toml", ways.network)
