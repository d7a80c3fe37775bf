"""What the map draws of levels that come and go."""

import numpy as np
import pytest

from streams.console.board import Board
from streams.console.calm import NO_LEVEL, CalmLevels
from tests.drawing import draw
from tests.streams.console.messages import MINUTE, states_frame

ONE = np.array([0])


def drawn(levels: list[int], minute_count: int = 3) -> list[int]:
    calm = CalmLevels(1, minute_count)
    return [int(calm.take(ONE, np.array([level], np.int8))[0]) for level in levels]


@pytest.mark.parametrize(
    ("levels", "wanted"),
    [
        ([0, 0, 5, 0, 0, 0], [0, 0, 2, 2, 2, 0]),  # one red minute is never drawn red
        ([0, 0, 5, 5, 5, 5], [0, 0, 2, 3, 5, 5]),  # a jam is, with its third minute
        ([3, 3, 4, 3, 4, 3], [3, 3, 3, 3, 3, 3]),  # to and fro about a bound is nothing
        ([4, NO_LEVEL, 4], [4, NO_LEVEL, 4]),  # what is not known is not drawn
    ],
)
def test_a_level_is_drawn_once_it_stays(levels: list[int], wanted: list[int]) -> None:
    assert drawn(levels) == wanted


def test_one_minute_draws_each_as_it_is() -> None:
    assert drawn([0, 5, 0, 3], minute_count=1) == [0, 5, 0, 3]


def test_a_minute_that_comes_again_counts_once() -> None:
    calm = CalmLevels(1, 3)
    for level in (0, 0, 5):
        calm.take(ONE, np.array([level], np.int8))
    before = calm.drawn(ONE).tolist()
    for _ in range(3):
        calm.take(ONE, np.array([5], np.int8), is_again=True)
    assert calm.drawn(ONE).tolist() == before


def test_the_board_gives_the_minute_and_what_is_drawn_side_by_side() -> None:
    board = Board(draw("A---B").network)
    (first, *_) = board.network.segment_ids
    for number, level in enumerate((0, 0, 5)):
        board.take_states(states_frame(MINUTE + 60 * number, {first: {"level": level}}))
    states = board.states().states
    assert (states.level, states.drawn_level) == ([5], [2])
