"""Delay that recurs: the median of the same place and quarter on days of the same kind."""

from datetime import date
from pathlib import Path

import pytest

from congestion.profile.calendar import Calendar
from congestion.reports.queues.bottlenecks import ranked_bottlenecks
from congestion.reports.queues.recurrent import split_delay
from tests.congestion.reports.stored_minutes import START, opened_of, write_states
from tests.drawing import draw

CITY = draw("A-a>B-b>C", cell_m=125).network
DAY_S = 86_400
QUEUE = [{"b": 5.0}] * 5
MONDAY = START - 2 * DAY_S


def split(tmp_path: Path, days: list[list[dict]], calendar: Calendar | None = None):
    files = [
        write_states(tmp_path / f"{k}.parquet", CITY, minutes, MONDAY + k * DAY_S)
        for k, minutes in enumerate(days)
    ]
    opened = opened_of(CITY, *files)
    return split_delay(opened, ranked_bottlenecks(opened, []), calendar or Calendar())


def test_a_queue_of_every_workday_recurs_and_what_is_beyond_the_median_does_not(
    tmp_path: Path,
) -> None:
    # Monday to Friday five minutes each, on Friday ten in the same quarter of an hour.
    found = split(tmp_path, [QUEUE] * 4 + [QUEUE * 2])
    assert found is not None
    assert found.recurrent_veh_h == pytest.approx(5 * found.nonrecurrent_veh_h)
    assert found.days == 5


def test_a_queue_of_a_single_day_does_not_recur(tmp_path: Path) -> None:
    found = split(tmp_path, [[{}] * 5] * 4 + [QUEUE])
    assert found is not None
    assert found.recurrent_veh_h == 0.0
    assert found.nonrecurrent_veh_h > 0.0


def test_four_workdays_do_not_say_what_recurs(tmp_path: Path) -> None:
    assert split(tmp_path, [QUEUE] * 4) is None
    holiday = Calendar(holidays=(date(2026, 9, 18),))
    assert split(tmp_path, [QUEUE] * 5, holiday) is None
