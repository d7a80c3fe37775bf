"""The descent that fits the weights of causes."""

import numpy as np

from benchmarks.learn.descent import least
from ingest.kernels.arrays import Floats


def test_it_finds_where_a_bowl_of_uneven_curvature_is_least() -> None:
    curve, centre = np.array([1.0, 50.0, 0.2]), np.array([3.0, -1.0, 7.0])

    def bowl(at: Floats) -> tuple[float, Floats]:
        off = at - centre
        return float((curve * off**2).sum() / 2), curve * off

    assert np.abs(least(bowl, np.zeros(3)) - centre).max() < 0.01


def test_it_ends_where_it_starts_if_nothing_is_less() -> None:
    assert least(lambda at: (1.0, np.zeros(2)), np.array([2.0, 5.0])).tolist() == [2.0, 5.0]
