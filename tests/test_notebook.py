"""The page of notebooks: every block of code runs on a lake as the store agents leave it."""

import re
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import matplotlib
import pytest

from streams.lake.compacting import compact
from streams.lake.networks import keep_network
from streams.lake.summing import sum_days
from tests.congestion.reports.stored_minutes import START
from tests.drawing import draw
from tests.streams.lake.lakes import ZONE, states_block

PAGE = Path(__file__).parents[1] / "docs" / "notebook.md"
CITY = replace(draw("A-a>B-b>C", cell_m=25).network, name="city")


def test_the_blocks_of_the_page_run_one_after_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = tmp_path / "lake"
    for number, hour in enumerate((0, 1)):
        states_block(lake, CITY, 256 * number, 10, START + 3600 * hour)
    compact(lake)  # the newest block stays beside the day
    sum_days(lake, CITY, ZONE)
    keep_network(lake, CITY)
    monkeypatch.chdir(tmp_path)
    matplotlib.use("agg")
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.M | re.S)
    assert len(blocks) == 5
    seen: dict = {}
    for block in blocks:
        if "import polars" not in block or find_spec("polars"):
            exec(compile(block, str(PAGE), "exec"), seen)
    assert seen["hours"]["tti"].tolist() == pytest.approx([1.0, 1.0])
    assert seen["hours"]["sample_size"].sum() == 40
    assert seen["roads"]["slower"].tolist() == pytest.approx([1.0, 1.0])
