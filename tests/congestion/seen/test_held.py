"""A reading of several minutes speaks for the minutes until the next one is due."""

import numpy as np
import pyarrow as pa
import pytest

from congestion.region import region_of
from congestion.seen.held import HeldReadings
from congestion.seen.readings import MinuteReadings
from congestion.states.estimator import StateEstimator
from tests.congestion.states.test_estimator import START, readings, row
from tests.drawing import draw
from tests.roadside import roadside

ROAD = draw("A-a>B-b>C", cell_m=50, free_speed_kmh=36)
ASSETS = roadside(ROAD, detectors={"M1": ("b", 100.0), "M2": ("b", 60.0)})
REGION = region_of(ROAD.network, 0, ASSETS)


def minutes(count: int, *rows: tuple) -> list[MinuteReadings]:
    """Give what is reported of the first minutes; rows are as for `readings`."""
    held, made = HeldReadings(REGION), []
    whole = pa.Table.from_batches([readings(*rows)])
    for minute in range(count):
        start = [row[1] for row in rows]
        ends = [began + rows[i][2] for i, began in enumerate(start)]
        mine = [i for i, end in enumerate(ends) if 60 * minute < end <= 60 * (minute + 1)]
        made.append(held.readings(START + 60 * minute, whole.take(pa.array(mine, pa.int64()))))
    return made


def test_five_minutes_are_held_until_the_next_five_are_due_and_their_count_is_spread():
    made = minutes(11, ("M1", 0, 300, 60, 0.5, 18.0))
    counts = np.array([minute.counts[0] for minute in made])
    assert np.isnan(counts[:4]).all()  # not yet known
    assert counts[4:10] == pytest.approx([12.0] * 6)  # the minute it ends in, and until 10:00
    assert np.isnan(counts[10])
    assert [minute.speeds[0] for minute in made[4:10]] == pytest.approx([5.0] * 6)


def test_a_held_reading_grows_older_from_the_middle_of_its_interval():
    made = minutes(6, ("M1", 0, 300, 60, 0.5, 18.0), ("M2", 240, 60, 6, 0.1, 40.0))
    assert made[4].age_s == pytest.approx([150.0, 30.0])
    assert made[5].age_s[0] == pytest.approx(210.0)
    assert made[5].has_reported.tolist() == [True, False]
    assert made[4].has_ended.tolist() == [True, True]
    assert made[5].has_ended.tolist() == [False, False]


def test_the_next_reading_takes_the_place_of_the_one_held():
    rows = [("M1", 0, 300, 60, 0.5, 18.0), ("M1", 300, 300, 10, 0.02, 36.0)]
    made = minutes(11, *rows)
    assert [minute.counts[0] for minute in made[8:11]] == pytest.approx([12.0, 2.0, 2.0])


def test_a_reading_of_a_minute_is_not_held():
    made = minutes(2, ("M1", 0, 60, 6, 0.1, 40.0))
    assert not made[1].has_reported.any()


def test_a_saved_state_holds_the_readings():
    stage = StateEstimator(ROAD.network, 0, ASSETS)
    stage.add_readings(readings(("M1", 0, 300, 60, 0.5, 18.0)))
    for minute in range(5):
        stage.close_minute(START + 60 * minute)
    again = StateEstimator(ROAD.network, 0, ASSETS)
    again.restore(stage.snapshot())
    assert row(again.close_minute(START + 300), "b")["detector_count"] == 1


def test_five_minutes_that_are_sent_each_minute_tell_as_much_as_every_fifth_of_them():
    sliding = [("M1", 60 * m, 300, 10 + m, 0.02 * m, 36.0) for m in range(20)]
    plain = [row for row in sliding if row[1] % 300 == 0]
    told, told_plain = minutes(24, *sliding), minutes(24, *plain)
    for minute, like in zip(told, told_plain, strict=True):
        assert minute.counts.tolist() == pytest.approx(like.counts.tolist(), nan_ok=True)


def test_a_clock_that_strays_by_a_second_overlaps_nothing():
    made = minutes(6, *[("M1", 60 * m - m % 2, 60, 6, 0.1, 40.0) for m in range(6)])
    assert [minute.counts[0] for minute in made if minute.has_reported[0]] == [6.0] * 6
