"""What each lane's own detector says."""

import numpy as np
import pytest

from incidents.settings import LaneSettings
from incidents.signs.lane_detectors import detector_bank
from incidents.signs.lanes import LaneSigns, LaneWatch
from tests.incidents.city import avenue, roadside
from tests.reference.lane_odds import odds_of_none

AVENUE = avenue()
BANK = detector_bank(AVENUE, roadside(AVENUE))
FIRST, SECOND = 0, 1  # the two lanes of s1, side by side


def watch(*minutes: tuple[tuple[float, float, float], tuple[float, float, float]]) -> LaneSigns:
    """Run 20 ordinary minutes, then the given (count, occupancy, km/h) of the first two lanes."""
    lanes = LaneWatch(BANK, LaneSettings())
    d = len(BANK)
    for _ in range(20):
        lanes.step(np.full(d, 5.0), np.full(d, 0.05), np.full(d, 12.5))
    for minute in minutes:
        counts, occupancies, speeds = np.full(d, 5.0), np.full(d, 0.05), np.full(d, 12.5)
        for lane, (count, occupancy, kmh) in zip((FIRST, SECOND), minute, strict=True):
            counts[lane], occupancies[lane], speeds[lane] = count, occupancy, kmh / 3.6
        signs = lanes.step(counts, occupancies, speeds)
    return signs


NONE_SEEN = (0.0, 0.0, float("nan"))


def test_an_empty_lane_beside_one_that_carries_both_is_dead() -> None:
    signs = watch(*[(NONE_SEEN, (10.0, 0.1, 40.0))] * 4)
    assert signs.dead[FIRST] > 7
    assert signs.dead[SECOND] == 0
    assert signs.missed[FIRST] == pytest.approx(20, rel=0.2)


def test_an_empty_row_is_no_dead_lane() -> None:
    assert watch(*[(NONE_SEEN, NONE_SEEN)] * 10).dead.max() == 0


def test_an_empty_lane_is_not_believed_before_enough_passed_beside_it() -> None:
    assert watch((NONE_SEEN, (10.0, 0.1, 40.0))).dead.max() == 0


def test_a_silent_detector_is_no_empty_lane() -> None:
    silent = (float("nan"), float("nan"), float("nan"))
    assert watch(*[(silent, (10.0, 0.1, 40.0))] * 10).dead.max() == 0


def test_a_lane_that_was_full_when_its_occupancy_was_last_told_is_not_empty() -> None:
    full, untold = (0.0, 1.0, float("nan")), (0.0, float("nan"), float("nan"))
    carries = (10.0, 0.1, 40.0)
    assert watch((full, carries), *[(untold, carries)] * 10).dead.max() == 0
    assert watch(*[(untold, carries)] * 4).dead[FIRST] > 7  # where none is ever told


def test_a_lane_is_slow_while_it_is_not_full_and_a_full_one_is_not() -> None:
    usual = (5.0, 0.05, 45.0)
    assert watch(*[((3.0, 0.1, 10.0), usual)] * 4).slow[FIRST] > 7
    assert watch(*[((3.0, 0.7, 10.0), usual)] * 4).slow[FIRST] == 0


def test_usual_minutes_take_the_suspicion_of_a_slow_lane_back() -> None:
    usual = (5.0, 0.05, 45.0)
    slow = [((3.0, 0.1, 10.0), usual)] * 3
    assert watch(*slow).slow_minutes[FIRST] == 3
    signs = watch(*slow, *[(usual, usual)] * 4)
    assert signs.slow[FIRST] < 0.5
    assert signs.slow_minutes[FIRST] == 0


def test_the_suspicion_of_a_slow_lane_fades_while_its_detector_is_silent() -> None:
    usual, silent = (5.0, 0.05, 45.0), (float("nan"), float("nan"), float("nan"))
    slow = [((3.0, 0.1, 10.0), usual)] * 3
    assert watch(*slow, *[(silent, usual)] * 6).slow[FIRST] < 0.1 * watch(*slow).slow[FIRST]


def test_the_odds_of_an_empty_lane_are_those_of_the_beta_binomial() -> None:
    from incidents.signs.lanes import _log_odds_of_none

    alpha, beta, n = np.array([3.0, 15.0]), np.array([9.0, 15.0]), np.array([7.0, 20.0])
    expected = [odds_of_none(3.0, 9.0, 7), odds_of_none(15.0, 15.0, 20)]
    assert _log_odds_of_none(alpha, beta, n) == pytest.approx(expected)
