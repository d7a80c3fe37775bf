"""What each lane's own detector says."""

from collections.abc import Sequence
from math import exp, log

import numpy as np
import pytest

from incidents.settings import LaneSettings
from incidents.signs.lane_detectors import lane_detectors
from incidents.signs.lanes import LaneSignFinder, LaneSigns
from tests.incidents.city import avenue, roadside
from tests.reference.lane_odds import odds_of_none

AVENUE = avenue()
DETECTORS = lane_detectors(AVENUE, roadside(AVENUE))
FIRST, SECOND = 0, 1  # the two lanes of s1, side by side


def run(*minutes: tuple[tuple[float, float, float], tuple[float, float, float]]) -> LaneSigns:
    """Run 20 ordinary minutes, then the given (count, occupancy, km/h) of the first two lanes."""
    lanes = LaneSignFinder(DETECTORS, LaneSettings())
    d = len(DETECTORS)
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
    signs = run(*[(NONE_SEEN, (10.0, 0.1, 40.0))] * 4)
    assert signs.dead[FIRST] > 7
    assert signs.dead[SECOND] == 0
    assert signs.missed[FIRST] == pytest.approx(20, rel=0.2)


def test_an_empty_row_is_no_dead_lane() -> None:
    assert run(*[(NONE_SEEN, NONE_SEEN)] * 10).dead.max() == 0


def test_an_empty_lane_is_not_believed_before_enough_passed_beside_it() -> None:
    assert run((NONE_SEEN, (10.0, 0.1, 40.0))).dead.max() == 0


def test_a_silent_detector_is_no_empty_lane() -> None:
    silent = (float("nan"), float("nan"), float("nan"))
    assert run(*[(silent, (10.0, 0.1, 40.0))] * 10).dead.max() == 0


def test_a_lane_that_was_full_when_its_occupancy_was_last_reported_is_not_empty() -> None:
    full, unreported = (0.0, 1.0, float("nan")), (0.0, float("nan"), float("nan"))
    carries = (10.0, 0.1, 40.0)
    assert run((full, carries), *[(unreported, carries)] * 10).dead.max() == 0
    assert run(*[(unreported, carries)] * 4).dead[FIRST] > 7  # where none is ever reported


def test_a_lane_is_slow_while_it_is_not_full_and_a_full_one_is_not() -> None:
    usual = (5.0, 0.05, 45.0)
    assert run(*[((3.0, 0.1, 10.0), usual)] * 4).slow[FIRST] > 7
    assert run(*[((3.0, 0.7, 10.0), usual)] * 4).slow[FIRST] == 0


def test_usual_minutes_take_the_suspicion_of_a_slow_lane_back() -> None:
    usual = (5.0, 0.05, 45.0)
    slow = [((3.0, 0.1, 10.0), usual)] * 3
    assert run(*slow).slow_minutes[FIRST] == 3
    signs = run(*slow, *[(usual, usual)] * 4)
    assert signs.slow[FIRST] < 0.5
    assert signs.slow_minutes[FIRST] == 0


def test_the_suspicion_of_a_slow_lane_fades_while_its_detector_is_silent() -> None:
    usual, silent = (5.0, 0.05, 45.0), (float("nan"), float("nan"), float("nan"))
    slow = [((3.0, 0.1, 10.0), usual)] * 3
    assert run(*slow, *[(silent, usual)] * 6).slow[FIRST] < 0.1 * run(*slow).slow[FIRST]


def test_the_odds_of_an_empty_lane_are_those_of_the_beta_binomial() -> None:
    from incidents.signs.lanes import _log_odds_of_none

    alpha, beta, n = np.array([3.0, 15.0]), np.array([9.0, 15.0]), np.array([7.0, 20.0])
    expected = [odds_of_none(3.0, 9.0, 7), odds_of_none(15.0, 15.0, 20)]
    assert _log_odds_of_none(alpha, beta, n) == pytest.approx(expected)


Said = tuple[float, float, float]
USUAL: Said = (5.0, 0.05, 45.0)
SLOW: Said = (3.0, 0.1, 10.0)
SILENT: Said = (float("nan"),) * 3


def after(minutes: Sequence[tuple[Said, Said]]) -> LaneSigns:
    """Give the signs after minutes of the first two lanes, from the very first on."""
    lanes, d = LaneSignFinder(DETECTORS, LaneSettings()), len(DETECTORS)
    for minute in minutes:
        columns = [np.full(d, value) for value in (5.0, 0.05, 12.5)]
        for lane, (count, occupancy, kmh) in zip((FIRST, SECOND), minute, strict=True):
            for column, value in zip(columns, (count, occupancy, kmh / 3.6), strict=True):
                column[lane] = value
        signs = lanes.step(*columns)
    return signs


def test_each_slow_minute_adds_how_far_it_fell_beyond_what_is_usual_up_to_a_bound() -> None:
    # No spread of a logarithm is believed under 0.25. Of 45 km/h, 10 are a fall of 6 spreads, of
    # which 4.5 count, less 1.8 that are usual: 2.7 a minute, and at most 15 in all.
    odds = [run(*[(SLOW, USUAL)] * n).slow[FIRST] for n in (1, 2, 5, 6, 30)]
    assert odds == pytest.approx([2.7, 5.4, 13.5, 15.0, 15.0])
    three = (3.0, 0.1, 45.0 * exp(-3 * 0.25))  # a fall of 3 spreads
    assert run((three, USUAL)).slow[FIRST] == pytest.approx(3.0 - 1.8)
    hardly = (3.0, 0.1, 45.0 * exp(-1.79 * 0.25))
    assert run((hardly, USUAL)).slow[FIRST] == 0


def test_a_minute_takes_of_the_suspicion_by_what_it_saw() -> None:
    def left(last: Said) -> float:
        return float(run(*[(SLOW, USUAL)] * 3, (last, USUAL)).slow[FIRST]) / 8.1

    full, nobody = (3.0, 0.7, 10.0), (0.0, 0.0, float("nan"))
    assert left(USUAL) == pytest.approx(0.3)
    assert left(full) == pytest.approx(0.7)
    assert left(SILENT) == pytest.approx(0.6)
    assert left(nobody) == pytest.approx(1.0)  # says nothing of speed


def test_a_lane_is_slow_against_a_usual_speed_that_five_minutes_have_shown() -> None:
    # Its own detector's speeds, in free minutes; the slow ones never become usual.
    found = [after([*[(USUAL, USUAL)] * n, (SLOW, USUAL)]).slow[FIRST] > 0 for n in (4, 5)]
    assert found == [False, True]
    assert after([*[(USUAL, USUAL)] * 5, *[(SLOW, USUAL)] * 60]).slow[FIRST] == 15.0


def test_the_speed_said_of_a_slow_lane_is_its_last_slow_minutes() -> None:
    signs = run((SLOW, USUAL), ((3.0, 0.1, 7.2), USUAL), ((3.0, 0.7, 3.6), USUAL))
    assert signs.slowest[FIRST] == pytest.approx(2.0)
    assert np.isnan(signs.slowest[SECOND])


def test_an_empty_lane_says_no_more_than_the_vehicles_that_are_usual_in_it_by_dispersion() -> None:
    # One vehicle a minute is usual, nine beside it; thirty beside it leave no doubt that they
    # drive there, but four minutes without one are 4 vehicles at a dispersion of 1.5.
    usual = ((1.0, 0.02, 45.0), (9.0, 0.1, 45.0))
    signs = after([*[usual] * 60, *[(NONE_SEEN, (30.0, 0.3, 45.0))] * 4])
    assert signs.missed[FIRST] == pytest.approx(4.0, rel=1e-3)
    assert signs.dead[FIRST] == pytest.approx(4.0 / 1.5, rel=1e-3)


def test_eight_vehicles_must_have_passed_beside_an_empty_lane_in_three_minutes_at_least() -> None:
    usual = ((2.0, 0.02, 45.0), (2.0, 0.02, 45.0))
    found = [
        after([*[usual] * 60, *[(NONE_SEEN, (beside, 0.05, 45.0))] * minutes]).dead[FIRST] > 0
        for beside, minutes in ((2.6, 3), (2.7, 3), (4.0, 2), (4.0, 3))
    ]
    assert found == [False, True, False, True]


def test_as_many_beside_an_empty_lane_as_usual_say_less_than_those_who_take_it_over() -> None:
    # A share of a half, believed as 30 vehicles split, and two beyond: nobody of 20 took it.
    # Diverted into the other lane 20 would be 20 ln 2 likelier, but as few of them as usual speak
    # against it by 20; both by the dispersion of 1.5.
    signs = after([*[(USUAL, USUAL)] * 60, *[(NONE_SEEN, USUAL)] * 4])
    assert signs.dead[FIRST] == pytest.approx(
        odds_of_none(15.0, 17.0, 20) + (20 * log(2) - 20) / 1.5, rel=1e-3
    )
    both = after([*[(USUAL, USUAL)] * 60, *[(NONE_SEEN, (10.0, 0.1, 45.0))] * 3])
    # Ten a minute beside it: 30 at 15 due. By what is usual in the lane itself, 15 / 1.5, no more.
    assert odds_of_none(15.0, 17.0, 30) + (30 * log(2) - 15) / 1.5 > 15 / 1.5
    assert both.dead[FIRST] == pytest.approx(15 / 1.5, rel=1e-3)


def test_a_lane_that_is_long_empty_does_not_become_usual() -> None:
    signs = after([*[(USUAL, USUAL)] * 60, *[(NONE_SEEN, (10.0, 0.1, 45.0))] * 40])
    assert signs.missed[FIRST] == pytest.approx(40 * 5.0, rel=0.02)


def test_the_usual_speed_of_a_lane_and_its_spread_move_a_step_towards_each_minute() -> None:
    lanes, d = LaneSignFinder(DETECTORS, LaneSettings(usual_minutes=12.0)), len(DETECTORS)
    for _ in range(40):  # long enough that a step is no longer one of the first minutes'
        lanes.step(np.full(d, 5.0), np.full(d, 0.05), np.full(d, 10.0))
    before = float(lanes.speed_spread[FIRST])
    lanes.step(np.full(d, 5.0), np.full(d, 0.05), np.full(d, 10.0 * exp(0.2)))
    step = 1 - 0.5 ** (1 / 12)  # half of what is known is forgotten in 12 minutes
    assert lanes.speed_mean[FIRST] == pytest.approx(log(10.0) + 0.2 * step)
    assert lanes.speed_spread[FIRST] == pytest.approx(before + step * (0.2**2 - before))


def test_signs_of_lanes_of_which_nobody_knows_which_is_which_are_held_back() -> None:
    signs = run(*[(NONE_SEEN, (10.0, 0.1, 40.0))] * 4)
    doubted = np.arange(len(DETECTORS)) == FIRST
    assert signs.held_back(doubted).dead[FIRST] == 0.0
    assert signs.held_back(~doubted).dead[FIRST] == signs.dead[FIRST]
