"""Slices: every row once, in arrival order, under a watermark that never goes back."""

from pathlib import Path

import pyarrow as pa
import pytest

from ingest.recorded.feed import open_feed
from ingest.recorded.slices import recorded_clocks_off, slices
from tests.ingest.recordings import START, START_MS, camera_event, fix, reading, write_feed

START_S = START.timestamp()


def test_every_row_comes_once_in_the_slice_it_arrived_in(tmp_path: Path) -> None:
    feed = open_feed(
        write_feed(
            tmp_path,
            fixes=[fix("a", 0.0), fix("b", 4.0), fix("a", 3.9)],
            readings=[reading("M1", -60.0), reading("M1", 0.0)],
            camera_events=[camera_event("k1", 12.0)],
        )
    )
    cut = list(slices(feed))
    assert cut[0].fixes["vehicle_id"].to_pylist() == ["a", "a"]
    assert cut[1].fixes["vehicle_id"].to_pylist() == ["b"]
    assert [s.index for s in cut if s.readings.num_rows] == [0, 12]
    assert [s.index for s in cut if s.camera_events.num_rows] == [2]
    assert cut[0].fix_rows.tolist() == [0, 2] and cut[1].fix_rows.tolist() == [1]


def test_a_row_arriving_on_the_edge_of_a_slice_belongs_to_the_next(tmp_path: Path) -> None:
    feed = open_feed(write_feed(tmp_path, fixes=[fix("a", 4.0)]))
    assert [s.index for s in slices(feed) if s.fixes.num_rows] == [1]


def test_the_watermark_trails_arrival_by_the_lateness_and_the_last_closes_all(
    tmp_path: Path,
) -> None:
    feed = open_feed(write_feed(tmp_path, fixes=[fix("a", 0.0)]))
    cut = list(slices(feed, lateness_s=10.0, slice_s=5.0))
    assert [s.watermark for s in cut[:-1]] == [s.arrival_end - 10.0 for s in cut[:-1]]
    assert cut[0].arrival_end == START_S + 5.0
    assert cut[-2].arrival_end == START_S + 60.0 + 5.0
    assert cut[-1].is_closing and not cut[-1].fixes.num_rows
    assert cut[-1].watermark == feed.manifest.end + 600.0


@pytest.mark.parametrize("interval_s", [7200, 0, -60])
def test_an_interval_that_cannot_be_says_nothing_of_the_clock(
    tmp_path: Path, interval_s: int
) -> None:
    readings = [reading(f"M{i}", 60.0 * m, interval_s=interval_s) for m in range(9) for i in "12"]
    feed = open_feed(write_feed(tmp_path, readings=readings))
    assert recorded_clocks_off(feed) == []


@pytest.mark.parametrize("arrival", [None, 0, START_MS + 10**12, -(10**15)])
def test_a_row_with_an_absurd_arrival_is_kept_for_validation_to_refuse(
    tmp_path: Path, arrival: int | None
) -> None:
    bad = fix("a", None, arrival_time=arrival)
    feed = open_feed(write_feed(tmp_path, fixes=[fix("b", 1.0), bad]))
    cut = list(slices(feed))
    assert sum(s.fixes.num_rows for s in cut) == 2
    assert len(cut) < 200


def test_camera_plates_leave_only_as_hashes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEARWAY_PLATE_KEY", "secret")
    events = [
        camera_event("k1", 1.0),
        camera_event("k2", 2.0),
        camera_event("k2", 3.0, plate="闽B1"),
        camera_event("k2", 4.0, plate=None),
    ]
    feed = open_feed(write_feed(tmp_path, camera_events=events))
    table = pa.Table.from_batches([s.camera_events for s in slices(feed)])
    hashes = table["plate_hash"].to_pylist()
    assert "plate" not in table.column_names
    assert hashes[0] == hashes[1] != hashes[2] and hashes[3] is None
    assert not any("闽" in (text or "") for text in hashes)


@pytest.mark.parametrize(("lateness", "length"), [(10.0, 0.0), (-1.0, 5.0)])
def test_slices_refuse_lengths_that_make_no_sense(
    tmp_path: Path, lateness: float, length: float
) -> None:
    feed = open_feed(write_feed(tmp_path, fixes=[fix("a", 0.0)]))
    with pytest.raises(ValueError, match="_s is"):
        next(slices(feed, lateness, length))


def test_a_whole_recording_is_cut_without_losing_a_row(shared_data: Path) -> None:
    feed = open_feed(shared_data / "feeds" / "shanghai-core-incidents")
    cut = list(slices(feed))
    assert feed.fixes is not None and feed.readings is not None and feed.camera_events is not None
    assert sum(s.fixes.num_rows for s in cut) == feed.fixes.num_rows
    assert sum(s.readings.num_rows for s in cut) == feed.readings.num_rows
    assert sum(s.camera_events.num_rows for s in cut) == feed.camera_events.num_rows
    watermarks = [s.watermark for s in cut]
    assert watermarks == sorted(watermarks)
