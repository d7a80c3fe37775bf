"""What is told of a region between its minutes: who stands, what cameras said, and when."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from congestion.region import region_of
from congestion.roadside import Roadside, RoadsideAssets
from congestion.seen import standing
from congestion.seen import ticks as module
from congestion.seen.ticks import Ticks
from congestion.settings import EstimatorSettings
from ingest.approaches import Approach
from ingest.frames import CAMERA_EVENTS
from mapmatch.records import PROGRESS
from tests.drawing import draw
from tests.roadside import roadside

ROADS = draw("A-----a----->B", cell_m=50)
START = 1_789_513_200.0
SETTLE_S = 20.0
NO_DETECTORS = roadside(ROADS).detectors
CAMERA = RoadsideAssets(
    (Approach("k0", "k0:1"),), np.array([0], np.int32), np.array([90.0]), np.zeros(1, np.int32)
)


def ticks() -> Ticks:
    region = region_of(ROADS.network, 0, Roadside(NO_DETECTORS, CAMERA))
    return Ticks(region, EstimatorSettings(), SETTLE_S)


def drive(
    vehicle: str, start: float, end: float, from_m: float, to_m: float, provisional: bool = False
) -> pa.RecordBatch:
    """Give one row of progress, its times counted from START."""
    row = {
        "vehicle_id": vehicle, "fleet": "taxi", "segment": 0, "enter_time": START + start,
        "exit_time": START + end, "enter_offset_m": from_m, "exit_offset_m": to_m,
        "is_provisional": provisional,
    }  # fmt: skip
    return pa.RecordBatch.from_pylist([row], schema=PROGRESS)


def word(time: float, kind: str = "stopped_vehicle") -> pa.RecordBatch:
    """Give what the camera said so long after START."""
    row = {
        "camera_id": "k0", "approach_id": "k0:1", "kind": kind,
        "event_time": datetime.fromtimestamp(START + time, UTC),
    }  # fmt: skip
    return pa.RecordBatch.from_pylist([row], schema=CAMERA_EVENTS)


def told(made: Ticks, time: float) -> list[tuple[str, float, float]]:
    """Give what is told at a time after START: of whom, where, and how long it stood."""
    return [(s.seen_by, s.offset_m, s.until - s.since) for s in made.at(START + time)]


def test_a_vehicle_that_came_to_rest_is_told_as_soon_as_it_has_stood_long_enough() -> None:
    made = ticks()
    made.add_progress(drive("t1", 0, 10, 20, 100), START)
    assert told(made, 20) == []
    made.add_progress(drive("t1", 10, 40, 100, 102), START + 20)
    assert told(made, 40) == []
    made.add_progress(drive("t1", 40, 60, 102, 101), START + 40)
    assert told(made, 60) == [("t1", 100.0, 50.0)]
    assert told(made, 120) == [("t1", 100.0, 50.0)]  # nothing newer is known
    assert told(made, 130) == []  # it may have left long ago
    made.add_progress(drive("t1", 60, 135, 101, 190), START + 130)
    assert told(made, 140) == []


def test_a_vehicle_that_was_never_seen_to_move_is_not_told() -> None:
    made = ticks()
    made.add_progress(drive("t1", 0, 60, 100, 100), START)
    assert told(made, 60) == []


def test_rows_count_from_the_tick_that_their_channel_had_not_promised_before() -> None:
    rows = [drive("t1", 0, 10, 20, 100), drive("t1", 10, 70, 100, 100)]
    early = ticks()
    early.add_progress(rows[0], None)
    early.add_progress(rows[1], START + 60)  # a channel that is ahead of the others
    late = ticks()
    late.add_progress(rows[0], None)
    found = [told(early, 60), told(late, 60)]
    late.add_progress(rows[1], START + 60)
    assert found == [[], []]
    assert told(early, 70) == told(late, 70) == [("t1", 100.0, 60.0)]


def test_provisional_rows_are_left_out_as_they_come_again() -> None:
    made = ticks()
    made.add_progress(drive("t1", 0, 10, 20, 100), START)
    made.add_progress(drive("t1", 10, 70, 100, 100, provisional=True), START + 10)
    assert told(made, 70) == []


def test_what_a_camera_says_is_told_at_each_tick_until_its_minute_closes() -> None:
    made = ticks()
    made.add_camera_events(word(35), START + 30)
    made.add_camera_events(word(36, "pass"), START + 30)
    assert [len(made.at(START + time)) for time in (30, 40, 60, 79, 80, 90)] == [0, 1, 1, 1, 0, 0]


@pytest.mark.parametrize("mark", [80.0, 200.0])
def test_what_a_camera_says_of_a_minute_that_its_channel_had_finished_is_not_told(
    mark: float,
) -> None:
    made = ticks()
    made.add_camera_events(word(35), START + mark)
    assert made.at(START + mark + 10) == []


def test_who_takes_over_tells_the_same() -> None:
    made = ticks()
    made.add_progress(drive("t1", 0, 10, 20, 100), START)
    made.at(START + 10)
    made.add_progress(drive("t1", 10, 60, 100, 100), START + 10)
    made.add_camera_events(word(55), START + 50)
    heir = ticks()
    heir.restore(made.snapshot())
    assert heir.at(START + 60) == made.at(START + 60) != []


def test_a_tick_in_which_nothing_happened_calls_nothing_of_arrow(monkeypatch) -> None:
    one = ticks()
    one.add_progress(drive("a", 0.0, 30.0, 20.0, 60.0), None)
    assert one.at(START + 40.0) == []
    for place in (module, standing):
        for name in ("pa", "pc"):
            if hasattr(place, name):
                monkeypatch.setattr(place, name, None)
    assert one.at(START + 50.0) == []
