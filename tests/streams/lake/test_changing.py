"""A lake that changes under a report, cannot be written, or was left by a crash."""

import json
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from mapmatch.network import save_network
from streams.cli.planning.report import report
from streams.cli.planning.resting import ATTEMPTS
from streams.lake import layout
from streams.lake.compacting import compact
from streams.lake.reading import state_files
from streams.lake.summing import sum_days
from tests.congestion.reports.stored_minutes import START
from tests.drawing import draw
from tests.streams.lake.lakes import ZONE, states_block

CITY = replace(draw("A-a>B-b>C", cell_m=25).network, name="city")
DAY_S = 86_400


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """Give a lake of two days of ten minutes, with a day of nothing between, in three blocks."""
    lake = tmp_path / "lake"
    states_block(lake, CITY, 0, 5, START)
    states_block(lake, CITY, 256, 5, START + 300)
    states_block(lake, CITY, 512, 10, START + 2 * DAY_S, "2026-09-18")
    return lake


def coverage(tmp_path: Path, lake: Path, *options: str) -> Result:
    (tmp_path / "network").mkdir(exist_ok=True)
    save_network(CITY, tmp_path / "network")
    out = tmp_path / "out"
    given = ["coverage", str(lake), "--network", str(tmp_path / "network"), "--out", str(out)]
    return CliRunner().invoke(report, [*given, *options])


def numbers(tmp_path: Path) -> dict[str, float]:
    told = json.loads((tmp_path / "out" / "report.json").read_text())
    return {n["name"]: n["value"] for n in told["numbers"]}


def listed(lake: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in lake.rglob("*") if file.is_file()}


def test_days_that_lack_are_missing_and_a_report_writes_nothing_into_the_lake(
    tmp_path: Path, filled: Path
) -> None:
    before = listed(filled)
    done = coverage(tmp_path, filled, "--from", "2026-09-16", "--to", "2026-09-18")
    assert done.exit_code == 0, done.output
    assert numbers(tmp_path)["missing_share"] == pytest.approx(1 - 20 / (3 * 1440), abs=1e-4)
    assert listed(filled) == before


def test_a_lake_that_is_put_together_meanwhile_is_read_anew(
    tmp_path: Path, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def listed_before(folders):  # type: ignore[no-untyped-def]
        found = state_files(folders)
        seen.append(found)
        if len(seen) == 1:
            compact(filled, every=True)
        return found

    monkeypatch.setattr("streams.lake.reading.state_files", listed_before)
    done = coverage(tmp_path, filled)
    assert done.exit_code == 0, done.output
    assert len(seen) == 2
    assert numbers(tmp_path)["observed_share"] == pytest.approx(20 / (2 * 1440 + 10), abs=1e-4)
    assert "not used" not in done.output


def test_a_lake_that_never_rests_is_an_error(
    tmp_path: Path, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def gone(*_: object, **__: object) -> None:
        calls.append(1)
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr("streams.lake.reading.state_files", gone)
    done = coverage(tmp_path, filled)
    assert "the lake changed while it was read, expected it to rest" in str(done.exception)
    assert len(calls) == ATTEMPTS + 1  # the last looks for rows that cannot be read
    assert not (tmp_path / "out").exists()


def test_what_a_crash_left_half_written_is_read_by_nobody(tmp_path: Path, filled: Path) -> None:
    half = layout.blocks(filled, layout.STATES)[0].file.with_suffix(".77.tmp")
    half.write_bytes(b"PAR1 half")
    assert half not in state_files([filled])
    assert coverage(tmp_path, filled).exit_code == 0
    compact(filled, every=True)
    assert sum_days(filled, CITY, ZONE) == 2


def test_a_disk_that_fills_while_days_are_put_together_loses_nothing(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = listed(filled)

    def full(*_: object, **__: object) -> int:
        raise duckdb.IOException('IO Error: Could not write file "day": No space left on device')

    monkeypatch.setattr("streams.lake.compacting.replace_day", full)
    done = compact(filled, every=True)
    assert len(done.unreadable) == 4
    place = layout.blocks(filled, layout.STATES)[0].file.parent
    assert done.unreadable[0] == f"{place}: No space left on device"
    assert listed(filled) == before
