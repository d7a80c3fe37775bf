"""A scenario's file: what it may say, and what is answered to what it may not."""

from pathlib import Path
from typing import get_args

import pytest

from ingest.user_error import UserError
from streams.simulated.scenario import Kind, read_scenario
from tests.pages import ROOT, blocks

AREA = '[area]\nosm = "map.osm"\ncorners = [121.4, 31.2, 121.5, 31.3]\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "scenario.toml"
    path.write_text(text)
    return path


def test_what_is_not_said_is_as_documented(tmp_path: Path) -> None:
    scenario = read_scenario(written(tmp_path, f'name = "small"\n{AREA}'))
    assert (scenario.duration_min, scenario.incidents, scenario.draw) == (60, [], {})
    assert scenario.sensors.fix_intervals_s == (10, 15, 20, 30)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('name = "s"\n', "missing required field `area`"),
        (f'name = "s"\nseeed = 3\n{AREA}', "seeed"),
        (f'name = "s"\n{AREA}[draw]\nfull_blok = 1\n', "full_blok"),
        (f'name = "s"\n{AREA}[demand]\nnavigated_share = 25\n', "demand.navigated_share"),
        ('name = "s"\n[area]\nosm = "m"\ncorners = [1.0, 2.0, 3.0]\n', "area.corners has 3"),
        (f'name = "s"\n{AREA}[sensors]\nfix_intervals_s = [12]\n', "has 12, expected multiples"),
        (f'name = "s"\n{AREA}[sensors]\nfix_intervals_s = []\n', "fix_intervals_s is empty"),
        (
            f'name = "s"\n{AREA}[[incidents]]\nkind = "surge"\nstart_min = 60\nduration_min = 5\n',
            "incidents[0].start_min is 60",
        ),
        (f'name = "s"\nstart = "seven"\n{AREA}', "start is 'seven'"),
        (f'name = "s"\nstart = "2026-10-20T07:00:00"\n{AREA}', "start is '2026-10-20T07:00:00'"),
        ("name = ", "TOML"),
    ],
)
def test_what_cannot_be_is_named_with_its_file(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(UserError) as told:
        read_scenario(written(tmp_path, text))
    assert "scenario.toml" in str(told.value)
    assert named in str(told.value)


def test_the_scenario_of_the_page_is_understood_and_every_kind_is_told(tmp_path: Path) -> None:
    page = ROOT / "docs" / "scenarios.md"
    (text,) = blocks(page, "text")
    scenario = read_scenario(written(tmp_path, text))
    assert (scenario.name, len(scenario.incidents), len(scenario.draw)) == ("east", 1, 2)
    told = page.read_text()
    assert [kind for kind in get_args(Kind) if f"`{kind}`" not in told] == []
