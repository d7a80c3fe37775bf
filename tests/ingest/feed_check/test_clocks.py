"""Clocks that are off by a time zone, against arrivals and against the feed's span."""

import numpy as np
import pytest

from ingest.feed_check.clocks import hours_ahead_of_arrival, hours_ahead_of_span

START, END = 1_000_000.0, 1_003_600.0
INSIDE = np.linspace(START, END, 100)


def test_a_delay_of_minutes_is_no_other_zone() -> None:
    assert hours_ahead_of_arrival(INSIDE, INSIDE + 200.0) == 0.0


@pytest.mark.parametrize("hours", [8.0, -5.0, 5.75])
def test_events_hours_off_their_arrival_are_so_many_hours_ahead(hours: float) -> None:
    assert hours_ahead_of_arrival(INSIDE + 3600.0 * hours, INSIDE + 2.0) == hours


def test_rows_kept_by_a_device_and_sent_together_are_late_not_off() -> None:
    assert hours_ahead_of_arrival(np.linspace(START - 7200.0, END, 100), INSIDE + 3600.0) == 0.0
    assert hours_ahead_of_arrival(INSIDE, np.full(100, END + 1800.0)) == 0.0


def test_events_of_another_day_are_of_no_zone() -> None:
    assert hours_ahead_of_arrival(INSIDE + 3600.0 * 40, INSIDE) == 0.0


def test_rows_inside_the_span_are_right() -> None:
    assert hours_ahead_of_span(INSIDE, START, END, 8.0) == 0.0


@pytest.mark.parametrize("hours", [8.0, -8.0, 7.0])
def test_rows_hours_off_the_span_are_so_many_hours_ahead(hours: float) -> None:
    assert hours_ahead_of_span(INSIDE + 3600.0 * hours, START, END, 8.0) == hours


def test_a_short_source_in_a_long_span_is_off_by_the_feeds_own_zone() -> None:
    # Eight or nine hours back, both lie inside the span: the zone of the feed is the likelier.
    few = np.linspace(START, START + 60.0, 20)
    assert hours_ahead_of_span(few + 3600.0 * 8, START - 3600.0, END, 8.0) == 8.0


def test_rows_of_another_week_are_off_by_no_zone() -> None:
    assert hours_ahead_of_span(INSIDE + 7 * 86400.0, START, END, 8.0) is None
