"""A cut feed is a feed of its own, with the truth that belongs to it."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ingest.recorded.cut import cut_feed
from ingest.recorded.feed import FeedError, open_feed
from tests.ingest.recordings import START, fix, reading, write_feed
from tests.ingest.test_detector_events import events, vehicle

START_S = START.timestamp()


def _feed(folder: Path) -> Path:
    write_feed(
        folder,
        fixes=[fix("a", second) for second in range(0, 50, 10)],
        readings=[reading("M1", 0.0, interval_s=20), reading("M1", 20.0, interval_s=20)],
    )
    truth = folder / "truth"
    truth.mkdir()
    pq.write_table(pq.read_table(folder / "gps.parquet"), truth / "fixes.parquet")
    incidents = [
        {"start": "2026-09-15 23:00:30+00:00", "end": "2026-09-15 23:10:00+00:00"},
        {"start": "2026-09-15 23:10:00+00:00", "end": "2026-09-15 23:20:00+00:00"},
    ]
    (truth / "incidents.json").write_text(json.dumps(incidents))
    return folder


def test_a_cut_keeps_what_arrived_in_the_span_and_its_truth_row_for_row(tmp_path: Path) -> None:
    out = tmp_path / "out"
    report = cut_feed(_feed(tmp_path / "in"), out, START_S + 11.0, START_S + 41.0, name="part")
    feed = open_feed(out)
    assert feed.manifest.name == "part"
    assert (feed.manifest.start, feed.manifest.end) == (START_S + 11.0, START_S + 41.0)
    assert feed.fixes is not None and feed.readings is not None
    assert feed.fixes.num_rows == 3
    assert pq.read_table(out / "truth" / "fixes.parquet").num_rows == 3
    assert feed.readings.num_rows == 1
    assert len(json.loads((out / "truth" / "incidents.json").read_text())) == 1
    assert report.row_counts["gps.parquet"] == 3


def test_detectors_events_are_cut_by_their_time(tmp_path: Path) -> None:
    folder = _feed(tmp_path / "in")
    rows = [*vehicle("M1", 5.0, 6.0), *vehicle("M1", 15.0, 16.0), *vehicle("M1", 45.0, 46.0)]
    pq.write_table(events(*rows), folder / "magnetometer_events.parquet")
    cut_feed(folder, tmp_path / "out", START_S + 11.0, START_S + 41.0)
    kept = open_feed(tmp_path / "out", sums_events=False).detector_events
    assert kept is not None and kept.num_rows == 2


def test_reports_are_cut_by_their_time_and_stay_as_they_were(tmp_path: Path) -> None:
    folder = _feed(tmp_path / "in")
    lines = [f'{{"report_id":"{s}", "event_time": {round(1000 * (START_S + s))}}}' for s in (5, 15)]
    (folder / "reports.ndjson").write_text("\n".join([*lines, "torn {"]))
    cut_feed(folder, tmp_path / "out", START_S + 11.0, START_S + 41.0)
    assert (tmp_path / "out" / "reports.ndjson").read_text() == lines[1] + "\n"


def test_a_span_outside_the_feed_and_a_used_folder_are_refused(tmp_path: Path) -> None:
    folder = _feed(tmp_path / "in")
    with pytest.raises(FeedError, match="a span inside"):
        cut_feed(folder, tmp_path / "out", START_S + 1000.0, START_S + 2000.0)
    with pytest.raises(FeedError, match="absent or empty"):
        cut_feed(folder, folder, START_S, START_S + 10.0)


def test_the_small_recording_opens_and_its_truth_matches(project_data: Path) -> None:
    folder = project_data / "feeds" / "shanghai-core-small"
    feed = open_feed(folder)
    assert feed.fixes is not None
    truth = pq.read_table(folder / "truth" / "fixes.parquet")
    assert truth["vehicle_id"].to_pylist() == feed.fixes["vehicle_id"].to_pylist()
    assert feed.manifest.network is not None and feed.manifest.network.is_dir()
