"""Many detectors that turn out to be wrong at once put the others in doubt."""

import numpy as np

from incidents.settings import StormSettings
from incidents.signs.sensor_storm import SensorStorm

COUNT = 200
ALL = np.ones(COUNT, np.bool_)


def doubted(first: int, last: int) -> np.ndarray:
    """These are not believed."""
    return (np.arange(COUNT) >= first) & (np.arange(COUNT) < last)


def test_twenty_within_ten_minutes_are_a_storm_that_ends_ten_minutes_later():
    storm = SensorStorm(COUNT, StormSettings())
    told = [storm.step(doubted(0, min(4 * m, 40)), ALL) for m in range(30)]
    assert told.index(True) == 5  # 4 a minute
    assert told[5:16] == [True] * 11  # the last four came in minute 10
    assert not any(told[16:])


def test_faults_that_come_one_by_one_are_no_storm():
    storm = SensorStorm(COUNT, StormSettings())
    assert not any(storm.step(doubted(0, m), ALL) for m in range(0, 100))


def test_silent_detectors_are_no_storm():
    storm = SensorStorm(COUNT, StormSettings())
    assert not any(storm.step(doubted(0, 100 * (m > 9)), ~doubted(0, 100)) for m in range(30))


def test_a_snapshot_goes_on():
    storm, again = (SensorStorm(COUNT, StormSettings()) for _ in range(2))
    storm.step(doubted(0, 15), ALL)
    again.restore(storm.snapshot())
    assert not again.step(doubted(0, 19), ALL)
    assert again.step(doubted(0, 20), ALL)
