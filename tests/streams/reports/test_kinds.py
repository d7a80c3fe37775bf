"""Every kind of report through the command: its figures, its sentences, its words."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from congestion.profile_build.detector_days import DETECTOR_DAYS
from incidents.cases.service import service_report
from mapmatch.network import Network, save_network
from streams.cli.planning.report import report
from streams.lake import layout
from streams.lake.faults import RUN_FAULTS
from streams.reports.words import Words, catalogue, sources
from tests.congestion.reports.stored_minutes import START
from tests.drawing import draw
from tests.streams.lake.lakes import states_block, write_named
from tests.streams.lake.test_reading import alert, write_alerts
from tests.streams.reports.test_report_command import CITY, QUEUE, run_of

LAKE_CITY = replace(draw("A-a>B-b>C", cell_m=25).network, name="city")
DAY_S = 86_400
MINUTES = 30
PUBLISHED = r"^(FHWA|23 CFR|[A-Z]\w+( (et al\.|and [A-Z]\w+))? \d{4}$)"
"""How a source begins that is a publication's name, which stays as it is in every language."""


def days(tmp_path: Path, speeds: list[float], first: float = START) -> list[Path]:
    """Write a run a day, in each of which c has a queue at this speed for half an hour."""
    return [
        run_of(tmp_path / f"day{k}", [QUEUE | {"a": speed}] * MINUTES, start=first + k * DAY_S)
        for k, speed in enumerate(speeds)
    ]


def made(
    tmp_path: Path, kind: str, *given: object, network: Network = CITY
) -> tuple[dict[str, Any], str]:
    done = invoked(tmp_path, kind, *given, network=network)
    assert done.exit_code == 0, f"{done.output} {done.exception!r}"
    out = tmp_path / "out"
    return json.loads((out / "report.json").read_text()), (out / "report.html").read_text()


def invoked(tmp_path: Path, kind: str, *given: object, network: Network = CITY) -> Result:
    (tmp_path / "network").mkdir(exist_ok=True)
    save_network(network, tmp_path / "network")
    arguments = [kind, *map(str, given), "--network", str(tmp_path / "network"),
                 "--out", str(tmp_path / "out")]  # fmt: skip
    return CliRunner().invoke(report, arguments)


def value(told: dict[str, Any], name: str) -> float | None:
    (number,) = (n for n in told["numbers"] if n["name"] == name)
    return number["value"]


def corridors(tmp_path: Path) -> Path:
    file = tmp_path / "corridors.toml"
    file.write_text('[Main]\nsegments = ["a", "b", "c"]\n')
    return file


def test_a_week_has_days_reliability_and_delay_that_recurs(tmp_path: Path) -> None:
    told, page = made(tmp_path, "weekly", *days(tmp_path, [50.0] * 7))
    tables = {table["name"]: table for table in told["tables"]}
    assert [row[0] for row in tables["days"]["rows"] if row[1] == "city"] == [
        f"2026-09-{day}" for day in range(16, 23)
    ]
    assert value(told, "recurrent_delay_veh_h") > 0
    assert value(told, "nonrecurrent_delay_veh_h") == pytest.approx(0.0, abs=0.01)
    assert value(told, "phed_person_h") > 0
    assert 0.0 <= value(told, "lottr_reliable_share") <= 1.0
    assert "100 % of the delay in queues recurs at its place and hour, by 5 days" in page


@pytest.mark.parametrize(("day_count", "is_few"), [(1, True), (12, False)])
def test_reliability_that_rests_on_few_quarters_is_said_to(
    tmp_path: Path, day_count: int, is_few: bool
) -> None:
    _, page = made(tmp_path, "weekly", *days(tmp_path, [50.0] * day_count))
    assert ("quarters of an hour a segment, too few to rely on" in page) == is_few


def test_bottlenecks_of_days_are_summed_and_ranked(tmp_path: Path) -> None:
    told, page = made(tmp_path, "bottlenecks", *days(tmp_path, [50.0] * 3))
    (worst,) = told["bottlenecks"]
    assert (worst["segment_id"], worst["occurrences"], worst["minutes"]) == ("c", 3, 3 * MINUTES)
    assert value(told, "recurrent_delay_veh_h") is None
    assert "Whether the delay recurs cannot be said" in page


def test_a_corridors_travel_time_is_that_of_its_segments(tmp_path: Path) -> None:
    (run,) = days(tmp_path, [25.0])
    told, page = made(tmp_path, "corridor", run, "--corridors", corridors(tmp_path))
    # 500 m each at 25, 8 and 5 km/h; free at 50.
    assert value(told, "travel_time_s: Main") == pytest.approx(500 * 3.6 * (1 / 25 + 1 / 8 + 1 / 5))
    assert value(told, "tti: Main") == pytest.approx((2 + 50 / 8 + 10) / 3, abs=1e-3)
    assert value(told, "lottr: Main") == 1.0
    assert "Main (1,500 m)" in page
    assert "around the corridors, which are shaded" in page
    # f is a kilometre away: not on the corridor's map.
    assert "(c): 5.00 km/h" in page and "(f): " not in page


def test_a_change_of_a_tenth_is_said_and_none_is_not(tmp_path: Path) -> None:
    # Twenty days before and after, each day a little other; after the change a is slower.
    wobble = [0.97, 1.02, 1.0, 0.99, 1.03, 0.98, 1.01]
    before = [20.0 * wobble[k % 7] for k in range(21)]
    for slower, said in ((0.7, "rose by"), (1.0, "no change is shown")):
        after = [20.0 * wobble[(k + 3) % 7] * slower for k in range(21)]
        runs = days(tmp_path / said[:4], before + after)
        told, page = made(tmp_path, "before-after", *runs, "--change", "2026-10-07")
        assert value(told, "tti_change_is_claimed") == float(slower < 1.0)
        assert re.search(rf"Travel time index \(TTI\):? {said}", page)
        assert len(told["tables"][0]["rows"]) == 21


def test_days_on_one_side_of_a_change_are_an_error(tmp_path: Path) -> None:
    done = invoked(tmp_path, "before-after", *days(tmp_path, [50.0]), "--change", "2026-09-01")
    assert "no day is stored before 2026-09-01, expected days on both sides" in str(done.exception)


def test_coverage_names_the_spans_of_which_nothing_is_stored(tmp_path: Path) -> None:
    one, two = days(tmp_path, [50.0] * 2)
    told, _ = made(tmp_path, "coverage", one, two)
    tables = {table["name"]: table["rows"] for table in told["tables"]}
    assert tables["gaps"] == [["2026-09-16 07:48", "2026-09-17 07:18", 1440 - MINUTES]]
    assert value(told, "gap_minutes") == 1440 - MINUTES
    assert value(told, "never_observed_segments") == 0
    (only,) = tables["classes"]
    assert only[2] == pytest.approx(2 * MINUTES / (1440 + MINUTES), abs=1e-4)


def test_detectors_that_were_not_believed_are_listed_with_their_hours(tmp_path: Path) -> None:
    (run,) = days(tmp_path, [50.0])
    moment = pa.timestamp("ms", tz="UTC")
    at = [int((START + 600) * 1000), int((START - 7200) * 1000)]
    pq.write_table(
        pa.table({
            "detector_id": ["M1", "M2"], "segment_id": ["a", "b"], "fault": ["no_data", "stuck_on"],
            "since": pa.array(at, moment), "until": pa.array([None, at[0]], moment),
            "evidence": ["no reading in 10 minutes", "occupied for an hour"],
        }), run / RUN_FAULTS,
    )  # fmt: skip
    told, page = made(tmp_path, "detectors", run)
    assert value(told, "faulty_detectors") == 2
    assert value(told, "fault_h") == pytest.approx((20 + 10) / 60)
    assert "no reading in 10 minutes" in page and "goes on" in page
    _, page = made(tmp_path, "detectors", run, "--lang", "zh")
    assert "10分钟没有读数" in page and "仍在持续" in page


def test_detectors_of_a_lake_are_told_by_spells_of_days(tmp_path: Path) -> None:
    names = ("detector_id", "segment_id", "unbelieved_minutes", "verdict", "reason")
    verdicts = {"16": ("stuck_on", ""), "17": ("stuck_on", ""), "18": ("", "no_data"),
                "19": ("stuck_on", "no_data")}  # fmt: skip
    for day, (one, other) in verdicts.items():
        states_block(tmp_path / "lake", LAKE_CITY, 256 * int(day), MINUTES,
                     START + (int(day) - 16) * DAY_S, f"2026-09-{day}")  # fmt: skip
        rows = [("M1", "a", 90, one, "occupied"), ("M2", "b", 600, other, "silent")]
        table = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows])
        file = layout.Place("city", f"2026-09-{day}", 0).day_file(
            tmp_path / "lake", layout.DETECTOR_DAYS
        )
        file.parent.mkdir(parents=True)
        write_named(table.cast(pa.schema([DETECTOR_DAYS.field(name) for name in names])),
                    LAKE_CITY, file)  # fmt: skip
    told, page = made(tmp_path, "detectors", tmp_path / "lake", network=LAKE_CITY)
    (faults,) = (table["rows"] for table in told["tables"] if table["name"] == "faults")
    assert [(row[0], row[2], row[3][:10], row[4][:10], row[5]) for row in faults] == [
        ("M2", "no_data", "2026-09-18", "", 20.0),
        ("M1", "stuck_on", "2026-09-16", "2026-09-18", 3.0),
        ("M1", "stuck_on", "2026-09-19", "", 1.5),
    ]
    assert value(told, "faulty_detectors") == 2
    assert "a lake keeps the faults of whole days" in page
    day = ("--from", "2026-09-17", "--to", "2026-09-17")
    told, _ = made(tmp_path, "detectors", tmp_path / "lake", *day, network=LAKE_CITY)
    assert value(told, "fault_h") == 1.5


def test_a_lake_whose_detectors_were_not_judged_says_how_to_have_them_judged(
    tmp_path: Path,
) -> None:
    states_block(tmp_path / "lake", LAKE_CITY, 0, MINUTES, START)
    done = invoked(tmp_path, "detectors", tmp_path / "lake", network=LAKE_CITY)
    assert "that `clearway lake compact --assets` made" in str(done.exception)


def test_an_incident_has_its_queue_its_cost_and_its_log(tmp_path: Path) -> None:
    (run,) = days(tmp_path, [50.0])
    log = [{"version": 1, "time": "2026-09-15T23:31:00.000Z", "actor": "li", "action": "open",
            "comment": "two cars"}]  # fmt: skip
    write_alerts(
        run, alert("one", "c", onset_time="2026-09-15T23:20:00.000Z", log=log),
        alert("one", "c", version=2, state="cleared", onset_time="2026-09-15T23:20:00.000Z",
              ended_time="2026-09-15T23:30:00.000Z", log=log),
    )  # fmt: skip
    told, page = made(tmp_path, "incident", "one", run)
    assert value(told, "incident_minutes") == 10
    assert value(told, "longest_queue_m") == 1000
    assert value(told, "incident_delay_veh_h") > 0
    assert "two cars" in page
    assert "from 07:20 on, unnamed road, eastbound: incident. It lasted 10 minutes." in page
    assert "around the queue, which is shaded" in page
    _, page = made(tmp_path, "incident", "one", run, "--lang", "zh")
    assert "07:20起，无名道路，由西向东：事故。持续10分钟" in page
    assert re.search(r"<td[^>]*>li</td>\s*<td[^>]*>告警</td>", page)
    done = invoked(tmp_path, "incident", "two", run)
    assert "alert 'two' is not stored, expected one of 1: one" in str(done.exception)


def test_the_service_is_counted_as_the_operators_count_it(tmp_path: Path) -> None:
    (run,) = days(tmp_path, [50.0])
    times = {"t0": "2026-09-15T23:20:00.000Z", "t1": "2026-09-15T23:22:00.000Z",
             "t4": "2026-09-15T23:30:00.000Z", "t5": "2026-09-15T23:34:00.000Z"}  # fmt: skip
    case = alert("one", "c", state="closed", onset_time=times["t0"], stamps=times)
    write_alerts(run, case, alert("two", "b", onset_time="2026-09-15T23:40:00.000Z"))
    told, _ = made(tmp_path, "service", run)
    zone = ZoneInfo("Asia/Shanghai")
    operators = service_report([case], START + 60 * MINUTES, zone).whole
    assert value(told, "case_count") == 2
    assert value(told, "detection_min") == operators.spans["detection"].median_s / 60 == 2
    assert value(told, "roadway_clearance_min") == 12
    assert {table["name"] for table in told["tables"]} == {"units", "case_causes", "case_days"}


def test_the_service_counts_the_cases_of_its_period_and_area_alone(tmp_path: Path) -> None:
    runs = days(tmp_path, [50.0] * 2)
    first, second = (f"2026-09-{day}T23:40:00.000Z" for day in (15, 16))
    write_alerts(runs[0], alert("one", "c", onset_time=first))
    write_alerts(
        runs[1], alert("one", "c", version=2, state="closed", onset_time=first, event_time=second),
        alert("two", "b", onset_time=second), alert("three", "f", onset_time=second),
    )  # fmt: skip
    told, _ = made(tmp_path, "service", *runs, "--from", "2026-09-17")
    assert value(told, "case_count") == 2
    told, _ = made(tmp_path, "service", *runs, "--to", "2026-09-16")
    assert (value(told, "case_count"), value(told, "closed_share")) == (1, 0.0)
    one, other = (
        value(made(tmp_path, "service", *runs, "--area", str(area))[0], "case_count")
        for area in (0, 1)
    )
    assert one + other == 3 and one and other


def test_a_run_given_twice_has_the_faults_of_its_detectors_once(tmp_path: Path) -> None:
    (run,) = days(tmp_path, [50.0])
    since = pa.array([int((START + 600) * 1000)], pa.timestamp("ms", tz="UTC"))
    pq.write_table(
        pa.table({
            "detector_id": ["M1"], "segment_id": ["a"], "fault": ["no_data"], "since": since,
            "until": pa.nulls(1, since.type), "evidence": ["no reading in 10 minutes"],
        }), run / RUN_FAULTS,
    )  # fmt: skip
    told, _ = made(tmp_path, "detectors", run, run)
    assert value(told, "fault_h") == pytest.approx(20 / 60, abs=0.01)


def test_cases_none_of_which_is_due_are_said_in_a_whole_sentence(tmp_path: Path) -> None:
    (run,) = days(tmp_path, [50.0])
    now = "2026-09-15T23:47:00.000Z"
    write_alerts(run, alert("one", "c", onset_time=now, event_time=now))
    _, page = made(tmp_path, "service", run)
    assert "1 cases; none of them has been handled yet, and no time limit is over." in page


def test_a_map_without_bottlenecks_promises_no_ranks_and_the_worst_rank_lies_on_top(
    tmp_path: Path,
) -> None:
    run = run_of(tmp_path / "run", [QUEUE | {"f": 5.0}] * MINUTES)
    _, page = made(tmp_path, "coverage", run)
    assert "ranks" not in page
    _, page = made(tmp_path, "bottlenecks", run)
    (drawn,) = re.findall(r'<figure class="map">.*?</figure>', page, re.S)
    assert "ranks" in drawn
    assert re.findall(r"<text[^>]*>(\d+)</text>", drawn) == ["2", "1"]


def test_a_road_without_a_name_is_told_by_its_segment(tmp_path: Path) -> None:
    _, page = made(tmp_path, "weekly", *days(tmp_path, [50.0]))
    assert re.search(r"<td[^>]*>unnamed road</td>\s*<td[^>]*>c</td>", page)


def test_every_figure_and_every_shown_column_has_words_in_every_language(tmp_path: Path) -> None:
    runs = days(tmp_path, [50.0] * 7)
    moment = pa.timestamp("ms", tz="UTC")
    faults = pa.schema([("detector_id", pa.string()), ("segment_id", pa.string()),
                        ("fault", pa.string()), ("since", moment), ("until", moment),
                        ("evidence", pa.string())])  # fmt: skip
    pq.write_table(faults.empty_table(), runs[0] / RUN_FAULTS)
    write_alerts(runs[0], alert("one", "c", onset_time="2026-09-15T23:20:00.000Z"))
    kinds: dict[str, tuple[object, ...]] = {
        "daily": (), "weekly": (), "bottlenecks": (), "coverage": (), "detectors": (),
        "service": (),
        "corridor": ("--corridors", corridors(tmp_path)),
        "before-after": ("--change", "2026-09-17"),
    }  # fmt: skip
    for kind, given in kinds.items():
        told, page = made(tmp_path, kind, *runs, *given, "--lang", "zh")
        words = catalogue()["zh"]
        for number in told["numbers"]:
            assert f"num_{number['name'].partition(': ')[0]}" in words, number["name"]
            assert f"sample_{number['sample'].replace(' ', '_')}" in words, number["sample"]
            assert number["source"] and number["unit"], number["name"]
            assert number["sample_size"] > 0 or not number["value"], number["name"]
            for part in number["source"].split("; "):
                assert part in sources()["zh"] or re.search(PUBLISHED, part), part
            assert Words("zh").unit(number["unit"]) != number["unit"] or number["unit"] in "0-10"
        headings = re.findall(r"<th[^>]*>(.*?)</th>", page)
        assert headings and not [h for h in headings if re.fullmatch(r"[a-z_]+", h)], kind
