"""Nothing vanishes: rows in are rows used and rows refused by reason, whatever the rubbish."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.checks.camera_events import check_camera_events
from ingest.checks.check import Bounds
from ingest.checks.fixes import check_fixes
from ingest.checks.readings import KnownDetectors, check_readings
from ingest.checks.traces import FixCleaner
from ingest.frames import CAMERA_EVENTS, FIXES, READINGS
from ingest.recorded.feed import open_feed
from ingest.recorded.slices import slices
from tests.ingest.recordings import START_MS, camera_event, fix, reading, write_feed

KNOWN = KnownDetectors(pa.array(["M1"]), np.array([np.nan]))
BOUNDS = Bounds(121.4, 31.1, 121.6, 31.3)

_TIMES = st.none() | st.integers(START_MS, START_MS + 60_000) | st.integers(-(2**62), 2**62)
_FLOATS = st.none() | st.floats(width=32) | st.floats(0.0, 1.0, width=32)
_IDS = st.sampled_from(["a", "b", "", None, "M1", "k1"]) | st.text(max_size=3)
_LONGITUDES = st.sampled_from([121.48, 121.5, 31.22, 0.0]) | st.floats() | st.none()
_LATITUDES = st.sampled_from([31.22, 31.2, 121.48]) | st.floats() | st.none()


def _rubbish(row: dict[str, Any], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Give rows of which each field is as it should be or anything."""
    changes = {name: st.just(row[name]) | values for name, values in fields.items()}
    return st.fixed_dictionaries(changes).map(lambda changed: row | changed)


_FIXES = _rubbish(
    fix("a", 0.0),
    vehicle_id=_IDS,
    fleet=_IDS,
    event_time=_TIMES,
    arrival_time=_TIMES,
    longitude=_LONGITUDES,
    latitude=_LATITUDES,
    speed_kmh=_FLOATS,
    heading_deg=_FLOATS,
)
_READINGS = _rubbish(
    reading("M1", 0.0),
    detector_id=_IDS,
    interval_start=_TIMES,
    interval_s=st.none() | st.integers(-(2**31), 2**31 - 1),
    vehicle_count=st.none() | st.integers(-(2**31), 2**31 - 1),
    occupancy=_FLOATS,
    speed_kmh=_FLOATS,
)
_EVENTS = _rubbish(
    camera_event("k1", 0.0),
    camera_id=_IDS,
    approach_id=_IDS,
    event_time=_TIMES,
    kind=_IDS,
    lane=st.none() | st.integers(-(2**15), 2**15 - 1),
    plate=_IDS,
    speed_kmh=_FLOATS,
    dwell_s=_FLOATS,
)


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    fixes=st.lists(_FIXES, max_size=25),
    readings=st.lists(_READINGS, max_size=15),
    events=st.lists(_EVENTS, max_size=15),
)
def test_a_feed_of_rubbish_is_used_or_refused_row_for_row(
    tmp_path: Path,
    fixes: list[dict[str, Any]],
    readings: list[dict[str, Any]],
    events: list[dict[str, Any]],
) -> None:
    feed = open_feed(write_feed(tmp_path, fixes=fixes, readings=readings, camera_events=events))
    cleaner = FixCleaner()
    used: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for piece in slices(feed):
        now = piece.arrival_end
        checked = check_fixes(piece.fixes, BOUNDS, now)
        clean = cleaner.clean(checked.batch, piece.watermark)
        refused["fixes"] += sum(refusal.row_count for refusal in checked.refusals)
        refused["fixes"] += sum(clean.refused_counts().values())
        used["fixes"] += clean.batch.num_rows
        for name, answer in (
            ("readings", check_readings(piece.readings, KNOWN, now)),
            ("events", check_camera_events(piece.camera_events, None, now)),
        ):
            refused[name] += len(answer.refusals)
            used[name] += answer.batch.num_rows
        _assert_sound(clean.batch)
    assert used["fixes"] + refused["fixes"] == len(fixes)
    assert used["readings"] + refused["readings"] == len(readings)
    assert used["events"] + refused["events"] == len(events)


def _assert_sound(fixes: pa.RecordBatch) -> None:
    for name in ("longitude", "latitude"):
        assert np.isfinite(fixes[name].to_numpy()).all()
    speeds = fixes["speed_kmh"].to_numpy()
    assert not np.any((speeds < 0.0) | (speeds > 250.0))
    assert fixes["event_time"].null_count == 0


@pytest.mark.parametrize("schema", [FIXES, READINGS, CAMERA_EVENTS])
def test_an_empty_batch_passes(schema: pa.Schema) -> None:
    empty = pa.RecordBatch.from_pylist([], schema=schema)
    if schema is FIXES:
        checked = check_fixes(empty, BOUNDS, 0.0)
        assert FixCleaner().clean(checked.batch, 0.0).batch.num_rows == 0
    elif schema is READINGS:
        checked = check_readings(empty, KNOWN, 0.0)
    else:
        checked = check_camera_events(empty, None, 0.0)
    assert not checked.refusals and checked.batch.schema == schema


def test_the_small_recording_is_used_almost_whole(project_data: Path) -> None:
    feed = open_feed(project_data / "feeds" / "shanghai-core-small")
    assert feed.fixes is not None
    cleaner = FixCleaner()
    used, refused = 0, 0
    for piece in slices(feed):
        checked = check_fixes(piece.fixes, BOUNDS, piece.arrival_end)
        clean = cleaner.clean(checked.batch, piece.watermark)
        refused += sum(refusal.row_count for refusal in checked.refusals)
        refused += sum(clean.refused_counts().values())
        used += clean.batch.num_rows
    assert used + refused == feed.fixes.num_rows
    assert used > 0.98 * feed.fixes.num_rows
