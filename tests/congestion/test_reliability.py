"""Reliability of travel times and excessive delay, worked out by hand."""

import numpy as np
import pytest

from congestion.reliability import (
    buffer_index,
    excessive_delay_s,
    excessive_person_h,
    excessive_threshold_mps,
    lottr,
    planning_time_index,
)

# Minutes 1 to 21: the mean and the median are 11, the 80th percentile 17, the 95th 20.
TIMES = np.arange(1.0, 22.0)


def test_the_planning_time_index_is_the_95th_percentile_over_the_time_when_free() -> None:
    assert planning_time_index(TIMES, 5.0) == 4.0


def test_the_buffer_is_what_the_95th_percentile_adds_to_the_mean() -> None:
    assert buffer_index(TIMES) == pytest.approx((20 - 11) / 11)


def test_lottr_is_the_80th_over_the_50th_percentile_in_hundredths() -> None:
    assert lottr(TIMES) == 1.55  # 17 / 11 = 1.5454...


def test_a_time_that_is_not_known_does_not_count() -> None:
    with_gaps = np.append(TIMES, [np.nan, np.nan])
    assert lottr(with_gaps) == lottr(TIMES)
    assert planning_time_index(with_gaps, 5.0) == 4.0
    assert buffer_index(with_gaps) == buffer_index(TIMES)


def test_delay_is_excessive_below_60_percent_of_the_limit_but_not_above_20_mph() -> None:
    mph = 0.44704
    limits = np.array([65.0, 30.0]) * mph
    assert excessive_threshold_mps(limits) / mph == pytest.approx([39.0, 20.0])


def test_excessive_delay_is_counted_in_whole_seconds_and_15_minutes_at_most() -> None:
    # One mile at 65 mph: the threshold of 39 mph takes 92.3 s, which is 92 s.
    mile, limit = 1609.344, 65 * 0.44704
    found = excessive_delay_s(np.array([60.0, 92.4, 132.3, 5000.0, np.nan]), mile, limit)
    assert found[:4].tolist() == [0.0, 0.0, 40.0, 900.0]
    assert np.isnan(found[4])


def test_phed_is_delay_times_vehicles_times_persons() -> None:
    # 40 s for 90 vehicles of 1.7 persons is 1.7 person-hours; an unknown interval adds nothing.
    delay, vehicles = np.array([40.0, np.nan]), np.array([90.0, 90.0])
    assert excessive_person_h(delay, vehicles) == pytest.approx(1.7)
