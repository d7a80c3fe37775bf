"""Validation: each bad row is refused by the reason a person would give."""

from typing import Any

import numpy as np
import pytest

from ingest.checks.rows import (
    Bounds,
    check_camera_events,
    check_fixes,
    check_readings,
    known_approaches,
    known_detectors,
)
from ingest.frames import CAMERA_EVENTS, FIXES, READINGS
from ingest.recorded.assets import Assets, Camera, Detector
from ingest.refusals import Reason, Refusal, count_by_reason
from tests.ingest.recordings import START, START_MS, batch, camera_event, fix, reading

NOW = START.timestamp() + 60.0
BOUNDS = Bounds(121.4, 31.1, 121.6, 31.3)
ASSETS = Assets(
    detectors=(Detector("M1", 0, 121.5, 31.2, 0.0),),
    cameras=(Camera("k1", "k1:1", 0, 121.5, 31.2, 0.0),),
)


def _fix_refusal(**changes: Any) -> Refusal:
    rows = batch([fix("a", 0.0), fix("a", 10.0) | changes], FIXES)
    checked = check_fixes(rows, BOUNDS, NOW)
    assert checked.batch.num_rows == 1 and len(checked.refusals) == 1
    assert checked.refusals[0].position == 1
    return checked.refusals[0]


def _reading_refusal(**changes: Any) -> Refusal:
    rows = batch([reading("M1", 0.0), reading("M1", 0.0) | changes], READINGS)
    checked = check_readings(rows, known_detectors(ASSETS), NOW)
    assert checked.batch.num_rows == 1 and len(checked.refusals) == 1
    return checked.refusals[0]


def _event_refusal(**changes: Any) -> Refusal:
    rows = batch([_event(), _event() | changes], CAMERA_EVENTS)
    checked = check_camera_events(rows, known_approaches(ASSETS), NOW)
    assert checked.batch.num_rows == 1 and len(checked.refusals) == 1
    return checked.refusals[0]


def _event() -> dict[str, Any]:
    event = camera_event("k1", 0.0)
    del event["plate"]
    return event | {"plate_hash": None}


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"vehicle_id": None}, Reason.MISSING, "vehicle_id"),
        ({"vehicle_id": ""}, Reason.MISSING, "vehicle_id"),
        ({"vehicle_id": "x" * 65}, Reason.OUT_OF_RANGE, "vehicle_id"),
        ({"fleet": "tram"}, Reason.UNKNOWN_FLEET, "fleet"),
        ({"fleet": None}, Reason.UNKNOWN_FLEET, "fleet"),
        ({"event_time": None}, Reason.MISSING, "event_time"),
        ({"event_time": START_MS - 366 * 86400000}, Reason.BAD_TIME, "event_time"),
        ({"event_time": 2**62}, Reason.BAD_TIME, "event_time"),
        ({"event_time": START_MS // 1000}, Reason.WRONG_TIME_UNIT, "event_time"),
        ({"event_time": START_MS * 1000}, Reason.WRONG_TIME_UNIT, "event_time"),
        ({"event_time": START_MS * 1000000}, Reason.WRONG_TIME_UNIT, "event_time"),
        ({"arrival_time": 0}, Reason.BAD_TIME, "arrival_time"),
        ({"longitude": np.nan}, Reason.NOT_A_NUMBER, "longitude"),
        ({"latitude": None}, Reason.NOT_A_NUMBER, "latitude"),
        ({"latitude": -np.inf}, Reason.NOT_A_NUMBER, "latitude"),
        ({"longitude": 31.22, "latitude": 121.48}, Reason.SWAPPED_COORDINATES, "longitude"),
        ({"longitude": 0.0, "latitude": 0.0}, Reason.OUTSIDE_NETWORK, "longitude"),
        ({"latitude": 31.31}, Reason.OUTSIDE_NETWORK, "latitude"),
        ({"longitude": 1e300}, Reason.OUT_OF_RANGE, "longitude"),
    ],
)
def test_a_fix_that_cannot_be_true_is_refused(
    changes: dict[str, Any], reason: Reason, field: str
) -> None:
    refusal = _fix_refusal(**changes)
    assert (refusal.reason, refusal.field) == (reason, field)


def test_swapped_coordinates_are_seen_without_a_network_where_latitude_cannot_be() -> None:
    rows = batch([fix("a", 0.0, longitude=31.22, latitude=121.48)], FIXES)
    assert check_fixes(rows).refusals[0].reason == Reason.SWAPPED_COORDINATES


def test_without_bounds_and_clock_the_poles_and_other_years_are_places_and_times() -> None:
    rows = [
        fix("a", 0.0, longitude=180.0, latitude=90.0),
        fix("a", 0.0, longitude=-180.0, latitude=-90.0, event_time=0),
    ]
    assert not check_fixes(batch(rows, FIXES)).refusals


def test_an_odd_speed_or_heading_does_not_cost_the_fix() -> None:
    rows = batch([fix("a", 0.0, speed_kmh=-1.0, heading_deg=1e9)], FIXES)
    assert not check_fixes(rows, BOUNDS, NOW).refusals


def test_the_refusal_names_row_field_value_and_what_was_expected() -> None:
    text = str(_fix_refusal(event_time=START_MS // 1000))
    assert "fixes 1, event_time: wrong_time_unit: found 1970-01-21T" in text
    assert "expected milliseconds since 1970 UTC" in text


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"detector_id": "M2"}, Reason.UNKNOWN_DETECTOR, "detector_id"),
        ({"detector_id": None}, Reason.MISSING, "detector_id"),
        ({"interval_start": 0}, Reason.BAD_TIME, "interval_start"),
        ({"interval_s": None}, Reason.MISSING, "interval_s"),
        ({"interval_s": 0}, Reason.OUT_OF_RANGE, "interval_s"),
        ({"interval_s": -60}, Reason.OUT_OF_RANGE, "interval_s"),
        ({"vehicle_count": None}, Reason.MISSING, "vehicle_count"),
        ({"vehicle_count": -1}, Reason.OUT_OF_RANGE, "vehicle_count"),
        ({"vehicle_count": 2**31 - 1}, Reason.OUT_OF_RANGE, "vehicle_count"),
        ({"occupancy": 12.0}, Reason.OCCUPANCY_IN_PERCENT, "occupancy"),
        ({"occupancy": -0.1}, Reason.OUT_OF_RANGE, "occupancy"),
        ({"occupancy": 101.0}, Reason.OUT_OF_RANGE, "occupancy"),
        ({"occupancy": np.inf}, Reason.NOT_A_NUMBER, "occupancy"),
        ({"speed_kmh": -3.0}, Reason.OUT_OF_RANGE, "speed_kmh"),
        ({"speed_kmh": np.inf}, Reason.OUT_OF_RANGE, "speed_kmh"),
    ],
)
def test_a_reading_that_cannot_be_true_is_refused(
    changes: dict[str, Any], reason: Reason, field: str
) -> None:
    refusal = _reading_refusal(**changes)
    assert (refusal.reason, refusal.field) == (reason, field)


def test_an_occupancy_a_hair_over_one_is_one_and_an_absent_one_stays_absent() -> None:
    rows = batch([reading("M1", 0.0, occupancy=o) for o in (1.005, np.nan, 0.5)], READINGS)
    checked = check_readings(rows, known_detectors(ASSETS), NOW)
    assert not checked.refusals
    assert checked.batch["occupancy"].to_numpy().tolist() == pytest.approx(
        [1.0, np.nan, 0.5], nan_ok=True
    )


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"camera_id": "k9"}, Reason.UNKNOWN_CAMERA, "approach_id"),
        ({"approach_id": "k1:9"}, Reason.UNKNOWN_CAMERA, "approach_id"),
        ({"approach_id": None}, Reason.MISSING, "approach_id"),
        ({"event_time": 0}, Reason.BAD_TIME, "event_time"),
        ({"kind": "flash"}, Reason.UNKNOWN_KIND, "kind"),
        ({"lane": -1}, Reason.OUT_OF_RANGE, "lane"),
        ({"speed_kmh": 300.0}, Reason.OUT_OF_RANGE, "speed_kmh"),
        ({"dwell_s": -1.0}, Reason.OUT_OF_RANGE, "dwell_s"),
    ],
)
def test_a_camera_event_that_cannot_be_true_is_refused(
    changes: dict[str, Any], reason: Reason, field: str
) -> None:
    refusal = _event_refusal(**changes)
    assert (refusal.reason, refusal.field) == (reason, field)


def test_a_camera_event_may_lack_lane_speed_and_dwell() -> None:
    row = _event() | {"lane": None, "speed_kmh": None, "dwell_s": None}
    checked = check_camera_events(batch([row], CAMERA_EVENTS), known_approaches(ASSETS), NOW)
    assert checked.batch.num_rows == 1


def test_refusals_are_counted_by_reason() -> None:
    rows = batch(
        [reading("M2", 0.0), reading("M3", 0.0), reading("M1", 0.0, interval_s=0)], READINGS
    )
    checked = check_readings(rows, known_detectors(ASSETS), NOW)
    assert count_by_reason(checked.refusals) == {"unknown_detector": 2, "out_of_range": 1}
