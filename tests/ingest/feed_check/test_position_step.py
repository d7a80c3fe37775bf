"""Positions written with few decimals are told by their step."""

import numpy as np
import pytest

from ingest.feed_check.position_step import position_step_m

DRAW = np.random.default_rng(4)
LONGITUDE, LATITUDE = DRAW.uniform(121.4, 121.6, 500), DRAW.uniform(31.1, 31.3, 500)


@pytest.mark.parametrize(("decimals", "step_m"), [(2, 1112.0), (3, 111.2), (4, 11.1), (5, 0.0)])
def test_the_step_is_that_of_the_last_decimal(decimals: int, step_m: float) -> None:
    found = position_step_m(LONGITUDE.round(decimals), LATITUDE.round(decimals))
    assert found == pytest.approx(step_m, rel=0.01)


def test_a_few_positions_say_nothing() -> None:
    assert position_step_m(LONGITUDE[:20].round(3), LATITUDE[:20].round(3)) == 0.0


def test_fixes_of_another_kind_among_the_rounded_ones_are_no_step() -> None:
    mixed = np.where(np.arange(500) % 10 == 0, LONGITUDE, LONGITUDE.round(3))
    assert position_step_m(mixed, LATITUDE.round(3)) == 0.0
