"""The run in one process: its files, its balance, and that only the data decide."""

import math
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import geopandas
import msgspec
import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from congestion.records import STATES
from congestion.region import Region
from congestion.states.fusion import Estimate, Fusion
from incidents.scoring.incidents import read_alerts
from ingest.dead_letters import DeadLetter
from ingest.kernels.arrays import Floats
from ingest.recorded.feed import Feed
from ingest.units import KMH, MINUTE_S
from mapmatch.records import TRAVERSALS
from streams.chain import open_chain
from streams.recorded.path_times_and_faults import DETECTOR_FAULTS
from streams.recorded.run import RunReport, run_feed
from streams.settings import load_settings
from streams.stages.city_minute import CityMinute, CityStep, CityTick
from tests.streams.chain_parts import chain_of, line_on_longest_segment, with_fixes


@pytest.fixture(scope="module")
def bad_rows(few_minutes: Feed) -> list[dict[str, object]]:
    """Give fixes that cannot be true, each in its own way, at the recording's last minute."""
    assert few_minutes.fixes is not None
    good = few_minutes.fixes.slice(few_minutes.fixes.num_rows - 1, 1).to_pylist()[0]
    return [
        {**good, "vehicle_id": "nan", "longitude": math.nan},
        {**good, "vehicle_id": "infinite", "latitude": math.inf},
        {**good, "vehicle_id": "swapped", "longitude": good["latitude"],
         "latitude": good["longitude"]},
        {**good, "vehicle_id": "far away", "longitude": 100.0},
        {**good, "vehicle_id": None},
        {**good},
    ]  # fmt: skip


@pytest.fixture(scope="module")
def done(
    few_minutes: Feed, bad_rows: list, network_cache: Path, tmp_path_factory
) -> tuple[RunReport, Path, Feed]:
    """Give a run over the few minutes and the bad rows."""
    feed = with_fixes(few_minutes, bad_rows)
    chain, settings = chain_of(feed, network_cache)
    out = tmp_path_factory.mktemp("run")
    return run_feed(feed, chain, out, settings), out, feed


def test_rows_in_are_rows_used_and_rows_refused_by_reason(done) -> None:
    report, _, feed = done
    for count in report.balance:
        assert count.rows_in == count.rows_used + sum(count.refused.values()), count
        assert count.holes == 0 and count.repeats == 0
    rows = {count.source: count.rows_in for count in report.balance}
    assert rows["fixes"] == feed.fixes.num_rows
    assert rows["detector-readings"] == feed.readings.num_rows
    assert rows["camera-events"] == feed.camera_events.num_rows


def test_every_fix_read_has_its_row_in_the_recordings_order(done) -> None:
    report, out, feed = done
    matched = pq.read_table(out / "matched.parquet")
    assert matched["vehicle_id"].to_pylist() == feed.fixes["vehicle_id"].to_pylist()
    assert matched["event_time"].to_pylist() == feed.fixes["event_time"].to_pylist()
    assert sum(report.fixes.values()) == feed.fixes.num_rows
    for row in matched.to_pylist():
        assert (row["segment_id"] is None) == (row["reason"] is not None)
        assert row["reason"] != "unanswered"


def test_path_times_are_kept_with_their_share_of_each_segment(done) -> None:
    _, out, _ = done
    times = pq.read_table(out / "path_times.parquet").to_pandas()
    assert len(times) > 0
    paths = times.groupby(["interval_start", "from_approach", "to_approach"])
    spread = paths.segment_time_s.sum() - paths.travel_time_s.first()
    assert spread.abs().max() < 1.0
    assert pq.read_table(out / "detector_faults.parquet").schema == DETECTOR_FAULTS


def test_bad_fixes_are_refused_with_their_reason(done, bad_rows: list) -> None:
    _, out, _ = done
    reasons = pq.read_table(out / "matched.parquet")["reason"].to_pylist()[-len(bad_rows) :]
    assert reasons == [
        "not_a_number", "not_a_number", "swapped_coordinates", "outside_network", "missing",
        "duplicate",
    ]  # fmt: skip
    assert len((out / "dead_letters.jsonl").read_bytes().splitlines()) == len(bad_rows) - 1


def test_a_refused_row_is_named_by_its_file_and_row(done, bad_rows: list) -> None:
    report, out, feed = done
    lines = (out / "dead_letters.jsonl").read_bytes().splitlines()
    letters = [msgspec.json.decode(line, type=DeadLetter) for line in lines]
    first = feed.fixes.num_rows - len(bad_rows)
    assert {letter.source for letter in letters} == {"gps.parquet"}
    assert sorted(letter.position for letter in letters) == list(range(first, first + 5))
    assert (
        f"not_a_number: gps.parquet row {first}, longitude: found nan, expected a number"
        in report.first_refusals
    )
    assert len(report.first_refusals) == 4


def test_every_segment_has_a_state_in_every_minute(done, network_cache: Path) -> None:
    report, out, _ = done
    states = pq.read_table(out / "segment_states.parquet").to_pandas()
    per_minute = states.groupby("interval_start")["segment_id"].nunique()
    assert per_minute.nunique() == 1
    assert len(states) == report.state_row_count == per_minute.iloc[0] * len(per_minute)
    assert not states.duplicated(["interval_start", "segment_id"]).any()


def test_states_end_with_the_minute_of_the_last_row(done) -> None:
    _, out, feed = done
    states = pq.read_table(out / "segment_states.parquet")
    last = pc.max(feed.fixes["event_time"]).as_py()
    assert pc.max(states["interval_start"]).as_py() == last.replace(second=0, microsecond=0)


def test_a_run_records_what_it_was_beside_its_files(done) -> None:
    report, out, _ = done
    record = msgspec.json.decode((out / "run.json").read_bytes())
    assert record["report"]["state_row_count"] == report.state_row_count
    assert record["report"]["out"] == str(out)
    assert record["settings"]["topics"]["partitions"] == 1
    assert record["network"] == "shanghai-core" and record["started"] <= record["ended"]


def test_a_run_is_a_layer_of_a_map_too(done) -> None:
    _, out, _ = done
    layer = geopandas.read_parquet(out / "segments.parquet")
    states = pq.read_table(out / "segment_states.parquet").to_pandas()
    assert layer.crs == "EPSG:4326"
    seen = states[states.speed_kmh > 0.0].groupby("segment_id").speed_kmh
    mean = seen.apply(lambda speeds: len(speeds) / (1.0 / speeds).sum())
    found = layer.set_index("segment_id").speed_kmh
    assert found.to_dict() == pytest.approx(mean.to_dict(), abs=0.06)


def test_where_nobody_saw_anything_no_minute_is_the_worst(
    few_minutes: Feed, network_cache: Path, tmp_path: Path
) -> None:
    nothing = replace(few_minutes, fixes=None, readings=None, camera_events=None)
    chain, settings = chain_of(nothing, network_cache)
    report = run_feed(nothing, chain, tmp_path, settings)
    assert report.state_row_count > 0  # what is usual, minute by minute
    assert report.city is None


def test_a_run_is_the_same_every_time(done, few_minutes: Feed, network_cache, tmp_path) -> None:
    _, out, feed = done
    chain, settings = chain_of(feed, network_cache)
    run_feed(feed, chain, tmp_path, settings)
    for name in ("matched.parquet", "traversals.parquet", "segment_states.parquet"):
        assert pq.read_table(tmp_path / name).equals(pq.read_table(out / name))
    assert (tmp_path / "alerts.jsonl").read_bytes() == (out / "alerts.jsonl").read_bytes()


def test_every_section_of_the_settings_reaches_its_stage(
    done, network_cache: Path, tmp_path: Path
) -> None:
    usual, out, feed = done
    config = tmp_path / "clearway.toml"
    config.write_text("""
        topics.partitions = 1
        cleaner = {highest_speed = 0.5, slack_m = 1.0}
        matcher = {min_radius_m = 1.0, max_radius_m = 3.0}
        estimator = {level_profile = "beijing"}
        detection.hot_spots = {open_minutes = 1, open_length_m = 30.0, clear_length_m = 20.0}
    """)
    settings = load_settings(config, environment={})
    chain = open_chain(feed.manifest.network, network_cache, feed.assets, settings)
    report = run_feed(feed, chain, tmp_path / "run", settings)
    assert report.fixes["jump"] > 10 * usual.fixes.get("jump", 1)
    assert report.fixes["no_road_near"] > 10 * usual.fixes.get("no_road_near", 1)
    assert report.alert_counts["hotspot"] > usual.alert_counts.get("hotspot", 0)
    # After the feed's end nothing is seen, and a queue of which nothing is seen has no news.
    spots = [a for a in read_alerts((tmp_path / "run" / "alerts.jsonl").read_bytes())
             if a.kind == "hotspot"]  # fmt: skip
    latest = max(datetime.fromisoformat(a.event_time).timestamp() for a in spots)
    assert latest <= feed.manifest.end + settings.clocks.settle_s + settings.clocks.lateness_s
    levels = [
        pq.read_table(path / "segment_states.parquet", columns=["speed_kmh", "level"]).to_pandas()
        for path in (out, tmp_path / "run")
    ]
    share = [frame[frame.speed_kmh < 10.0]["level"].mean() for frame in levels]
    assert abs(share[0] - share[1]) > 0.1


def test_bus_lines_move_buses_and_no_taxi(done, network_cache: Path, tmp_path: Path) -> None:
    _, out, feed = done
    chain, settings = chain_of(feed, network_cache)
    line = line_on_longest_segment(chain.city.network)
    assets = msgspec.structs.replace(feed.assets, bus_lines=(line,))
    chain, settings = chain_of(replace(feed, assets=assets), network_cache)
    told: list[str] = []
    chain.warm_up(told.append)
    assert "bus lines" in told
    steps = [line.split(", ")[1] for line in told if line != "bus lines"]
    assert steps == [f"step {number} of 4" for number in (1, 2, 3, 4)]
    assert chain.bus_lines is not None
    assert chain.bus_lines.line() == "1 bus lines on 1 segments, 100% of their length placed"
    run_feed(feed, chain, tmp_path, settings)
    for fleet, is_same in (("taxi", True), ("bus", False)):
        is_of = pc.equal(feed.fixes["fleet"], fleet)
        before, after = (
            pq.read_table(f / "matched.parquet").filter(is_of) for f in (out, tmp_path)
        )
        assert before.equals(after) is is_same


class _AtTheLimit(Fusion):
    """Gives every segment its limit."""

    def __init__(self, region: Region) -> None:
        super().__init__(region)
        self._limit_mps = region.limit_mps

    def estimate(self, fresh: Floats, memories: Floats) -> Estimate:
        return Estimate(self._limit_mps.copy(), np.ones_like(self._limit_mps))


def test_a_run_takes_another_fusion_writes_more_columns_and_shows_each_minute(
    few_minutes: Feed, network_cache: Path, tmp_path: Path
) -> None:
    made, settings = chain_of(few_minutes, network_cache)
    assert few_minutes.manifest.network is not None
    chain = open_chain(
        few_minutes.manifest.network, network_cache, few_minutes.assets, settings, _AtTheLimit
    )
    steps: list[CityStep] = []
    run_feed(
        few_minutes, chain, tmp_path, settings,
        state_columns=STATES.names, traversal_columns=TRAVERSALS.names, on_step=steps.append,
    )  # fmt: skip
    states = pq.read_table(tmp_path / "segment_states.parquet")
    assert states.column_names == STATES.names
    assert pq.read_table(tmp_path / "traversals.parquet").column_names == TRAVERSALS.names
    limits = dict(
        zip(made.city.network.segment_ids, made.city.network.free_speed_mps * KMH, strict=True)
    )
    rows = states.select(["segment_id", "speed_kmh"]).to_pandas()
    assert np.allclose(rows.speed_kmh, rows.segment_id.map(limits), atol=0.01)
    kept = {start.timestamp() for start in states["interval_start"].unique().to_pylist()}
    shown = [step for step in steps if isinstance(step, CityMinute)]
    of_kept = [minute for minute in shown if minute.minute_start in kept]
    assert sum(batch.num_rows for minute in of_kept for batch in minute.states) == states.num_rows
    starts = [minute.minute_start for minute in shown]
    last = max(kept)  # closed at the end, at once with ten that nothing is measured of
    assert [minute.is_leapt for minute in shown] == [start >= last for start in starts]
    assert starts == [starts[0] + MINUTE_S * k for k in range(len(shown))]
    ticks = [step for step in steps if isinstance(step, CityTick)]
    times = [tick.time for tick in ticks]
    assert times == [times[0] + settings.clocks.tick_s * k for k in range(len(ticks))]
    assert [step.event_time for step in steps] == sorted(step.event_time for step in steps)
    assert {s.kind for tick in ticks for s in tick.sightings} >= {"standing_vehicle"}
