"""What a lake or a run keeps, read back for the typical week."""

from pathlib import Path

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from congestion.detectors.spot_relation import load_relation
from congestion.profile.week import load_week
from incidents.records import Alert
from mapmatch.network import save_network
from streams import topics
from streams.cli.planning.profile import profile
from streams.lake import layout
from streams.lake.layout import TIMEZONE_KEY
from streams.lake.reading import (
    RUN_STATES,
    StoredError,
    incident_days,
    state_files,
    stored_alerts,
    timezone_of_runs,
)
from streams.lake.writing import LakeWriter
from streams.outside_error import OutsideError
from tests.congestion.profile.test_week import MONDAY_8, kept, minutes
from tests.congestion.profile_build import test_detector_days as health_days
from tests.congestion.profile_build.test_detector_days import hours, usual
from tests.congestion.profile_build.test_detector_days import kept as kept_days
from tests.congestion.profile_build.test_detector_lines import drive, drives
from tests.drawing import draw
from tests.streams.lake.lakes import block_file

CITY = draw("A-a>B-b>C-c>D", cell_m=25).network


def alert(alert_id: str, segment_id: str, **fields: object) -> Alert:
    given: dict[str, object] = {
        "alert_id": alert_id, "version": 1, "state": "open", "kind": "incident",
        "event_time": "2026-09-13T18:31:00.000Z", "onset_time": "2026-09-13T18:30:00.000Z",
        "segment_id": segment_id, "offset_m": 1.0, "longitude": 0.0, "latitude": 0.0,
        "gcj02_longitude": 0.0, "gcj02_latitude": 0.0, "road_name": "", "cause": "incident",
        "cause_probability": 0.5, "evidence": [], "queue_segment_ids": [], "queue_length_m": 0.0,
        "delay_veh_h": 0.0, "severity": 2,
    }  # fmt: skip
    return msgspec.convert({**given, **fields}, Alert)


def write_alerts(folder: Path, *alerts: Alert) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "alerts.jsonl").write_bytes(b"".join(msgspec.json.encode(a) + b"\n" for a in alerts))


def test_an_incident_spoils_its_root_and_queue_on_the_citys_own_date(tmp_path: Path) -> None:
    write_alerts(
        tmp_path / "run",
        alert("one", "a", queue_segment_ids=["b"]),
        alert("spot", "c", kind="hotspot"),
        alert("two", "c"),
        alert("two", "c", version=2, state="dismissed"),
    )
    # 18:30 UTC on the 13th is half past two on the 14th in Shanghai.
    assert incident_days([tmp_path / "run"], "Asia/Shanghai") == [
        ("a", "2026-09-14"),
        ("b", "2026-09-14"),
    ]


def test_a_lakes_alerts_are_read_like_a_runs(tmp_path: Path) -> None:
    lake = LakeWriter(tmp_path, CITY, "Asia/Shanghai")
    lake.add(topics.ALERTS, 0, 0, msgspec.json.encode(alert("one", "a")), None)
    lake.write_unfinished()
    assert incident_days([tmp_path], "Asia/Shanghai") == [("a", "2026-09-14")]


def test_a_folder_without_states_and_a_broken_line_are_named(tmp_path: Path) -> None:
    with pytest.raises(StoredError, match="no states kept"):
        state_files([tmp_path])
    (tmp_path / "alerts.jsonl").write_text("{")
    with pytest.raises(StoredError, match=r"alerts\.jsonl"):
        incident_days([tmp_path], "Asia/Shanghai")


def test_a_line_of_alerts_that_is_cut_short_is_named_by_its_row(tmp_path: Path) -> None:
    write_alerts(tmp_path, alert("one", "b"), alert("two", "b"))
    file = tmp_path / "alerts.jsonl"
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(StoredError, match=r"alerts\.jsonl row 2: .*, expected an alert"):
        list(stored_alerts([tmp_path]))


def test_the_command_builds_a_profile_from_a_run_and_says_how_free_flow_was_found(
    tmp_path: Path,
) -> None:
    run = tmp_path / "run"
    write_alerts(run, alert("one", "b"))
    rows = minutes("a", MONDAY_8, [30.0] * 30) + minutes("b", MONDAY_8, [30.0] * 30)
    kept(run, rows).rename(run / "segment_states.parquet")
    (tmp_path / "network").mkdir()
    save_network(CITY, tmp_path / "network")
    done = CliRunner().invoke(
        profile,
        ["build", str(run), str(tmp_path / "week"), "--network", str(tmp_path / "network"),
         "--timezone", "Asia/Shanghai"],
        catch_exceptions=False,
    )  # fmt: skip
    assert "1 of 3 segments have a median, 1 segment-days with incidents left out" in done.output
    assert "any_time 1" in done.output
    median, _ = load_week(tmp_path / "week", CITY).usual(MONDAY_8)
    assert np.isfinite(median).tolist() == [True, False, False]


def run_of(folder: Path, zone: str | None) -> Path:
    """Write the states of a run that names its feed's time zone."""
    folder.mkdir(parents=True)
    file = kept(folder, minutes("a", MONDAY_8, [30.0] * 30))
    table = pq.read_table(file)
    metadata = {TIMEZONE_KEY: zone} if zone else None
    pq.write_table(table.replace_schema_metadata(metadata), folder / RUN_STATES)
    return folder


def test_a_disk_that_fills_leaves_the_profile_before_and_names_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "network").mkdir()
    save_network(CITY, tmp_path / "network")
    week = tmp_path / "week"
    run = run_of(tmp_path / "run", "Asia/Shanghai")
    arguments = ["build", str(run), str(week), "--network", str(tmp_path / "network")]
    assert CliRunner().invoke(profile, arguments).exit_code == 0
    before = {file: file.read_bytes() for file in week.iterdir() if file.is_file()}

    def full(*_: object, **__: object) -> None:
        raise OSError("9 requested and 4 written")

    monkeypatch.setattr("congestion.profile.week.np.save", full)
    done = CliRunner().invoke(profile, arguments)
    assert isinstance(done.exception, OutsideError)
    assert str(week) in str(done.exception)
    assert {file: file.read_bytes() for file in week.iterdir() if file.is_file()} == before


@pytest.mark.parametrize(
    ("of_run", "of_settings", "chosen", "expected"),
    [
        ("America/New_York", "Europe/Paris", "Asia/Tokyo", "Asia/Tokyo"),
        ("America/New_York", "Europe/Paris", None, "Europe/Paris"),
        ("America/New_York", None, None, "America/New_York"),
        (None, "Europe/Paris", None, "Europe/Paris"),
    ],
)
def test_a_profiles_hours_are_those_of_its_city(
    tmp_path: Path, of_run: str | None, of_settings: str | None, chosen: str | None, expected: str
) -> None:
    run = run_of(tmp_path / "run", of_run)
    config = tmp_path / "clearway.toml"
    config.write_text(f"[city]\ntimezone = '{of_settings}'\n" if of_settings else "")
    (tmp_path / "network").mkdir()
    save_network(CITY, tmp_path / "network")
    arguments = ["build", str(run), str(tmp_path / "week"), "--network", str(tmp_path / "network")]
    arguments += ["--config", str(config), *(["--timezone", chosen] if chosen else [])]
    CliRunner().invoke(profile, arguments, catch_exceptions=False)
    assert load_week(tmp_path / "week", CITY).timezone == expected


def test_without_a_time_zone_no_profile_is_built(tmp_path: Path) -> None:
    run = run_of(tmp_path / "run", None)
    (tmp_path / "network").mkdir()
    save_network(CITY, tmp_path / "network")
    arguments = ["build", str(run), str(tmp_path / "week"), "--network", str(tmp_path / "network")]
    with pytest.raises(StoredError, match="names no time zone, expected the city's: give it with"):
        CliRunner().invoke(profile, arguments, catch_exceptions=False)
    assert not (tmp_path / "week").exists()


def test_runs_of_two_time_zones_make_no_profile_unless_one_is_chosen(tmp_path: Path) -> None:
    runs = [run_of(tmp_path / zone, zone) for zone in ("Asia/Tokyo", "Europe/Paris")]
    with pytest.raises(StoredError, match=r"Asia/Tokyo and .* of Europe/Paris, expected one"):
        timezone_of_runs(state_files(runs))
    (tmp_path / "network").mkdir()
    save_network(CITY, tmp_path / "network")
    arguments = ["build", *map(str, runs), str(tmp_path / "week"), "--timezone", "Asia/Tokyo"]
    arguments += ["--network", str(tmp_path / "network")]
    CliRunner().invoke(profile, arguments, catch_exceptions=False)
    assert load_week(tmp_path / "week", CITY).timezone == "Asia/Tokyo"


def test_the_command_tells_detectors_by_day_and_names_rubbish_of_the_lake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (block_file(tmp_path / "lake", layout.STATES, n) for n in (0, 256))
    rows = hours(30, lambda d, m: (None, None, None) if d == "M1" else usual(d, m))
    rows[1] |= {"lane_counts": [999.0]}
    kept_days(first.parent, rows, first.stem)
    second.write_bytes(b"rubbish")
    drives(
        tmp_path,
        [
            drive(segment, minute, 12.0 + minute % 5, fleet=fleet)
            for segment in "ab" for minute in range(30) for fleet in ("bus", "taxi")
        ],
    ).rename(block_file(tmp_path / "lake", layout.TRAVERSALS, 0))  # fmt: skip
    (tmp_path / "network").mkdir()
    save_network(health_days.CITY, tmp_path / "network")
    head = "detector_id,lane,longitude,latitude,bearing_deg\n"
    lines = [f"{d.detector_id},{d.lane},121.4,31.2,90\n" for d in health_days.ASSETS.detectors]
    (tmp_path / "detectors.csv").write_text(head + "".join(lines))
    monkeypatch.setattr(
        "streams.lake.detector_profile.place_roadside", lambda *_: health_days.PLACED
    )
    arguments = [
        "build", str(tmp_path / "lake"), str(tmp_path / "week"), "--network",
        str(tmp_path / "network"), "--assets", str(tmp_path), "--timezone", "UTC",
    ]  # fmt: skip
    done = CliRunner().invoke(profile, arguments, catch_exceptions=False)
    assert "2026-09-14  1          no_data   21       M1         no reading in 10" in done.stdout
    assert f"{first.name}, row 1, column 'lane_counts': found [999.0]" in done.stderr
    assert f"{second.name}: found" in done.stderr
    assert "detectors with a line of their own: 2" in done.stdout
    assert "residential" not in done.stdout
    assert load_relation(tmp_path / "week").ids == ("M1", "M2", "M3")
    days = pq.read_table(tmp_path / "week" / "detector_days.parquet")
    assert days["verdict"].to_pylist() == ["no_data", "", ""]
    told = CliRunner().invoke(profile, [*arguments, "--json"], catch_exceptions=False)
    report = msgspec.json.decode(told.stdout)
    assert report["detector_days"] == {"no_data": 1, "believed": 2}
    assert len(report["not_used"]) == 2
    assert report["detectors_with_a_line"] == 2
    assert report["lines"][0]["segment_kmh"][1] > 0


def test_a_lake_of_nothing_but_rubbish_is_an_error_with_its_file(tmp_path: Path) -> None:
    block_file(tmp_path / "lake", layout.STATES, 0).write_bytes(b"rubbish")
    (tmp_path / "network").mkdir()
    save_network(CITY, tmp_path / "network")
    with pytest.raises(StoredError, match=r"part-0-000000000000-0000000000000\.parquet"):
        CliRunner().invoke(
            profile,
            ["build", str(tmp_path / "lake"), "week", "--network", str(tmp_path / "network")],
            catch_exceptions=False,
        )


@pytest.mark.parametrize(
    "time", ["", "garbage", "2026-09-15T23:18:00", "0001-01-01T00:00:00+14:00", "9999-12-31T00Z"]
)
def test_an_alert_of_no_time_is_named_with_its_row(tmp_path: Path, time: str) -> None:
    write_alerts(tmp_path, alert("one", "c"), alert("two", "c", onset_time=time))
    with pytest.raises(StoredError, match=r"alerts\.jsonl row 2: .*, expected an alert"):
        list(stored_alerts([tmp_path]))
