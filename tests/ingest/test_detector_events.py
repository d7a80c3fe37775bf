from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.detector_events import DETECTOR_EVENTS
from ingest.event_minutes import Summed
from ingest.recorded.event_readings import readings_of_events
from ingest.recorded.feed import open_feed
from tests.ingest.recordings import FEED_TOML, START, START_MS

Event = tuple[str | None, float | None, bool | None]
BEGIN = START.timestamp()


def events(*rows: Event) -> pa.Table:
    """Events (detector, seconds after START, came or left)."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    columns[1] = [None if t is None else START_MS + round(1000 * t) for t in columns[1]]
    arrays = [pa.array(c, f.type) for c, f in zip(columns, DETECTOR_EVENTS, strict=True)]
    return pa.Table.from_arrays(arrays, schema=DETECTOR_EVENTS)


def vehicle(detector: str, came: float, left: float) -> tuple[Event, Event]:
    """One vehicle over a detector."""
    return (detector, came, True), (detector, left, False)


def summed(*rows: Event, minutes: int = 3) -> Summed:
    """The readings of the first minutes."""
    return readings_of_events(events(*rows), BEGIN, BEGIN + 60.0 * minutes)


def counted(found: Summed, detector: str = "M1") -> list[tuple[int, float]]:
    """Count and occupied seconds of a detector's minutes."""
    rows = [r for r in found.readings.to_pylist() if r["detector_id"] == detector]
    return [(r["vehicle_count"], pytest.approx(60.0 * r["occupancy"], abs=1e-3)) for r in rows]


def test_vehicles_add_up_to_the_readings_of_their_minutes():
    found = summed(*vehicle("M1", 5.0, 5.5), *vehicle("M1", 50.0, 51.0), *vehicle("M1", 130, 133))
    assert counted(found) == [(2, 1.5), (0, 0.0), (1, 3.0)]
    starts = found.readings["interval_start"].to_pylist()
    assert starts[0] == datetime.fromtimestamp(BEGIN, UTC)
    assert sum(found.unused.values()) == 0


def test_one_who_stands_over_the_minutes_edge_counts_once_and_occupies_both():
    assert counted(summed(*vehicle("M1", 50.0, 75.0))) == [(1, 10.0), (0, 15.0), (0, 0.0)]


def test_a_detector_that_never_lets_go_is_occupied_to_the_end():
    assert counted(summed(("M1", 30.0, True))) == [(1, 30.0), (0, 60.0), (0, 60.0)]


def test_a_lost_off_costs_its_time_and_no_vehicle_and_is_counted():
    found = summed(("M1", 5.0, True), *vehicle("M1", 20.0, 21.0))
    assert counted(found)[0] == (2, 1.0)
    assert sum(found.unused.values()) == 1


def test_a_lost_on_costs_its_vehicle_and_is_counted():
    found = summed(("M1", 5.0, False), *vehicle("M1", 20.0, 21.0))
    assert counted(found)[0] == (1, 1.0)
    assert sum(found.unused.values()) == 1


def test_repeats_and_incomplete_and_foreign_events_are_left_out_and_counted():
    good = vehicle("M1", 20.0, 21.0)
    bad = [good[0], (None, 3.0, True), ("M1", None, True), ("M1", 4.0, None), ("M1", -90.0, True)]
    found = summed(*good, *bad)
    assert counted(found)[0] == (1, 1.0)
    assert sum(found.unused.values()) == len(bad)


def test_detectors_are_kept_apart_and_rows_may_come_in_any_order():
    rows = [*vehicle("M1", 5.0, 6.0), *vehicle("M2", 5.5, 8.5), *vehicle("M1", 70.0, 71.0)]
    found, shuffled = summed(*rows), summed(*rows[::-1])
    assert counted(found, "M1") == [(1, 1.0), (1, 1.0), (0, 0.0)]
    assert counted(found, "M2")[0] == (1, 3.0)
    assert sorted(map(str, shuffled.readings.to_pylist())) == sorted(
        map(str, found.readings.to_pylist())
    )


def test_random_traffic_sums_to_what_was_driven():
    random = np.random.default_rng(0)
    edges = np.cumsum(random.uniform(0.3, 5.0, 120))
    rows = [e for came, left in edges.reshape(-1, 2) for e in vehicle("M1", came, left)]
    found = summed(*rows, minutes=10).readings
    assert sum(found["vehicle_count"].to_pylist()) == 60
    occupied = 60.0 * sum(found["occupancy"].to_pylist())
    assert occupied == pytest.approx(float(np.diff(edges.reshape(-1, 2)).sum()), abs=0.1)


def test_a_feed_of_single_vehicles_has_readings(tmp_path: Path):
    (tmp_path / "feed.toml").write_text(FEED_TOML)
    rows = [*vehicle("M1", 5.0, 6.0), ("M1", 30.0, False)]
    pq.write_table(events(*rows), tmp_path / "magnetometer_events.parquet")
    feed = open_feed(tmp_path)
    assert feed.readings is not None
    assert feed.readings["vehicle_count"].to_pylist() == [1]
    assert feed.unused_event_count == 1
