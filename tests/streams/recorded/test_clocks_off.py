"""A source of a recording whose clock is off by hours: named, not believed, the others go on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from ingest.recorded.feed import Feed
from streams.recorded.run import RunReport, run_feed
from tests.streams.chain_parts import chain_of

HOUR = 3600.0
OFF_S = 180.0  # from the recording's start on


def moved(table: pa.Table, is_off: np.ndarray, hours: float) -> pa.Table:
    """Give a table with all times of some rows moved."""
    for place, name in enumerate(table.column_names):
        if pa.types.is_timestamp(table.schema.field(name).type):
            times = table[name].cast(pa.int64()).to_numpy()
            times = pa.array(times + np.where(is_off, round(hours * HOUR * 1000), 0))
            table = table.set_column(place, table.field(name), times.cast(table[name].type))
    return table


def in_the_first_minutes(table: pa.Table, feed: Feed, of: str) -> np.ndarray:
    arrival = table[of].cast(pa.int64()).to_numpy() / 1000.0
    return arrival < feed.manifest.start + OFF_S


@pytest.fixture(scope="module")
def undisturbed(few_minutes: Feed, network_cache: Path, tmp_path_factory) -> RunReport:
    chain, settings = chain_of(few_minutes, network_cache)
    return run_feed(few_minutes, chain, tmp_path_factory.mktemp("run"), settings)


def rows_used(report: RunReport) -> dict[str, int]:
    return {count.source: count.rows_used for count in report.balance}


@pytest.mark.parametrize("hours", [8.0, -8.0])
def test_a_bus_gateway_hours_off_costs_its_own_fixes_and_no_others(
    few_minutes: Feed, network_cache: Path, undisturbed: RunReport, tmp_path: Path, hours: float
) -> None:
    fixes = few_minutes.fixes
    assert fixes is not None
    is_bus = pc.equal(fixes["fleet"], "bus").to_numpy()
    is_off = is_bus & in_the_first_minutes(fixes, few_minutes, "arrival_time")
    chain, settings = chain_of(few_minutes, network_cache)
    feed = replace(few_minutes, fixes=moved(fixes, is_off, hours))
    report = run_feed(feed, chain, tmp_path, settings)
    reasons = pq.read_table(tmp_path / "matched.parquet")["reason"].to_numpy(zero_copy_only=False)
    assert set(reasons[is_off]) == {"clock_skew" if hours > 0 else "late"}
    assert not set(reasons[~is_off]) & {"clock_skew", "late"}
    assert rows_used(report)["fixes"] >= rows_used(undisturbed)["fixes"] - is_off.sum()
    (counts,) = [count for count in report.balance if count.source == "fixes"]
    reason = "clock_skew" if hours > 0 else "late"
    assert counts.fleet_untimely["bus"][reason] == is_off.sum()
    assert reason not in counts.fleet_untimely.get("taxi", {})
    (found,) = report.clocks_off
    assert (found.source, found.row_count) == ("bus fixes", is_off.sum())
    assert found.offset_s == pytest.approx(hours * HOUR, abs=OFF_S)
    assert undisturbed.clocks_off == []


@pytest.mark.parametrize("hours", [8.0, -8.0])
@pytest.mark.parametrize("source", ["readings", "camera_events"])
def test_detectors_or_cameras_hours_off_count_again_once_they_are_put_right(
    few_minutes: Feed, network_cache: Path, undisturbed: RunReport, tmp_path: Path, source: str,
    hours: float,
) -> None:  # fmt: skip
    table = getattr(few_minutes, source)
    name = "interval_start" if source == "readings" else "event_time"
    is_off = in_the_first_minutes(table, few_minutes, name)
    chain, settings = chain_of(few_minutes, network_cache)
    feed = replace(few_minutes, **{source: moved(table, is_off, hours)})
    report = run_feed(feed, chain, tmp_path, settings)
    topic = {"readings": "detector-readings", "camera_events": "camera-events"}[source]
    (counts,) = [count for count in report.balance if count.source == topic]
    reason = "clock_skew" if hours > 0 else "late"
    assert counts.refused.get(reason) == is_off.sum()
    assert counts.rows_used == rows_used(undisturbed)[topic] - is_off.sum()
    assert rows_used(report)["fixes"] == rows_used(undisturbed)["fixes"]
    assert [one.row_count for one in report.clocks_off] == [is_off.sum()]


def test_detectors_hours_off_all_along_are_refused_and_named(
    few_minutes: Feed, network_cache: Path, tmp_path: Path
) -> None:
    table = few_minutes.readings
    assert table is not None
    chain, settings = chain_of(few_minutes, network_cache)
    feed = replace(few_minutes, readings=moved(table, np.ones(len(table), np.bool_), 8.0))
    report = run_feed(feed, chain, tmp_path, settings)
    (counts,) = [count for count in report.balance if count.source == "detector-readings"]
    assert counts.rows_used == 0 and counts.refused == {"clock_skew": len(table)}
    assert [one.source for one in report.clocks_off] == ["detector readings"]


def test_one_vehicle_hours_ahead_counts_again_once_its_clock_is_right(
    few_minutes: Feed, network_cache: Path, undisturbed: RunReport, tmp_path: Path
) -> None:
    fixes = few_minutes.fixes
    assert fixes is not None
    often = pc.value_counts(fixes["vehicle_id"]).to_pylist()
    vehicle = max(often, key=lambda one: one["counts"])["values"]
    is_off = pc.equal(fixes["vehicle_id"], vehicle).to_numpy()
    is_off &= in_the_first_minutes(fixes, few_minutes, "arrival_time")
    assert is_off.sum() > 5
    chain, settings = chain_of(few_minutes, network_cache)
    feed = replace(few_minutes, fixes=moved(fixes, is_off, 8.0))
    report = run_feed(feed, chain, tmp_path, settings)
    assert rows_used(report)["fixes"] == rows_used(undisturbed)["fixes"] - is_off.sum()
    assert report.fixes["clock_skew"] == is_off.sum()
