"""`clearway report`: a run's folder becomes a page, numbers and tables."""

import csv
import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from mapmatch.network import Network, save_network
from streams.cli.planning.report import report
from streams.lake.layout import TIMEZONE_KEY
from streams.lake.reading import RUN_STATES
from streams.outside_error import OutsideError
from streams.whole_folder import FolderError
from tests.congestion.reports.stored_minutes import START, write_states
from tests.drawing import draw
from tests.streams.lake.test_reading import alert, write_alerts

CITY = draw("A-a>B-b>C-c>D  E-d>F-e>G-f>H", cell_m=125, region_count=2).network
QUEUE = {"c": 5.0, "b": 8.0}


def run_of(
    folder: Path, minutes: list[dict[str, float]], network: Network = CITY, start: float = START
) -> Path:
    file = write_states(folder / RUN_STATES, network, minutes, start)
    table = pq.read_table(file)
    pq.write_table(table.replace_schema_metadata({TIMEZONE_KEY: "Asia/Shanghai"}), file)
    return folder


def reported(tmp_path: Path, *options: str, kind: str = "daily") -> Result:
    (tmp_path / "network").mkdir(exist_ok=True)
    save_network(CITY, tmp_path / "network")
    given = [kind, "--network", str(tmp_path / "network"), "--out", str(tmp_path / "out"), *options]
    return CliRunner().invoke(report, given)


@pytest.fixture
def morning(tmp_path: Path) -> Path:
    run = run_of(tmp_path / "run", [QUEUE] * 12 + [{}] * 3)
    write_alerts(run, alert("one", "c", onset_time="2026-09-15T23:18:00.000Z", cause="signal"))
    return run


def test_a_run_becomes_a_page_numbers_and_tables(tmp_path: Path, morning: Path) -> None:
    done = reported(tmp_path, str(morning))
    assert done.exit_code == 0, done.output
    out = tmp_path / "out"
    told = json.loads((out / "report.json").read_text())
    assert (told["kind"], told["from"], told["to"], told["area"]) == (
        "daily", "2026-09-16T07:18+08:00", "2026-09-16T07:33+08:00", "city",
    )  # fmt: skip
    assert told["coverage"] == {"observed": 1.0, "filled": 0.0, "missing": 0.0, "expected": 90}
    for number in told["numbers"]:
        assert number["unit"] and number["source"] and number["sample_size"] > 0, number
    (worst,) = told["bottlenecks"]
    assert (worst["segment_id"], worst["minutes"], worst["causes"]) == ("c", 12, {"signal": 1.0})
    with (out / "bottlenecks.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["segment_id"], row["delay_veh_h"]) == ("c", str(worst["delay_veh_h"]))
    assert {f.name for f in out.iterdir()} == {
        "report.html", "report.json", "bottlenecks.csv", "occurrences.csv", "hours.csv",
        "causes.csv", "segments.parquet", "report.gpkg",
    }  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_asks_nothing_of_the_network_and_says_what_charts_are_made_of(
    tmp_path: Path, morning: Path, language: str
) -> None:
    done = reported(tmp_path, str(morning), "--lang", language)
    assert done.exit_code == 0, done.output
    page = (tmp_path / "out" / "report.html").read_text()
    assert not re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?(?!#|data:|url\(#)[^"')\s]*:""", page)
    assert f'lang="{language}"' in page
    figures = re.findall(r"<figure.*?</figure>", page, re.S)
    assert len(figures) == 5
    for figure in figures:
        assert re.search(r"<figcaption>(n = |样本：)[\d,]+ ?\S+", figure), figure[:200]
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert "figure_1" not in ids


def test_names_of_roads_are_text_and_never_markup(tmp_path: Path) -> None:
    CITY.names[2] = "<script>alert(1)</script>"
    try:
        done = reported(tmp_path, str(run_of(tmp_path / "run", [QUEUE] * 6)))
    finally:
        CITY.names[2] = ""
    assert done.exit_code == 0, done.output
    assert "<script>alert" not in (tmp_path / "out" / "report.html").read_text()


def test_the_same_run_gives_the_same_bytes(tmp_path: Path, morning: Path) -> None:
    reported(tmp_path, str(morning))
    first = {f.name: f.read_bytes() for f in (tmp_path / "out").iterdir()}
    reported(tmp_path, str(morning))
    assert {f.name: f.read_bytes() for f in (tmp_path / "out").iterdir()} == first


def test_a_folder_of_an_older_report_keeps_nothing_of_it_but_what_is_not_its_own(
    tmp_path: Path, morning: Path
) -> None:
    out = tmp_path / "out"
    assert reported(tmp_path, str(morning)).exit_code == 0
    (out / "minutes-of-the-meeting.txt").write_text("")
    (out / "report.pdf").write_bytes(b"%PDF-")
    assert reported(tmp_path, str(morning), kind="coverage").exit_code == 0
    assert {f.name for f in out.iterdir()} == {
        "report.html", "report.json", "classes.csv", "gaps.csv", "days.csv", "hours.csv",
        "segments.parquet", "report.gpkg", "minutes-of-the-meeting.txt",
    }  # fmt: skip


@pytest.mark.parametrize("is_json", [True, False])
def test_a_folder_of_something_else_is_refused_before_the_work_unless_told(
    tmp_path: Path, is_json: bool
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / ("thesis.json" if is_json else "report.html")).write_text("mine")
    done = reported(tmp_path, str(tmp_path / "no-run"))
    assert isinstance(done.exception, FolderError)
    assert "and no report, expected a new or empty folder or an older report; --force" in str(
        done.exception
    )
    run = run_of(tmp_path / "run", [QUEUE] * 6)
    assert reported(tmp_path, str(run), "--force").exit_code == 0
    assert (out / "report.json").is_file()


def test_a_folder_that_cannot_be_written_is_named_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = reported(tmp_path, str(tmp_path / "no-run"), "--out", str(tmp_path / "file" / "day"))
    assert isinstance(done.exception, OutsideError)
    assert f"{tmp_path / 'file' / 'day'}: " in str(done.exception)


def test_a_report_that_fails_leaves_the_one_before(tmp_path: Path, morning: Path) -> None:
    assert reported(tmp_path, str(morning)).exit_code == 0
    before = {f.name: f.read_bytes() for f in (tmp_path / "out").iterdir()}
    assert reported(tmp_path, str(morning), "--area", "7").exit_code != 0
    assert {f.name: f.read_bytes() for f in (tmp_path / "out").iterdir()} == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--from", "yesterday"), "'yesterday', expected a day or a time such as"),
        (("--from", "2026-09-16T08:00", "--to", "2026-09-16T07:00"), "expected later"),
        (("--from", "2026-09-12"), "nothing is stored of 2026-09-12 00:00 to 2026-09-13 00:00"),
        (("--area", "7"), "area '7', expected city, a district's number, 0 to 1, or a"),
        (("--from", "0001-01-01"), "'0001-01-01', expected a year from 1970 to 2200"),
        (("--from", "9999-12-31"), "'9999-12-31', expected a year from 1970 to 2200"),
        (("--to", "9999-12-31"), "'9999-12-31', expected a year from 1970 to 2200"),
    ],
)
def test_a_period_or_an_area_that_cannot_be_is_named(
    tmp_path: Path, morning: Path, options: tuple[str, ...], said: str
) -> None:
    done = reported(tmp_path, str(morning), *options)
    assert said in f"{done.output} {done.exception}"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        (("--from", "2026-09-17"), "2026-09-17 00:00 to 2026-09-18 00:00"),
        (("--to", "2026-09-14"), "2026-09-14 00:00 to 2026-09-15 00:00"),
    ],
)
def test_a_period_past_what_is_stored_is_told_what_is_stored(
    tmp_path: Path, morning: Path, options: tuple[str, ...], asked: str
) -> None:
    done = reported(tmp_path, str(morning), *options, kind="bottlenecks")
    there = "2026-09-16 07:18 to 2026-09-16 07:33 (Asia/Shanghai)"
    said = f"nothing is stored of {asked}, only of {there}"
    assert said in str(done.exception)


def test_states_that_are_cut_short_are_called_unreadable_before_their_zone_is_missed(
    tmp_path: Path, morning: Path
) -> None:
    states = morning / RUN_STATES
    states.write_bytes(states.read_bytes()[:500])
    done = reported(tmp_path, str(morning))
    assert f"no file of states can be read: {states}: " in str(done.exception)


def test_states_of_which_a_column_is_of_another_kind_are_named_and_left_out(
    tmp_path: Path, morning: Path
) -> None:
    other = run_of(tmp_path / "other", [{}] * 3) / RUN_STATES
    table = pq.read_table(other)
    at = table.schema.names.index("interval_start")
    pq.write_table(table.set_column(at, "interval_start", pa.array(range(len(table)))), other)
    done = reported(tmp_path, str(morning), str(other.parent))
    assert done.exit_code == 0, done.exception
    said = "column 'interval_start': found numbers, expected times with a zone"
    assert f"note: not used: {other}: {said}" in done.output


def test_an_alert_that_cannot_be_read_is_named_and_left_out(tmp_path: Path, morning: Path) -> None:
    file = morning / "alerts.jsonl"
    file.write_bytes(file.read_bytes() + b'{"alert_id": 7}\n')
    done = reported(tmp_path, str(morning))
    assert done.exit_code == 0, done.exception
    assert f"note: not used: {file} row 2: " in done.output
    (worst,) = json.loads((tmp_path / "out" / "report.json").read_text())["bottlenecks"]
    assert worst["causes"] == {"signal": 1.0}


@pytest.mark.parametrize("zone", ["Mars/Base", "../../etc/passwd", "America", "", b"\xff"])
def test_a_time_zone_that_there_is_not_is_named_with_its_file(
    tmp_path: Path, morning: Path, zone: str | bytes
) -> None:
    states = morning / RUN_STATES
    table = pq.read_table(states)
    pq.write_table(table.replace_schema_metadata({TIMEZONE_KEY: zone}), states)
    done = reported(tmp_path, str(morning))
    assert str(done.exception).startswith(f"{states}: time zone b")


def test_the_notes_of_a_chinese_page_are_chinese(tmp_path: Path, morning: Path) -> None:
    (tmp_path / "again").mkdir()
    again = tmp_path / "again" / RUN_STATES
    again.write_bytes((morning / RUN_STATES).read_bytes())
    done = reported(tmp_path, str(morning), str(again.parent), "--lang", "zh", kind="coverage")
    assert done.exit_code == 0, done.exception
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert f"<li>未使用：{again}：与{morning / RUN_STATES}的各行相同，只读一次</li>" in page
    assert "the same rows" in (tmp_path / "out" / "report.json").read_text()


def test_a_run_of_another_network_is_said_to_be_of_another(tmp_path: Path) -> None:
    other = draw("P-p>Q-q>R", cell_m=125).network
    done = reported(tmp_path, str(run_of(tmp_path / "run", [{}] * 3, network=other)))
    assert "; 6 states are of segments that this network has not" in str(done.exception)


@pytest.mark.parametrize("option", ["--from", "--to"])
def test_a_report_on_an_incident_refuses_a_period_as_it_has_its_own(
    tmp_path: Path, morning: Path, option: str
) -> None:
    done = reported(tmp_path, "one", str(morning), option, "2026-09-16", kind="incident")
    assert done.exit_code == 2
    assert f"{option}: an incident has its own period, expected none" in done.output


def test_a_part_of_a_day_and_a_district_are_reported_alone(tmp_path: Path, morning: Path) -> None:
    done = reported(
        tmp_path, str(morning), "--from", "2026-09-16T07:20", "--to", "2026-09-16T07:25",
        "--area", "1", "--json",
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert (told["area"], told["coverage"]["expected"]) == ("1", 5 * 3)
    assert START == 1_789_514_280.0


def test_a_bottleneck_lasts_as_long_as_the_settings_let_a_hot_spot(
    tmp_path: Path, morning: Path
) -> None:
    settings = tmp_path / "clearway.toml"
    settings.write_text("[detection.hot_spots]\nopen_minutes = 13\n")
    done = reported(tmp_path, str(morning), "--config", str(settings))
    assert done.exit_code == 0, done.output
    assert json.loads((tmp_path / "out" / "report.json").read_text())["bottlenecks"] == []


@pytest.mark.parametrize("kind", ["weekly", "corridor"])
def test_a_span_of_centuries_costs_what_is_stored_of_it(
    tmp_path: Path, morning: Path, kind: str
) -> None:
    options = ["--from", "1970-01-02", "--to", "2200-12-31"]
    if kind == "corridor":
        (tmp_path / "c.toml").write_text('[ours]\nsegments = ["a", "b", "c"]\n')
        options += ["--corridors", str(tmp_path / "c.toml")]
    done = reported(tmp_path, str(morning), *options, kind=kind)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out" / "report.html").stat().st_size < 1_000_000


def test_a_moment_within_a_minute_is_refused(tmp_path: Path, morning: Path) -> None:
    done = reported(tmp_path, str(morning), "--from", "2026-09-16T07:20:15")
    assert done.exit_code == 2
    assert "'2026-09-16T07:20:15', expected a whole minute" in done.output
