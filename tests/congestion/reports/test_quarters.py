"""Quarters of an hour in queries: the same LOTTR and PHED as by hand."""

from pathlib import Path

import numpy as np
import pytest

from congestion.profile.calendar import Calendar
from congestion.queues.vehicles import read_lane_flows
from congestion.reliability import excessive_delay_s, excessive_person_h, lottr
from congestion.reports.quarters import peak_hour_excessive_delay, quarter_means, reliability
from tests.congestion.reports.stored_minutes import START, opened_of, write_states
from tests.drawing import draw

CITY = draw("A-a>B-b>C", cell_m=125, free_speed_kmh=50).network
SEVEN = START - 18 * 60  # 07:00, a whole quarter
# Five quarters of a at these speeds; b is always free.
SPEEDS = [50.0, 40.0, 30.0, 20.0, 10.0]


def test_lottr_of_a_query_is_that_of_the_definition(tmp_path: Path) -> None:
    minutes = [{"a": speed} for speed in SPEEDS for _ in range(15)]
    opened = opened_of(CITY, write_states(tmp_path / "s.parquet", CITY, minutes, SEVEN))
    found = reliability(quarter_means(opened, Calendar()))
    times = 500.0 / (np.array(SPEEDS) / 3.6)
    assert found.lottr[:, 0].tolist() == [pytest.approx(lottr(times)), 1.0]
    assert np.isnan(found.lottr[:, 1:]).all()  # only a workday's 6 to 10 o'clock is stored
    # The two segments are alike but for b's being reliable.
    assert found.reliable_share() == pytest.approx(0.5)


def test_phed_of_a_query_is_that_of_the_definition(tmp_path: Path) -> None:
    minutes = [{"a": speed} for speed in SPEEDS for _ in range(15)]
    opened = opened_of(CITY, write_states(tmp_path / "s.parquet", CITY, minutes, SEVEN))
    found, quarters = peak_hour_excessive_delay(opened, quarter_means(opened, Calendar()))
    times = np.array([500.0 / (speed / 3.6) for speed in SPEEDS])
    flow = read_lane_flows().of_classes()[CITY.road_class[0]] * max(int(CITY.lanes[0]), 1)
    delay = excessive_delay_s(times, 500.0, 50.0 / 3.6)
    assert found == pytest.approx(excessive_person_h(delay, np.full(5, flow / 4)), rel=1e-6)
    assert found > 0.0
    assert quarters == 10


def test_a_sunday_has_no_peak_and_its_own_period(tmp_path: Path) -> None:
    sunday = SEVEN + 4 * 86_400
    opened = opened_of(CITY, write_states(tmp_path / "s.parquet", CITY, [{"a": 9.0}] * 30, sunday))
    means = quarter_means(opened, Calendar())
    assert peak_hour_excessive_delay(opened, means) == (0.0, 0)
    assert np.isfinite(reliability(means).lottr[:, 3]).all()
