"""A fix that cannot be true by itself is refused by the reason a person would give."""

from typing import Any

import numpy as np
import pytest

from ingest.checks.check import Bounds
from ingest.checks.fixes import check_fixes
from ingest.frames import FIXES
from ingest.refusals import Reason, Refusal
from tests.ingest.recordings import START, START_MS, batch, fix

NOW = START.timestamp() + 60.0
BOUNDS = Bounds(121.4, 31.1, 121.6, 31.3)


def _fix_refusal(**changes: Any) -> Refusal:
    rows = batch([fix("a", 0.0), fix("a", 10.0) | changes], FIXES)
    checked = check_fixes(rows, BOUNDS, NOW)
    assert checked.batch.num_rows == 1 and len(checked.refusals) == 1
    assert checked.refusals[0].position == 1
    return checked.refusals[0]


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
