"""What gateways send of detectors when they err: nothing of it may reach a segment's state."""

import math

import numpy as np
import pyarrow as pa
import pytest

from congestion.detectors.health import DetectorHealth
from congestion.region import region_of
from congestion.seen.readings import MinuteReadings, minute_readings
from congestion.states.estimator import StateEstimator
from ingest.checks.readings import check_readings
from ingest.refusals import Reason
from tests.congestion.states.test_estimator import START, progress, readings, row
from tests.drawing import draw
from tests.roadside import roadside

ROAD = draw("A-a>B-b>C-c>D", cell_m=50, free_speed_kmh=50)
TWO = roadside(ROAD, detectors={"M1": ("b", 160), "M2": ("b", 160)})


def estimator() -> StateEstimator:
    """Two detectors side by side on segment b."""
    return StateEstimator(ROAD.network, 0, TWO)


def reported(*rows: tuple[str, float, int, int, float | None, float | None]) -> MinuteReadings:
    """What the two detectors are taken to have said in the first minute."""
    table = pa.Table.from_batches([readings(*rows)])
    order = [(name, "ascending") for name in ("detector_id", "interval_start", "interval_s")]
    return minute_readings(region_of(ROAD.network, 0, TWO), table.sort_by(order))


def test_20_60_and_300_second_readings_of_one_flow_tell_one_count():
    thirds = [("M1", t, 20, 4, 0.1, 40.0) for t in (0, 20, 40)]
    assert reported(*thirds).counts[0] == pytest.approx(12.0)
    assert reported(("M1", 0, 60, 12, 0.1, 40.0)).counts[0] == pytest.approx(12.0)
    assert reported(("M1", -240, 300, 60, 0.1, 40.0)).counts[0] == pytest.approx(12.0)


def test_a_missing_third_of_a_minute_is_made_up_for_by_the_others():
    two = reported(("M1", 0, 20, 4, 0.1, 40.0), ("M1", 40, 20, 4, 0.1, 40.0))
    assert two.counts[0] == pytest.approx(12.0)
    assert two.occupancies[0] == pytest.approx(0.1)


def test_readings_that_overlap_count_their_vehicles_once():
    both = reported(("M1", 0, 60, 12, 0.1, 40.0), *[("M1", t, 20, 4, 0.1, 40.0) for t in (20, 40)])
    assert both.counts[0] == pytest.approx(12.0)
    assert both.occupancies[0] == pytest.approx(0.1)


def test_a_reading_sent_twice_counts_once():
    assert reported(*[("M1", 0, 60, 12, 0.1, 40.0)] * 2).counts[0] == pytest.approx(12.0)


def test_a_late_reading_changes_nothing_and_is_counted():
    stage = estimator()
    stage.add_readings(readings(("M1", 0, 60, 12, 0.1, 40.0)), START + 300.0)
    assert row(stage.close_minute(START), "b")["detector_count"] == 0
    assert stage.late_counts()["readings"] == 1


def test_a_detector_of_long_intervals_is_silent_once_it_has_left_one_out():
    stage, found = estimator(), []
    for minute in range(80):
        rows = [beside(minute)]
        if minute % 15 == 14 and minute < 45:
            rows.append(("M1", 60.0 * (minute - 14), 900, 90 + minute % 7, 0.05, 40.0))
        stage.add_readings(readings(*rows))
        found += [
            (f.detector_id, f.fault, minute) for f in stage.close_minute(START + 60 * minute).faults
        ]
    # Its first comes after 15 minutes, until when nobody knows that it is one of such; the last
    # spoke of minute 44, and two intervals after it it is missed.
    assert found == [("M1", "no_data", 9), ("M1", "no_data", 14), ("M1", "no_data", 74)]


def test_a_reading_without_occupancy_tells_its_flow_and_spoils_no_mean():
    stage = estimator()
    both = readings(("M1", 0, 60, 6, None, 40.0), ("M2", 0, 60, 6, 0.1, 40.0))
    stage.add_readings(both)
    state = row(stage.close_minute(START), "b")
    assert state["occupancy"] == pytest.approx(0.1)
    assert state["flow_veh_h"] == pytest.approx(720.0)
    later = row(stage.close_minute(START + 60.0), "b")
    assert math.isfinite(later["speed_kmh"])


@pytest.mark.parametrize(
    ("count", "occupancy", "reason"),
    [(-3, 0.1, Reason.OUT_OF_RANGE), (5, 12.0, Reason.OCCUPANCY_IN_PERCENT)],
)
def test_a_negative_count_and_a_percentage_are_refused_by_name(count, occupancy, reason):
    checked = check_readings(readings(("M1", 0, 60, count, occupancy, 40.0)), None)
    assert checked.batch.num_rows == 0
    (refusal,) = checked.refusals
    assert refusal.reason == reason


def passing(minute: int, speed_mps: float) -> pa.RecordBatch:
    """A taxi that drives over segment b, and over both detectors, within the minute."""
    start = 60.0 * minute + 5.0
    return progress((f"t{minute}", "taxi", 1, start, start + 200.0 / speed_mps, 0, 200))


def beside(minute: int) -> tuple[str, float, int, int, float, float]:
    """What M2 tells of its own free lane."""
    count = 6 + minute % 3
    return "M2", 60.0 * minute, 60, count, 0.0075 * count + 0.0001 * (minute % 7), 40.0


@pytest.mark.parametrize(("speed_mps", "faults"), [(12.0, ["stuck_on"]), (4.0, [])])
def test_a_detector_that_is_held_from_the_start_while_probes_drive_over_it_is_stuck(
    speed_mps, faults
):
    stage, found = estimator(), []
    for minute in range(20):
        start = 60.0 * minute
        stage.add_readings(readings(("M1", start, 60, 0, 1.0, None), beside(minute)))
        stage.add_progress(passing(minute, speed_mps))
        found += [(minute, fault) for fault in stage.close_minute(START + start).faults]
    assert [fault.fault for _, fault in found] == faults
    # In its twelfth minute: reds hold a detector for some.
    assert all((minute, fault.since) == (11, START) for minute, fault in found)


def test_a_lane_held_through_some_reds_beside_one_that_drives_is_sound():
    stage, found = estimator(), []
    for minute in range(40):
        start = 60.0 * minute
        one = ("M1", start, 60, 0, 1.0, None) if minute % 5 else ("M1", start, 60, 8, 0.4, 30.0)
        stage.add_readings(readings(one, beside(minute)))
        stage.add_progress(passing(minute, 12.0))
        found += stage.close_minute(START + start).faults
    assert found == []


def test_a_detector_that_tells_percent_is_accused_by_the_ones_too_small_to_be_refused():
    # 0.2 to 0.9 per cent pass for shares; the rest of its readings are refused.
    stage, found = estimator(), []
    for minute in range(20):
        start = 60.0 * minute
        one, other = 1 + minute % 2, 3 + minute % 4
        share = (0.5 + 0.02 * (minute % 3)) / 60.0  # of a vehicle of about 5 m at 10 m/s
        rows = [
            ("M1", start, 60, one, 100.0 * one * share, 36.0),
            ("M2", start, 60, other, other * share, 36.0),
        ]
        stage.add_readings(check_readings(readings(*rows), None).batch)
        found += stage.close_minute(START + start).faults
    assert [(fault.detector_id, fault.fault) for fault in found] == [("M1", "too_long")]


def test_a_speed_of_0_with_vehicles_is_one_not_measured():
    both = reported(("M1", 0, 60, 12, 0.1, 0.0), ("M2", 0, 60, 12, 0.1, 40.0))
    assert math.isnan(both.speeds[0])
    assert both.speeds[1] == pytest.approx(40.0 / 3.6)
    assert both.counts.tolist() == pytest.approx([12.0, 12.0])


def test_a_detector_that_sent_percentages_is_believed_in_no_share():
    stage, found = estimator(), []
    for minute in range(6):
        start = 60.0 * minute
        sent = readings(("M1", start, 60, 2, 1.8, 40.0), ("M2", start, 60, 2, 0.018, 40.0))
        checked = check_readings(sent, None)
        stage.add_readings(checked.batch)
        stage.add_percentages(sent.take(pa.array([r.position for r in checked.refusals])))
        found += stage.close_minute(START + start).faults
    (fault,) = found
    assert (fault.detector_id, fault.fault, fault.since) == ("M1", "too_long", START)
    assert fault.evidence == "occupancy in percent in 2 minutes"
    stage.add_readings(readings(("M1", 360.0, 60, 1, 0.9, 40.0)))  # per cent, too few to be refused
    state = row(stage.close_minute(START + 360.0), "b")
    assert state["detector_count"] == 0 and state["lane_occupancies"][0] is None
    other = estimator()
    other.restore(stage.snapshot())
    assert other.excluded_detectors() == stage.excluded_detectors() == {"M1": "too_long"}


def test_where_most_detectors_tell_percent_the_others_are_not_believed_either():
    names = [f"M{i:02}" for i in range(21)]
    many = roadside(ROAD, detectors={name: ("b", 160) for name in names})
    stage, found = StateEstimator(ROAD.network, 0, many), []
    for minute in range(2):
        start = 60.0 * minute
        busy = [(name, start, 60, 2, 1.8, 40.0) for name in names[:11]]
        quiet = [(name, start, 60, 1, 0.9, 40.0) for name in names[11:]]
        stage.add_percentages(readings(*busy))
        stage.add_readings(readings(*quiet))
        found += stage.close_minute(START + start).faults
    assert {(f.detector_id, f.fault) for f in found} == {(name, "too_long") for name in names}
    assert {f.evidence for f in found[11:]} == {"11 of 11 detectors tell percent"}


def test_one_percentage_by_mistake_costs_no_more_than_itself():
    stage = estimator()
    stage.add_percentages(readings(("M1", 0, 60, 2, 1.8, 40.0)))
    stage.add_readings(readings(("M2", 0, 60, 2, 0.018, 40.0)))
    assert stage.close_minute(START).faults == []


def test_a_reading_sent_twice_is_counted_as_sent_again():
    stage = estimator()
    sent = ("M1", 0, 60, 12, 0.1, None)
    stage.add_readings(readings(sent, ("M2", 0, 60, 12, 0.1, 40.0)))
    stage.add_readings(readings(sent, sent))
    stage.close_minute(START)
    assert stage.repeat_counts()["readings"] == 2
    other = estimator()
    other.restore(stage.snapshot())
    assert other.repeat_counts() == stage.repeat_counts()


def test_of_two_readings_of_one_detector_and_time_one_is_used_and_the_other_counted():
    stage = estimator()
    stage.add_readings(readings(("M1", 0, 60, 12, 0.1, 40.0), ("M1", 0, 60, 3, 0.1, 40.0)))
    stage.add_readings(readings(("M2", 0, 60, 3, 0.1, 40.0)))
    stage.close_minute(START)
    assert stage.repeat_counts()["readings"] == 1


def test_parts_of_a_minute_are_not_sent_again():
    stage = estimator()
    stage.add_readings(readings(*(("M1", 20 * k, 20, 3, 0.1, 40.0) for k in range(3))))
    stage.close_minute(START)
    assert stage.repeat_counts()["readings"] == 0


def test_a_count_that_cannot_pass_costs_the_count_and_not_the_detector():
    health = DetectorHealth(region_of(ROAD.network, 0, TWO))
    for m in range(60):
        count = 254.0 if m % 9 == 0 else 5.0 + m % 4
        sent = MinuteReadings(np.array([count, 5.0 + m % 3]), np.array([0.1 + 0.001 * m] * 2),
                              np.array([10.0, 10.0]))  # fmt: skip
        health.step(60.0 * m, sent)
        usable = health.usable(sent)
        assert np.isnan(usable.counts).tolist() == [count == 254.0, False]
        assert usable.occupancies.tolist() == sent.occupancies.tolist()
    assert health.is_healthy.all()
