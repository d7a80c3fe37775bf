"""In which units numbers are: by free speeds, by the length of vehicles, by what a lane passes."""

import math

import pytest

from ingest.feed_check.units import (
    HOURLY,
    LANE,
    RIGHT,
    TOTAL,
    DetectorSigns,
    detector_units,
    fix_speed_unit,
)

# A road of 60 km/h with 2 lanes, readings of 60 s: free speed 57 km/h, vehicles and detector of
# 7.5 m, 900 veh/h in a busy minute.
RIGHT_SIGNS = DetectorSigns(0.95, 7.5, 900.0, 0.6, 2.0, 60.0)


def changed(speed: float = 1.0, occupancy: float = 1.0, count: float = 1.0) -> DetectorSigns:
    """Give the signs of readings whose numbers are so many times as large."""
    return RIGHT_SIGNS._replace(
        speed_ratio=0.95 * speed,
        length_m=7.5 * speed * occupancy / count,
        flow_veh_h=900.0 * count,
        highest_occupancy=0.6 * occupancy,
    )


def test_right_units_are_told_as_right() -> None:
    assert detector_units(RIGHT_SIGNS) == RIGHT


@pytest.mark.parametrize(
    ("signs", "units"),
    [
        (changed(speed=1 / 1.609344), RIGHT._replace(speed="mph")),
        (changed(speed=1 / 3.6), RIGHT._replace(speed="m/s")),
        (changed(occupancy=100.0), RIGHT._replace(occupancy="percent")),
        (changed(count=60.0), RIGHT._replace(counted=HOURLY)),
        (changed(speed=1 / 1.609344, occupancy=100.0),
         RIGHT._replace(speed="mph", occupancy="percent")),
    ],
)  # fmt: skip
def test_each_wrong_unit_is_told_beside_the_right_ones(signs: DetectorSigns, units: object) -> None:
    assert detector_units(signs) == units


def test_totals_of_four_busy_lanes_are_no_lanes_counts() -> None:
    busy = RIGHT_SIGNS._replace(flow_veh_h=4 * 1500.0, length_m=7.5 / 4, lane_count=4.0)
    assert detector_units(busy) == RIGHT._replace(counted=TOTAL)


def test_free_speeds_alone_tell_miles_from_kilometres() -> None:
    alone = DetectorSigns(0.62, math.nan, math.nan, math.nan, 4.0, 300.0)
    assert detector_units(alone).speed == "mph"


def test_slow_city_streets_are_not_taken_for_miles() -> None:
    assert detector_units(RIGHT_SIGNS._replace(speed_ratio=0.72)).speed == "km/h"


def test_trucks_and_standing_queues_make_no_other_unit() -> None:
    assert detector_units(RIGHT_SIGNS._replace(length_m=20.0)) == RIGHT


def test_readings_of_no_time_are_in_no_wrong_unit() -> None:
    assert detector_units(RIGHT_SIGNS._replace(interval_s=0.0)) == RIGHT


def test_numbers_that_are_not_there_are_in_no_wrong_unit() -> None:
    nothing = DetectorSigns(*[math.nan] * 6)
    assert detector_units(nothing) == RIGHT
    assert detector_units(nothing).counted == LANE


@pytest.mark.parametrize(
    ("ratio", "unit"),
    [(1.0, "km/h"), (1.15, "km/h"), (0.88, "km/h"), (0.62, "mph"), (0.28, "m/s"), (math.nan, None)],
)
def test_stated_over_shown_speed_tells_the_unit_of_fixes(ratio: float, unit: str | None) -> None:
    assert fix_speed_unit(ratio) == unit
