"""Raw JSON through ingest agents on a broker, and the lake that a worker fills."""

from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from incidents.records import Alert
from streams.recorded.replay import replay
from tests.broker.stage_set import StageSet

pytestmark = pytest.mark.broker

GATEWAYS = {"gps.bus", "gps.taxi", "magnetometer", "camera"}


def test_raw_records_become_the_alerts_of_the_run_and_the_lake_keeps_them(
    stage_set: StageSet, undisturbed: list[Alert], tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    stage_set.start_worker(lake)
    stage_set.wait_ready()
    replay(stage_set.feed, stage_set.city, stage_set.settings, speed=100.0, is_raw=True)
    # Nobody says that the feed has ended, so its last minutes wait for the next message.
    until = stage_set.feed.manifest.end - 180.0
    stage_set.wait_decided(until)
    told = stage_set.alerts()
    expected = {
        a.alert_id for a in undisturbed if datetime.fromisoformat(a.event_time).timestamp() <= until
    }
    # Not all: how far the gateways have come is guessed from what was read in which order, the
    # matcher decides waiting fixes by that, and an alert near its threshold may fall either way.
    assert len(expected & {a.alert_id for a in told}) >= 0.7 * len(expected) > 0
    counts = stage_set.counts()
    raw = [count for count in counts.values() if count.stage == "ingest"]
    assert {count.source for count in raw} == GATEWAYS
    for count in counts.values():
        assert count.rows_in == count.rows_used + sum(count.refused.values()), count
        assert not set(count.refused) - {"out_of_order"}, count
    fixes = sum(count.rows_in for count in raw if count.source.startswith("gps."))
    assert stage_set.feed.fixes is not None
    assert fixes == stage_set.feed.fixes.num_rows

    def kept(table: str) -> int:
        return sum(pq.read_metadata(path).num_rows for path in (lake / table).rglob("*.parquet"))

    stage_set.wait(lambda: kept("alerts") >= len(told), "the lake to keep every alert")
    for table in ("segment_states", "area_minutes", "traversals", "alert_events"):
        assert kept(table) > 0
