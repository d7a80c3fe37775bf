"""Travel times of corridors: of all segments or of none, with the share that was measured."""

import numpy as np
import pytest

from congestion.corridor_times import CorridorTime, corridor_time
from congestion.corridors import Corridor
from tests.drawing import draw

# Three segments of 300 m each: 30, 60 and 20 s at 10, 5 and 15 m/s.
NETWORK = draw("A-a>B-b>C-c>D", cell_m=75).network
SPEED = np.array([10.0, 5.0, 15.0])
ALL = np.ones(3, dtype=bool)
LINE = [NETWORK.segment_ids.index(name) for name in "abc"]


def timed(
    speed: np.ndarray = SPEED, measured: np.ndarray = ALL, usual: np.ndarray = SPEED * 2,
    slow: float | None = None, alarm: float | None = None,
) -> CorridorTime:  # fmt: skip
    corridor = Corridor("one", LINE, slow, alarm)
    return corridor_time(corridor, NETWORK, speed, usual, np.full(3, 15.0), measured)


def test_the_lengths_are_as_drawn() -> None:
    assert NETWORK.length_m[LINE] == pytest.approx([300.0] * 3, rel=2e-3)


def test_a_travel_time_is_the_sum_over_segments_beside_the_usual_and_the_free_one() -> None:
    found = timed()
    assert (found.time_s, found.usual_s, found.free_s) == (110, 55, 60)
    assert (found.segment_ids, found.measured_share) == (["a", "b", "c"], 1.0)


@pytest.mark.parametrize(
    ("slow", "alarm", "status"),
    [(None, None, "unbounded"), (111, None, "free"), (109, 120, "slow"), (60, 109, "alarm"),
     (None, 109, "alarm"), (None, 120, "free"), (110, 120, "free")],
)  # fmt: skip
def test_the_status_goes_by_its_own_bounds(
    slow: float | None, alarm: float | None, status: str
) -> None:
    assert timed(slow=slow, alarm=alarm).status == status


def test_where_one_speed_is_unknown_there_is_no_time() -> None:
    found = timed(speed=np.array([10.0, np.nan, 15.0]), slow=60)
    assert (found.time_s, found.status) == (None, "unknown")
    assert timed(usual=np.array([np.nan, 1.0, 1.0])).usual_s is None
    assert timed(speed=np.array([10.0, 0.0, 15.0])).time_s is None


def test_of_what_is_mostly_not_measured_no_time_is_told_but_the_share() -> None:
    found = timed(measured=np.array([True, False, False]))
    assert found.time_s is None and found.measured_share == pytest.approx(1 / 3, abs=2e-3)
    assert timed(measured=np.array([True, True, False])).time_s == 110
