"""A reading that cannot be true by itself is refused by the reason a person would give."""

from collections import Counter
from typing import Any

import numpy as np
import pytest

from ingest.checks.readings import check_readings, known_detectors
from ingest.frames import READINGS
from ingest.recorded.assets import Assets, Detector
from ingest.refusals import Reason, Refusal
from tests.ingest.recordings import START, batch, reading

NOW = START.timestamp() + 60.0
ASSETS = Assets(detectors=(Detector("M1", 0, 121.5, 31.2, 0.0),))


def _reading_refusal(**changes: Any) -> Refusal:
    rows = batch([reading("M1", 0.0), reading("M1", 0.0) | changes], READINGS)
    checked = check_readings(rows, known_detectors(ASSETS), NOW)
    assert checked.batch.num_rows == 1 and len(checked.refusals) == 1
    return checked.refusals[0]


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"detector_id": "M2"}, Reason.UNKNOWN_DETECTOR, "detector_id"),
        ({"detector_id": None}, Reason.MISSING, "detector_id"),
        ({"interval_start": 0}, Reason.BAD_TIME, "interval_start"),
        ({"interval_s": None}, Reason.MISSING, "interval_s"),
        ({"interval_s": 0}, Reason.OUT_OF_RANGE, "interval_s"),
        ({"interval_s": -60}, Reason.OUT_OF_RANGE, "interval_s"),
        ({"vehicle_count": -3}, Reason.OUT_OF_RANGE, "vehicle_count"),
        ({"vehicle_count": 2.0**31}, Reason.OUT_OF_RANGE, "vehicle_count"),
        ({"occupancy": 12.0}, Reason.OCCUPANCY_IN_PERCENT, "occupancy"),
        ({"occupancy": -0.1}, Reason.OUT_OF_RANGE, "occupancy"),
        ({"occupancy": 101.0}, Reason.OUT_OF_RANGE, "occupancy"),
        ({"occupancy": np.inf}, Reason.NOT_A_NUMBER, "occupancy"),
    ],
)
def test_a_reading_that_cannot_be_true_is_refused(
    changes: dict[str, Any], reason: Reason, field: str
) -> None:
    refusal = _reading_refusal(**changes)
    assert (refusal.reason, refusal.field) == (reason, field)


@pytest.mark.parametrize("kept", ["vehicle_count", "occupancy", "speed_kmh"])
def test_a_reading_needs_one_measurement_whichever_it_is(kept: str) -> None:
    nothing = {"vehicle_count": None, "occupancy": None, "speed_kmh": None}
    refusal = _reading_refusal(**nothing)
    assert refusal.reason == Reason.MISSING
    assert "at least one of vehicle_count, occupancy, speed_kmh" in str(refusal)
    only = nothing | {kept: reading("M1", 0.0)[kept]}
    rows = batch([reading("M1", 0.0, **only)], READINGS)
    assert not check_readings(rows, known_detectors(ASSETS), NOW).refusals


@pytest.mark.parametrize(
    ("lanes", "most"), [(1, 180), (4, 720), (None, 720)], ids=["one lane", "four", "not said"]
)
def test_a_station_of_several_lanes_may_count_what_one_lane_cannot(
    lanes: int | None, most: int
) -> None:
    # 60 s at 3 vehicles a second and lane; 12 a second where nobody said how many lanes.
    station = Detector("M1", 0, 121.5, 31.2, 0.0, lanes=lanes)
    known = known_detectors(Assets(detectors=(station,)))
    rows = batch([reading("M1", 0.0, vehicle_count=n) for n in (most, most + 1)], READINGS)
    checked = check_readings(rows, known, NOW)
    assert checked.batch["vehicle_count"].to_pylist() == [most]
    assert [refusal.reason for refusal in checked.refusals] == [Reason.OUT_OF_RANGE]


def test_an_occupancy_a_hair_over_one_is_one_and_an_absent_one_stays_absent() -> None:
    rows = batch([reading("M1", 0.0, occupancy=o) for o in (1.005, np.nan, 0.5)], READINGS)
    checked = check_readings(rows, known_detectors(ASSETS), NOW)
    assert not checked.refusals
    assert checked.batch["occupancy"].to_numpy().tolist() == pytest.approx(
        [1.0, np.nan, 0.5], nan_ok=True
    )


def test_each_refusal_says_its_reason() -> None:
    rows = batch(
        [reading("M2", 0.0), reading("M3", 0.0), reading("M1", 0.0, interval_s=0)], READINGS
    )
    checked = check_readings(rows, known_detectors(ASSETS), NOW)
    assert Counter(refusal.reason.value for refusal in checked.refusals) == {
        "unknown_detector": 2, "out_of_range": 1,
    }  # fmt: skip
