from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from congestion.roadside import Roadside
from congestion.settings import EstimatorSettings
from congestion.states.estimator import RegionMinute, StateEstimator
from ingest.approaches import Approach
from ingest.frames import CAMERA_EVENTS, READINGS
from mapmatch.records import PROGRESS
from tests.drawing import draw
from tests.roadside import Where, roadside

START = 1_789_426_800.0  # a whole minute


ROAD = draw("A-a>B-b>C-c>D", cell_m=50, free_speed_kmh=50, lanes=2, signals="B")


def estimator(**assets: dict[Any, Where]) -> StateEstimator:
    """Three segments of 200 m, a, b and c, the first of which ends at a signal."""
    return StateEstimator(ROAD.network, 0, roadside(ROAD, **assets))


def progress(
    *rows: tuple[str, str, int, float, float, float, float], is_provisional: bool = False
) -> pa.RecordBatch:
    """Rows (vehicle, fleet, segment, enter, exit in s after START, enter, exit offset in m)."""
    columns = [list(c) for c in zip(*rows, strict=True)] if rows else [[]] * 7
    columns[3:5] = [[START + t for t in columns[3]], [START + t for t in columns[4]]]
    columns.append([is_provisional] * len(rows))
    arrays = [pa.array(c, f.type) for c, f in zip(columns, PROGRESS, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=PROGRESS)


def readings(*rows: tuple[str, float, int, int, float, float | None]) -> pa.RecordBatch:
    """Rows (detector, start in s after START, interval, count, occupancy, speed in km/h)."""
    columns = [list(c) for c in zip(*rows, strict=True)]
    columns[1] = [int((START + t) * 1000) for t in columns[1]]
    columns.append([None] * len(rows))  # not made of events
    arrays = [pa.array(c, f.type) for c, f in zip(columns, READINGS, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=READINGS)


def row(minute: RegionMinute, segment_id: str) -> dict:
    """The state of one segment."""
    return next(r for r in minute.states.to_pylist() if r["segment_id"] == segment_id)


def test_every_segment_has_one_row_even_where_nothing_was_seen():
    minute = estimator().close_minute(START)
    assert minute.states["segment_id"].to_pylist() == ["a", "b", "c"]
    assert set(minute.states["quality"].to_pylist()) == {"historic"}
    assert np.isfinite(minute.states["speed_kmh"].to_numpy()).all()
    assert (minute.states["speed_std_kmh"].to_numpy() > 0).all()


def test_probe_speed_is_distance_over_time_of_all_vehicles():
    stage = estimator()
    stage.add_progress(progress(("t1", "taxi", 1, 0, 10, 0, 100), ("t2", "taxi", 1, 20, 50, 0, 60)))
    state = row(stage.close_minute(START), "b")
    assert state["probe_speed_kmh"] == pytest.approx(160 / 40 * 3.6)
    assert state["probe_count"] == 2
    assert state["quality"] == "observed"


def test_a_row_over_the_minute_is_shared_between_both_minutes():
    stage = estimator()
    stage.add_progress(progress(("t1", "taxi", 1, 50, 70, 0, 100)))
    first, second = stage.close_minute(START), stage.close_minute(START + 60)
    for minute in (first, second):
        assert row(minute, "b")["probe_speed_kmh"] == pytest.approx(18.0)


def test_probes_and_detectors_together_are_fused():
    stage = estimator(detectors={"M1": ("b", 160), "M2": ("b", 160)})
    stage.add_progress(progress(("t1", "taxi", 1, 0, 20, 0, 200)))
    stage.add_readings(readings(("M1", 0, 60, 6, 0.1, 40.0), ("M2", 0, 60, 2, 0.3, 20.0)))
    state = row(stage.close_minute(START), "b")
    assert state["quality"] == "fused"
    assert state["detector_count"] == 2
    assert state["flow_veh_h"] == pytest.approx(480)
    assert state["occupancy"] == pytest.approx(0.2)
    assert state["detector_speed_kmh"] == pytest.approx(35.0)
    assert state["lane_counts"] == [6.0, 2.0]
    assert state["lane_speeds_kmh"] == pytest.approx([40.0, 20.0])


def test_a_silent_detector_is_missing_beside_its_neighbour():
    stage = estimator(detectors={"M1": ("b", 160), "M2": ("b", 160)})
    stage.add_readings(readings(("M2", 0, 60, 2, 0.3, None)))
    state = row(stage.close_minute(START), "b")
    assert state["lane_counts"] == [None, 2.0]
    assert state["lane_speeds_kmh"] == [None, pytest.approx(2.0)]  # 5 m long, 9 s each
    assert row(stage.close_minute(START + 60), "a")["lane_counts"] is None


def test_readings_of_20_seconds_add_up_and_a_doubled_one_counts_once():
    stage = estimator(detectors={"M1": ("b", 160)})
    parts = [("M1", t, 20, 3, 0.1, 40.0) for t in (0, 20, 40)]
    stage.add_readings(readings(*parts, parts[1]))
    state = row(stage.close_minute(START), "b")
    assert state["flow_veh_h"] == pytest.approx(540)
    assert state["occupancy"] == pytest.approx(0.1)


def test_readings_of_five_minutes_count_as_a_minutes_share():
    stage = estimator(detectors={"M1": ("b", 160)})
    stage.add_readings(readings(("M1", -240, 300, 50, 0.1, 40.0)))
    assert row(stage.close_minute(START), "b")["flow_veh_h"] == pytest.approx(600)


def test_a_bus_dwelling_at_its_stop_is_no_congestion():
    stage = estimator(bus_stops={"S1": ("b", 100)})
    moving = ("b1", "bus", 1, 0, 10, 0, 100)
    stage.add_progress(progress(moving, ("b1", "bus", 1, 10, 50, 100, 100)))
    assert row(stage.close_minute(START), "b")["probe_speed_kmh"] == pytest.approx(36.0)


def test_a_state_left_unseen_is_filled_and_at_last_historic():
    stage = estimator()
    stage.add_progress(progress(("t1", "taxi", 2, 0, 20, 0, 200)))
    qualities = [row(stage.close_minute(START + 60 * m), "c")["quality"] for m in range(30)]
    assert qualities[0] == "observed"
    assert qualities[1] == "filled"
    assert qualities[29] == "historic"


def test_crawling_probes_and_an_occupied_detector_make_a_slow_segment_with_a_queue():
    stage = estimator(detectors={"M1": ("b", 100)})
    for m in range(5):
        rows = [
            (f"t{k}", "taxi", 1, 60 * m, 60 * m + 60, 20 * k + 10 * m, 20 * k + 10 * m + 8)
            for k in range(4)
        ]
        stage.add_progress(progress(*rows))
        stage.add_readings(readings(("M1", 60 * m, 60, 2, 0.8, 4.0)))
        state = row(stage.close_minute(START + 60 * m), "b")
    assert state["speed_kmh"] < 12.0
    assert state["level"] >= 4
    assert 100.0 <= state["queue_length_m"] <= 200.0


def test_a_vehicle_standing_over_90_seconds_is_sighted_where_it_stands():
    stage = estimator()
    stage.add_progress(progress(("t1", "taxi", 1, 0, 10, 0, 80), ("t1", "taxi", 1, 10, 55, 80, 82)))
    assert stage.close_minute(START).sightings == []
    stage.add_progress(progress(("t1", "taxi", 1, 55, 115, 82, 82)))
    (sighting,) = stage.close_minute(START + 60).sightings
    assert (sighting.kind, sighting.seen_by, sighting.segment_id) == (
        "standing_vehicle",
        "t1",
        "b",
    )
    assert sighting.fleet == "taxi"
    assert sighting.offset_m == pytest.approx(80.0)
    assert (sighting.since, sighting.until) == (START + 10, START + 115)


def test_a_cameras_event_is_passed_on_as_a_sighting_and_its_passes_are_not():
    stage = estimator(cameras={Approach("k1", "k1:3"): ("b", 200)})
    stamp = int((START + 30) * 1000)
    rows = [("pass", 0.5), ("stopped_vehicle", 20.0), ("crash", None)]
    columns = {
        "camera_id": ["k1"] * 3,
        "approach_id": ["k1:3"] * 3,
        "event_time": [stamp] * 3,
        "kind": [kind for kind, _ in rows],
        "lane": [1] * 3,
        "plate_hash": [None] * 3,
        "speed_kmh": [30.0] * 3,
        "dwell_s": [dwell for _, dwell in rows],
    }
    arrays = [pa.array(columns[f.name], f.type) for f in CAMERA_EVENTS]
    stage.add_camera_events(pa.RecordBatch.from_arrays(arrays, schema=CAMERA_EVENTS))
    sightings = stage.close_minute(START).sightings
    assert sorted((s.kind, s.since - START) for s in sightings) == [
        ("crash", 30.0),
        ("stopped_vehicle", 10.0),
    ]


MORNING = [
    ("t1", "taxi", 0, 0, 30, 0, 200),
    ("t1", "taxi", 1, 30, 90, 0, 60),
    ("t2", "taxi", 1, 5, 65, 3, 103),
    ("b1", "bus", 1, 0, 110, 0, 200),
    ("b1", "bus", 2, 110, 140, 0, 133),
]


def closed(stage: StateEstimator, minutes: range) -> list[list[dict]]:
    """States of several minutes as rows, NaN as text so that rows compare."""
    return [
        [
            {key: str(value) for key, value in r.items()}
            for r in stage.close_minute(START + 60 * m).states.to_pylist()
        ]
        for m in minutes
    ]


def test_neither_batches_nor_their_order_change_a_minute():
    one, many = estimator(), estimator()
    one.add_progress(progress(*MORNING))
    for single in reversed(MORNING):
        many.add_progress(progress(single))
    assert closed(one, range(3)) == closed(many, range(3))


def test_a_restored_estimator_goes_on_as_if_nothing_had_happened():
    undisturbed, stopped, again = estimator(), estimator(), estimator()
    for stage in (undisturbed, stopped):
        stage.add_progress(progress(*MORNING))
        stage.close_minute(START)
    again.restore(stopped.snapshot())
    assert closed(again, range(1, 4)) == closed(undisturbed, range(1, 4))


def test_a_snapshot_of_another_region_is_refused():
    other = StateEstimator(draw("A-a>B-b>C").network, 0, Roadside())
    with pytest.raises(ValueError, match="StateEstimatorState"):
        other.restore(estimator().snapshot())


def test_progress_late_for_its_minute_is_remembered_but_never_reopens_it():
    stage = estimator()
    stage.add_progress(progress(("t1", "taxi", 1, 0, 20, 0, 30)), watermark=START + 100)
    first, second = stage.close_minute(START), stage.close_minute(START + 60)
    assert np.isnan(row(first, "b")["probe_speed_kmh"])
    assert second.counts["belated"] == 1
    assert row(second, "b")["quality"] == "filled"


QUEUED = ("t1", "taxi", 1, 20, 60, 150, 150)


def with_provisional(*rows: tuple, watermark: float = 79, now: float = 80) -> StateEstimator:
    """An estimator that knows how t1 drove on to b, and provisionally what it did then."""
    stage = estimator()
    stage.add_progress(progress(("t1", "taxi", 1, 0, 20, 0, 150)), START + 79, START + 80)
    open_rows = progress(*rows, is_provisional=True)
    stage.add_progress(open_rows, START + watermark, START + now)
    return stage


def test_what_is_known_of_open_fixes_counts_in_the_minute_that_ends():
    state = row(with_provisional(QUEUED).close_minute(START), "b")
    assert state["probe_speed_kmh"] == pytest.approx(150 / 60 * 3.6)
    assert state["probe_count"] == 1


def test_what_was_known_of_open_fixes_is_forgotten_and_what_is_settled_later_remembered():
    stage, never_told = with_provisional(QUEUED), with_provisional()
    assert closed(stage, [0]) != closed(never_told, [0])
    for one in (stage, never_told):
        one.add_progress(progress(QUEUED), START + 80, START + 85)
    # Only a level, and the queue that it allows, begin with what was published the minute before.
    settled = [
        [{key: r[key] for key in r if key not in ("level", "queue_length_m")} for r in rows]
        for one in (stage, never_told)
        for rows in closed(one, range(1, 4))
    ]
    assert settled[:3] == settled[3:]


def test_a_minute_takes_from_open_fixes_what_lies_in_it_and_counts_nothing_else_as_late():
    early, late = ("t2", "taxi", 1, -30, 0, 0, 0), ("t2", "taxi", 1, 60, 75, 150, 150)
    whole, only = with_provisional(early, QUEUED, late), with_provisional(QUEUED)
    assert closed(whole, range(3)) == closed(only, range(3))
    assert whole.late_counts()["progress"] == 0


def test_one_reading_of_open_fixes_serves_every_minute_that_ends_with_it():
    stage = with_provisional(("t1", "taxi", 1, 20, 120, 150, 150), now=140)
    for minute, time in ((0, 60), (1, 60)):
        state = row(stage.close_minute(START + 60 * minute), "b")
        assert state["probe_speed_kmh"] == pytest.approx((150 if minute == 0 else 0) / time * 3.6)


def test_open_fixes_of_a_minute_that_does_not_end_with_them_are_not_used():
    for watermark, now in ((70, 79), (80, 85)):
        stage = with_provisional(QUEUED, watermark=watermark, now=now)
        assert closed(stage, range(2)) == closed(with_provisional(), range(2))


def test_nobody_is_sighted_or_held_to_be_parked_by_open_fixes():
    stage = estimator()
    for minute in range(6):
        start = 60.0 * minute
        rows = progress(("p", "taxi", 1, start, start + 60, 100, 100), is_provisional=True)
        stage.add_progress(rows, START + start + 79, START + start + 80)
        closed_minute = stage.close_minute(START + start)
        assert closed_minute.sightings == []
        assert closed_minute.counts["parked"] == 0
        assert row(closed_minute, "b")["probe_count"] == 1


def test_neither_batches_nor_a_restart_change_what_open_fixes_say():
    rows = [QUEUED, ("t2", "bus", 1, 5, 55, 20, 25), ("t2", "bus", 1, 55, 70, 25, 90)]
    whole, cut, heir = with_provisional(*rows), with_provisional(), estimator()
    for single in reversed(rows):
        cut.add_progress(progress(single, is_provisional=True), START + 79, START + 80)
    heir.restore(cut.snapshot())
    expected = closed(whole, range(3))
    assert closed(cut, range(3)) == expected
    assert closed(heir, range(3)) == expected


def test_a_late_reading_is_counted_and_not_used():
    stage = estimator(detectors={"M1": ("b", 160)})
    stage.add_readings(readings(("M1", 0, 60, 6, 0.1, 40.0)), watermark=START + 80)
    minute = stage.close_minute(START)
    assert minute.counts["late"] == 1
    assert row(minute, "b")["detector_count"] == 0


def test_an_unknown_level_profile_is_named():
    with pytest.raises(ValueError, match="'harsh' is none of"):
        StateEstimator(
            draw("A-a>B-b>C").network, 0, Roadside(), EstimatorSettings(level_profile="harsh")
        )


@pytest.mark.parametrize("occupancy", [0.6, 2.5])
def test_a_detector_without_speed_whose_occupancy_is_scaled_disagrees_with_probes(occupancy):
    stage, seen = estimator(detectors={"M1": ("b", 160), "M2": ("b", 160)}), []
    for minute in range(80):
        start, count = 60.0 * minute, 4 + minute % 5
        right = count * 5.0 / 13.0 / 60.0  # vehicles of 5 m at 13 m/s, about the limit
        wrong = right * (occupancy if minute >= 40 else 1.0)
        both = [("M1", start, 60, count, wrong, None), ("M2", start, 60, count + 1, right, None)]
        stage.add_readings(readings(*both))
        stage.add_progress(progress((f"t{minute}", "taxi", 1, start, start + 15.0, 0, 195)))
        seen += stage.close_minute(START + start).faults
    found = [(fault.detector_id, fault.fault) for fault in seen]
    assert found == ([("M1", "disagrees")] if occupancy > 2 else [])


def test_a_segment_whose_only_detector_is_not_believed_is_unknown():
    stage, qualities = estimator(detectors={"M1": ("b", 160)}), []
    for minute in range(12):
        count = 1 + 4 * (minute % 2)  # that would change the occupancy
        stage.add_readings(readings(("M1", 60.0 * minute, 60, count, 0.07, 40.0)))
        state = row(stage.close_minute(START + 60.0 * minute), "b")
        qualities.append(state["quality"])
    assert qualities == ["observed"] * 8 + ["unknown"] * 4
