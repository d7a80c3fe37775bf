"""A recording looked at before a run: the good one has no word against it, each broken one has."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from ingest.datum import wgs84_to_gcj02
from ingest.recorded.feed import Feed, open_feed
from streams.cli.main import cli
from streams.feed_check.check import check_feed
from streams.feed_check.records import FeedCheck
from streams.recorded.run import run_feed
from tests.streams.chain_parts import chain_of

Change = Callable[[pa.Table], pa.Table]


def with_column(name: str, make: Callable[[np.ndarray], np.ndarray]) -> Change:
    """Give the change of one column of numbers."""

    def change(table: pa.Table) -> pa.Table:
        field = table.schema.field(name)
        values = pa.array(make(table[name].to_numpy())).cast(field.type)
        return table.set_column(table.column_names.index(name), field, values)

    return change


def hours_later(name: str, hours: float) -> Change:
    """Give the change of one column of times."""

    def change(table: pa.Table) -> pa.Table:
        field = table.schema.field(name)
        later = pc.add(table[name].cast(pa.int64()), round(3_600_000 * hours))
        return table.set_column(table.column_names.index(name), field, later.cast(field.type))

    return change


def in_gcj02(table: pa.Table) -> pa.Table:
    moved = wgs84_to_gcj02(table["longitude"].to_numpy(), table["latitude"].to_numpy())
    for name, values in zip(("longitude", "latitude"), moved, strict=True):
        table = with_column(name, lambda _, values=values: values)(table)
    return table


def copied(few_minutes: Feed, tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """Copy the recording to add a file to it; gives the folder and a fix in it."""
    folder = tmp_path / "feed"
    shutil.copytree(few_minutes.folder, folder)
    assert few_minutes.fixes is not None
    return folder, few_minutes.fixes.slice(50, 1).to_pylist()[0]


def test_reports_are_counted_and_a_bad_one_is_named(
    few_minutes: Feed, network_cache: Path, tmp_path: Path
) -> None:
    folder, fix = copied(few_minutes, tmp_path)
    good = {
        "report_id": "r1", "source": "call", "event_time": fix["event_time"].isoformat(),
        "longitude": fix["longitude"], "latitude": fix["latitude"], "kind": "jam",
    }  # fmt: skip
    records = [good, good, {**good, "report_id": "r2", "latitude": 3.0}]
    (folder / "reports.ndjson").write_bytes(b"\n".join(map(msgspec.json.encode, records)))
    feed = open_feed(folder)
    found = check_feed(feed, *chain_of(feed, network_cache))
    (reports,) = (one for one in found.sources if one.source == "reports")
    assert (reports.file, reports.rate.row_count, reports.used_count) == ("reports.ndjson", 3, 1)
    assert {one.reason: one.row_count for one in reports.ignored} == {
        "duplicate": 1, "outside_network": 1,
    }  # fmt: skip
    (astray,) = (one.example for one in reports.ignored if one.reason == "outside_network")
    assert astray is not None and (astray.row, astray.field) == (2, "latitude")
    assert any(finding.subject == "reports" for finding in found.attention)


def test_patrols_are_counted_and_a_bad_one_is_named(
    few_minutes: Feed, network_cache: Path, tmp_path: Path
) -> None:
    folder, fix = copied(few_minutes, tmp_path)
    good = {
        "patrol_id": "p1", "event_time": fix["event_time"].isoformat(),
        "longitude": fix["longitude"], "latitude": fix["latitude"], "status": "free",
    }  # fmt: skip
    records = [good, {**good, "status": "asleep"}]
    (folder / "patrols.ndjson").write_bytes(b"\n".join(map(msgspec.json.encode, records)))
    feed = open_feed(folder)
    found = check_feed(feed, *chain_of(feed, network_cache))
    (patrols,) = (one for one in found.sources if one.source == "patrols")
    assert (patrols.file, patrols.rate.row_count, patrols.used_count) == ("patrols.ndjson", 2, 1)
    (asleep,) = (one.example for one in patrols.ignored)
    assert asleep is not None and (asleep.row, asleep.expected) == (
        1, "a patrol: patrol_id, event_time, longitude, latitude, status",
    )  # fmt: skip
    assert any(finding.subject == "patrols" for finding in found.attention)


def test_planned_works_are_placed_and_a_bad_one_is_named(
    few_minutes: Feed, network_cache: Path, tmp_path: Path
) -> None:
    folder, fix = copied(few_minutes, tmp_path)
    times = {"from": "2026-09-16T07:00:00+08:00", "to": "2026-09-16T08:00:00+08:00"}
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [longitude, fix["latitude"]]},
            "properties": {"id": name, "kind": kind, **times},
        }
        for name, kind, longitude in (
            ("w1", "work", fix["longitude"]), ("w2", "fair", fix["longitude"]), ("w3", "work", 99.0)
        )
    ]  # fmt: skip
    (folder / "schedule.geojson").write_bytes(
        msgspec.json.encode({"type": "FeatureCollection", "features": features})
    )
    feed = open_feed(folder)
    found = check_feed(feed, *chain_of(feed, network_cache))
    (placed,) = (one for one in found.placed if one.kind == "planned works and events")
    assert (placed.count, placed.placed_count) == (2, 1)
    (named,) = (finding for finding in found.attention if finding.subject == "schedule")
    assert "feature 1, field 'properties.kind': found 'fair'" in named.text


@pytest.fixture
def check(
    few_minutes: Feed, tmp_path: Path, network_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., FeedCheck]:
    """Give what checks the few minutes with some files changed or taken away (None)."""
    monkeypatch.setenv("CLEARWAY_CACHE", str(network_cache))

    def checked(**changes: Change | None) -> FeedCheck:
        result = command(changed(few_minutes.folder, tmp_path / "feed", **changes))
        found = msgspec.json.decode(result.stdout, type=FeedCheck)
        assert result.exit_code == (1 if found.attention else 0)
        return found

    return checked


def changed(source: Path, folder: Path, **changes: Change | None) -> Path:
    shutil.copytree(source, folder)
    for name, change in changes.items():
        path = folder / f"{name}.parquet"
        if change is None:
            (path if path.exists() else folder / f"{name}.csv").unlink()
        else:
            pq.write_table(change(pq.read_table(path)), path)
    return folder


def command(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["feed", "check", *map(str, arguments), "--json"])


def lines(found: FeedCheck) -> list[str]:
    return [str(finding) for finding in found.attention]


def about(found: FeedCheck, subject: str) -> str:
    """Give the one finding about a subject."""
    (line,) = [str(finding) for finding in found.attention if finding.subject == subject]
    return line


def test_nothing_is_said_against_a_good_recording(check: Callable[..., FeedCheck]) -> None:
    found = check()
    assert lines(found) == []
    by_name = {source.source: source for source in found.sources}
    assert list(by_name) == ["buses", "taxis", "detector readings", "cameras"]
    assert by_name["detector readings"].rate.interval_s is not None
    assert by_name["detector readings"].rate.interval_s.median == 60.0
    assert all(kind.placed_share > 0.98 for kind in found.placed)
    assert all(kind.near_road["wgs84"] > 0.98 for kind in found.placed)


def test_a_check_uses_as_many_fixes_as_the_run_does(
    few_minutes: Feed, network_cache: Path, tmp_path: Path
) -> None:
    chain, settings = chain_of(few_minutes, network_cache)
    found = check_feed(few_minutes, chain, settings)
    report = run_feed(few_minutes, chain_of(few_minutes, network_cache)[0], tmp_path, settings)
    (fixes,) = [count for count in report.balance if count.source == "fixes"]
    used = {"bus": "buses", "taxi": "taxis"}
    by_name = {source.source: source for source in found.sources}
    assert {fleet: by_name[used[fleet]].used_count for fleet in used} == fixes.fleet_rows_used
    refused = sum(by_name[name].ignored_count for name in used.values())
    assert refused == sum(fixes.refused.values())
    placed = sum(kind.placed_count for kind in found.placed if kind.kind in used.values())
    assert placed == report.fixes["matched"]


def test_what_is_observed_is_between_its_parts_and_their_sum(
    check: Callable[..., FeedCheck],
) -> None:
    found = check()
    for seen in found.seen:
        parts = (seen.detector_share, seen.camera_share, seen.probe_share)
        assert max(parts) <= seen.observed_share + 1e-9 <= min(1.0, sum(parts)) + 2e-9
    whole = found.seen[-1]
    assert whole.segment_count == sum(seen.segment_count for seen in found.seen[:-1])
    assert whole.road_class == "all roads" and 0.0 < whole.lanes_share <= 1.0


def test_occupancy_in_percent_is_named_with_a_row(check: Callable[..., FeedCheck]) -> None:
    found = check(magnetometer=with_column("occupancy", lambda share: 100.0 * share))
    texts = [line for line in lines(found) if line.startswith("detector readings: ")]
    assert any("looks like percent, expected share" in line for line in texts)
    assert any("as occupancy_in_percent: magnetometer.parquet row " in line for line in texts)


@pytest.mark.parametrize(("unit", "factor"), [("m/s", 3.6), ("mph", 1.609344)])
def test_fixes_in_another_unit_of_speed_are_named(
    check: Callable[..., FeedCheck], unit: str, factor: float
) -> None:
    found = check(gps=with_column("speed_kmh", lambda kmh: kmh / factor))
    assert f"looks like {unit}, expected km/h" in about(found, "taxis")


def test_positions_of_three_decimals_are_named(check: Callable[..., FeedCheck]) -> None:
    def rounded(table: pa.Table) -> pa.Table:
        for name in ("longitude", "latitude"):
            table = with_column(name, lambda values: values.round(3))(table)
        return table

    found = lines(check(gps=rounded))
    assert any("taxis: longitude and latitude are rounded to about 111 m" in one for one in found)


def test_the_datum_that_fits_is_named(check: Callable[..., FeedCheck]) -> None:
    found = check(gps=in_gcj02)
    assert any("taxis: positions fit gcj02 (" in line for line in lines(found))


def test_local_time_taken_for_utc_is_named(check: Callable[..., FeedCheck]) -> None:
    later = hours_later("event_time", 8.0)
    found = check(gps=lambda table: hours_later("arrival_time", 8.0)(later(table)))
    expected = "its clock is 8 h ahead, the offset of Asia/Shanghai"
    assert [expected in line for line in lines(found)] == [True, False, True, False]
    assert all("as clock_skew: gps.parquet row " in line for line in lines(found)[1::2])


def test_events_ahead_of_their_arrivals_are_named(check: Callable[..., FeedCheck]) -> None:
    found = check(gps=hours_later("event_time", 8.0))
    assert any("taxis: its clock is 8 h ahead" in line for line in lines(found))
    assert any("as clock_skew: gps.parquet row " in line for line in lines(found))


def test_readings_without_a_list_of_detectors_are_named(check: Callable[..., FeedCheck]) -> None:
    found = check(detectors=None)
    assert any("there is no detectors.csv" in line for line in lines(found))
    assert any("as unknown_detector: magnetometer.parquet row 0" in line for line in lines(found))


def test_another_citys_network_is_named_with_both_boxes(
    check: Callable[..., FeedCheck],
) -> None:
    east = with_column("longitude", lambda degrees: degrees - 5.0)
    found = check(gps=east, detectors=None, cameras=None, bus_stops=None)
    line = about(found, "feed")
    assert "the feed lies at 116.4" in line and "the network at 121.4" in line


def test_empty_files_are_named(check: Callable[..., FeedCheck]) -> None:
    def nothing(table: pa.Table) -> pa.Table:
        return table.slice(0, 0)

    found = check(gps=nothing, magnetometer=nothing, camera=nothing)
    assert lines(found) == [
        "feed: gps.parquet holds no rows",
        "detector readings: magnetometer.parquet holds no rows",
        "cameras: camera.parquet holds no rows",
    ]


def test_a_feed_of_no_source_says_which_there_may_be(check: Callable[..., FeedCheck]) -> None:
    found = check(gps=None, magnetometer=None, camera=None)
    assert "no source: expected gps.parquet" in about(found, "feed")


def test_fixes_alone_are_checked_without_a_network(project_data: Path, tmp_path: Path) -> None:
    small = project_data / "feeds" / "shanghai-core-small"
    (tmp_path / "gps.parquet").write_bytes((small / "gps.parquet").read_bytes())
    result = command(tmp_path)
    found = msgspec.json.decode(result.stdout, type=FeedCheck)
    assert result.exit_code == 1
    assert "names no network" in about(found, "feed")
    assert [field.fits for field in found.sources[0].fields] == ["km/h", "clockwise from north"]


def test_a_person_reads_tables_and_what_needs_attention(
    few_minutes: Feed, network_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEARWAY_CACHE", str(network_cache))
    result = CliRunner().invoke(cli, ["feed", "check", str(few_minutes.folder)])
    assert result.exit_code == 0, result.output
    for words in ("detector readings", "all roads", "nothing needs attention"):
        assert words in result.stdout


def test_a_count_that_is_always_the_same_is_none(check: Callable[..., FeedCheck]) -> None:
    found = check(magnetometer=with_column("vehicle_count", lambda count: 0 * count + 2))
    assert any("vehicle_count is always 2" in line for line in lines(found))


def test_values_that_say_none_are_named_by_field(check: Callable[..., FeedCheck]) -> None:
    found = check(gps=with_column("heading_deg", lambda degrees: 0.0 * degrees - 1.0))
    assert 'heading_deg says "none" or cannot be in 100% of the rows' in about(found, "taxis")
    taxis = {source.source: source for source in found.sources}["taxis"]
    assert taxis.set_aside == {"heading_deg": taxis.rate.row_count}
    assert taxis.ignored_share < 0.1


def test_detectors_that_send_nothing_are_named(check: Callable[..., FeedCheck]) -> None:
    found = check(magnetometer=lambda table: table.slice(0, 500))
    assert "send no row that a run uses" in about(found, "detectors")


def test_detectors_that_lose_their_offs_are_counted(
    few_minutes: Feed, tmp_path: Path, network_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEARWAY_CACHE", str(network_cache))
    folder = changed(few_minutes.folder, tmp_path / "feed", magnetometer=None)
    good, bad = [detector.detector_id for detector in few_minutes.assets.detectors[:2]]
    start_ms = round(1000 * few_minutes.manifest.start)
    # A vehicle each 3 s for 0.4 s; of the bad one two offs in three never come.
    rows = [
        (name, start_ms + 3000 * k + 400 * (not is_on), is_on)
        for name in (good, bad)
        for k in range(160)
        for is_on in (True, False)
        if is_on or name == good or k % 3 == 0
    ]
    names, times, states = zip(*sorted(rows, key=lambda row: row[1]), strict=True)
    times = pa.array(times, pa.timestamp("ms", tz="UTC"))
    events = pa.table({"detector_id": names, "event_time": times, "is_on": states})
    pq.write_table(events, folder / "magnetometer_events.parquet")
    found = msgspec.json.decode(command(folder).stdout, type=FeedCheck)
    by_name = {source.source: source for source in found.sources}
    assert by_name["detector events"].rate.device_count == 2
    assert by_name["detector events"].lost_offs == 1
    assert any("events: 1 of 2 lose the other half" in line for line in lines(found))


def test_readings_that_a_run_counts_once_are_not_used_twice(
    check: Callable[..., FeedCheck],
) -> None:
    def lane_by_lane(table: pa.Table) -> pa.Table:
        other = with_column("vehicle_count", lambda count: count + 1)(table)
        return pa.concat_tables([table, other]).sort_by("interval_start")

    found = check(magnetometer=lane_by_lane, camera=lambda table: pa.concat_tables([table, table]))
    by_name = {source.source: source for source in found.sources}
    for name in ("detector readings", "cameras"):
        source = by_name[name]
        assert source.used_count == source.rate.row_count // 2
        assert [(one.reason, one.row_count) for one in source.ignored] == [
            ("duplicate", source.rate.row_count // 2)
        ]
    assert "expected one reading of" in about(found, "detector readings")


@pytest.mark.parametrize(
    ("none", "interval_s", "is_named"),
    # In a minute nobody counts so many: a run leaves them out. In five minutes a lane may.
    [(255.0, 60, False), (999.0, 60, False), (255.0, 300, True)],
)
def test_counts_that_say_none_are_not_taken_for_another_unit(
    check: Callable[..., FeedCheck], none: float, interval_s: int, is_named: bool
) -> None:
    def often_none(count: np.ndarray) -> np.ndarray:
        return np.where(np.arange(len(count)) % 3 == 0, none, count)

    def sent(table: pa.Table) -> pa.Table:
        table = with_column("interval_s", lambda seconds: 0 * seconds + interval_s)(table)
        return with_column("vehicle_count", often_none)(table)

    found = check(magnetometer=sent)
    assert not any("looks like an hour" in line for line in lines(found))
    named = [line for line in lines(found) if "vehicle_count is often 255, far above" in line]
    assert bool(named) == is_named
